import { beforeAll, describe, expect, test } from 'vitest'
import { toReaders } from '#core/readers.ts'
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { directStory, membersOf, refsOf, type DirectStory } from '../../support/direct-story.ts'
import { AccountStory, actor, byMethod } from '../../support/log-actors.ts'

/** Row C6: who can read a conversation, from logs that were verified. */
let story: DirectStory
let state: ConversationState
let [me, bob]: string[] = []

beforeAll(async () => {
	story = await directStory()
	state = await story.log.state(await story.accounts())
	;[me, bob] = [story.alice, story.bob].map(({ idHash }) => bytesToBase64url(idHash))
})

const readers = async (changed: ConversationState, self = me ?? '') =>
	toReaders(changed, { self, accounts: await story.accounts(), now: 0 })
const nobody = { people: [], devicesOf: 0 }

/** The state as a conversation that can grow has it. */
async function group(change: Partial<ConversationState> = {}): Promise<ConversationState> {
	const members = membersOf([story.alice, story.bob, new AccountStory('carol')])
	return {
		...state,
		kind: 'group',
		members: new Map(members.map((member) => [bytesToBase64url(member.idHash), member])),
		...change,
	}
}

describe('who can read a conversation', () => {
	test('[C6] two, each told of the other by the members of the log', async () => {
		expect(await readers(state)).toEqual({ who: { type: 'pair', other: bob }, past: nobody })
		expect(await readers(state, bob)).toEqual({ who: { type: 'pair', other: me }, past: nobody })
	})

	test('[C6] one alone', async () => {
		const members = new Map([...state.members].filter(([account]) => account === me))
		expect((await readers({ ...state, kind: 'notes', members })).who).toEqual({ type: 'only-you' })
	})

	test('[C6] members, by number, and what those who join will see', async () => {
		const shared = await group()
		expect((await readers(shared)).who).toEqual({
			type: 'members',
			people: [...shared.members.keys()],
			links: 0,
			joiners: 'see-earlier',
		})
		const fromJoin = await group({ policy: { ...state.policy, history: 'from-join' } })
		expect((await readers(fromJoin)).who).toMatchObject({ type: 'members', links: 0, joiners: 'see-later' })
	})

	test('[C6] a group of two may grow: it is never called only the two', async () => {
		expect((await readers(await group({ members: state.members }))).who.type).toBe('members')
	})

	test('[C6] a direct conversation with a third member is not called private to two', async () => {
		expect((await readers(await group({ kind: 'dm' }))).who).toMatchObject({ type: 'members' })
	})

	test('[C6] an open room is open to the server, whoever its members are', async () => {
		expect((await readers(await group({ kind: 'room-open', members: new Map() }))).who).toEqual({
			type: 'server',
			people: [],
		})
	})
})

describe('who has the key and should not any more', () => {
	test('[C6] who left after the newest key was made, until the next one', async () => {
		const left = [{ seq: 0, role: 'member' } as const, { seq: 5, role: null }]
		const roles = new Map([...state.roles, ['carol', left]])
		expect((await readers(await group({ roles }))).past).toEqual({ people: ['carol'], devicesOf: 0 })
		const [first] = state.epochs
		const epochs = [...state.epochs, { ...first!, n: 2, seq: 5 }]
		expect((await readers(await group({ roles, epochs }))).past).toEqual(nobody)
	})

	test('[C6] a device that a member revoked after it, until the next one', async () => {
		const mine = await directStory()
		const phone = actor('bob phone')
		mine.bob.addDevice(phone, byMethod(mine.bob.password)).revoke([phone], byMethod(mine.bob.password))
		const past = async () => {
			const accounts = await mine.accounts()
			return toReaders(await mine.log.state(accounts), { self: me ?? '', accounts, now: 0 }).past
		}
		expect(await past()).toEqual({ people: [], devicesOf: 1 })
		await mine.rotate(2, { acc: refsOf(await Promise.all([mine.alice.state(), mine.bob.state()])) })
		expect(await past()).toEqual(nobody)
	})
})
