import { expect, test } from 'vitest'
import { createFellows } from '#core/peers/fellows.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import type { HubFromClient } from '#protocol/hub.ts'
import { groupStory } from '../../../support/group-story.ts'

/** As Alice's device sees her group. */
async function scene(
	size: number,
	{ direct = true, switched = true, kind = 'group' as 'group' | 'room-private' } = {},
) {
	const names = ['alice', ...Array.from({ length: size - 1 }, (_, i) => `other ${i}`)]
	const roles = Object.fromEntries(names.map((name, i) => [name, i === 0 ? ('owner' as const) : ('member' as const)]))
	const story = await groupStory({ kind }, roles)
	const state = await story.state()
	const id = (name: string) => idToText(story.idOf(name))
	const said: HubFromClient[] = []
	const set = { direct, switched, blocked: new Set<string>() }
	const fellows = createFellows({
		connection: { send: (message: HubFromClient) => void said.push(message) },
		friends: { stateOf: (account: string) => (set.blocked.has(account) ? 'blocked' : null) },
		logs: { all: () => [state], known: () => state },
		privacy: { now: () => ({ direct: set.direct }), isDirectIn: () => set.switched },
		self: { account: id('alice') },
	} as never)
	return { fellows, set, said, id, state: state as ConversationState }
}

test('[PEER14] fellows are the others of a group that is switched on; not who is blocked, nor oneself', async () => {
	const { fellows, set, id, state } = await scene(3)
	expect(fellows.all()).toEqual(new Set([id('other 0'), id('other 1')]))
	expect(fellows.meets(id('alice'), state)).toBe(false)
	set.blocked.add(id('other 0'))
	expect(fellows.all()).toEqual(new Set([id('other 1')]))
})

test.each([
	['the switch of the group is off', 3, { switched: false }],
	['the person has switched all off', 3, { direct: false }],
	['the group has a ninth member', 9, {}],
	['it is a room', 3, { kind: 'room-private' as const }],
])('[PEER14] there are none where %s', async (_, size, how) => {
	const { fellows, said, id, state } = await scene(size, how)
	expect(fellows.all().size).toBe(0)
	expect(fellows.meets(id('other 0'), state)).toBe(false)
	fellows.tell()
	expect(said).toEqual([])
})

test('[WIRE16] the server is told once, again on each connection, and when it is over', async () => {
	const { fellows, set, said, state } = await scene(3)
	const named = { t: 'fellows', conversations: [idToText(state.id)] }
	fellows.tell()
	fellows.tell()
	expect(said).toEqual([named])
	fellows.welcomed()
	fellows.tell()
	expect(said).toEqual([named, named])
	set.switched = false
	fellows.changed()
	fellows.tell()
	expect(said.at(-1)).toEqual({ t: 'fellows', conversations: [] })
})
