/** Signalling between devices over raw sockets: to whom it is passed on, and to nobody else. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { PEER_FELLOWS_MAX, PEER_GROUPS_MAX, PEER_SIGNAL_MAX } from '#protocol/limits.ts'
import { signalRate } from '#server/sync/limits.ts'
import { encode } from '#protocol/codec.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { storeAccount } from '#tests/support/event-world.ts'
import { groupStory } from '#tests/support/group-story.ts'
import { AccountStory } from '#tests/support/log-actors.ts'
import type { RawClient } from '#tests/support/raw-client.ts'
import { conversationIdIn } from '#tests/support/story-ids.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

let world: SyncWorld
let alice: string
let bob: string

beforeEach(async () => {
	world = await syncWorld()
	alice = bytesToBase64url(world.story.alice.idHash)
	bob = bytesToBase64url(world.story.bob.idHash)
})

afterEach(async () => {
	expect(world.errors).toEqual([])
	await world.close()
})

const signals = (client: RawClient) => client.hub.values.filter(({ t }) => t === 'signal')

/** Everything that the server has read from `client` has been passed on to `to`. */
async function passed(client: RawClient, to: RawClient): Promise<void> {
	client.say({ t: 'stream', guid: world.guid(0), clientId: 1 })
	await client.told('stream')
	await to.settled()
}

test('[WIRE16] a signal reaches the devices of a friend as it is, with who sent it, and not its sender', async () => {
	const [a, b] = [await world.join(world.story.alice), await world.join(world.story.bob)]
	const device = bytesToBase64url(world.story.alice.laptop.deviceId)
	a.say({ t: 'signal', account: bob, device: null, signal: 'AAEC' })
	expect(await b.told('signal')).toEqual({ t: 'signal', account: alice, device, signal: 'AAEC' })
	a.say({ t: 'signal', account: bob, device: bytesToBase64url(world.story.bob.laptop.deviceId), signal: 'BB' })
	expect((await b.told('signal')).signal).toBe('BB')
	a.say({ t: 'signal', account: bob, device, signal: 'CC' })
	a.say({ t: 'signal', account: alice, device: null, signal: 'DD' })
	await passed(a, b)
	expect([signals(a), signals(b)]).toEqual([[], []])
})

test('[WIRE16] nobody but friends is reached, and a friendship that ended reaches nobody', async () => {
	const stranger = new AccountStory('mallory')
	await storeAccount(world.domain, 'mallory', stranger)
	const [m, b, a] = [await world.join(stranger), await world.join(world.story.bob), await world.join(world.story.alice)]
	m.say({ t: 'signal', account: bob, device: null, signal: 'AA' })
	expect(await m.told('error')).toEqual({ t: 'error', code: 'not-friends', about: bob })
	await world.domain.unitOfWork.transaction(async ({ friendships }) => {
		const row = await friendships.between(world.story.alice.idHash, world.story.bob.idHash)
		await friendships.put({ ...row!, state: 'ended' })
	})
	a.say({ t: 'signal', account: bob, device: null, signal: 'AA' })
	expect((await a.told('error')).code).toBe('not-friends')
	await passed(a, b)
	expect(signals(b)).toEqual([])
})

test('[WIRE16] of one device no more is passed on than its rate allows', async () => {
	const [a, b] = [await world.join(world.story.alice), await world.join(world.story.bob)]
	const one = { t: 'signal', account: bob, device: null, signal: 'AA' } as const
	for (let i = 0; i < signalRate.burst + 5; i++) a.say(one)
	expect((await a.told('error')).code).toBe('rate-limited')
	await passed(a, b)
	expect(signals(b)).toHaveLength(signalRate.burst)
	await world.time.advance(1000)
	for (let i = 0; i < signalRate.perSecond + 1; i++) a.say(one)
	await passed(a, b)
	expect(signals(b)).toHaveLength(signalRate.burst + signalRate.perSecond)
})

test('[WIRE16] a signal that is larger than an offer ends the connection', async () => {
	const a = await world.join(world.story.alice)
	a.say({ t: 'signal', account: bob, device: null, signal: 'A'.repeat(Math.ceil((PEER_SIGNAL_MAX * 4) / 3) + 1) })
	expect(await a.closed).toBeGreaterThanOrEqual(4400)
})

/** A group of Alice, Charlie and others, who are no friends; `size`: its members. */
async function groupOf(size: number, kind: 'group' | 'room-private' = 'group') {
	const others = Array.from({ length: size - 2 }, (_, i) => `other ${i}`)
	const names = ['alice', 'charlie', ...others]
	const roles = Object.fromEntries(names.map((name, i) => [name, i === 0 ? 'owner' : 'member'] as const))
	const story = await groupStory({ kind }, roles)
	const { log, people } = story
	const conversation = conversationIdIn(log)
	for (const name of names.slice(1)) await storeAccount(world.domain, name, people.get(name) as AccountStory)
	await world.domain.unitOfWork.transaction(async ({ conversations }) => {
		await conversations.insert({ conversation, kind, createdAt: 0 })
		for (const [seq, entry] of log.entries.entries())
			await conversations.append(conversation, seq, encode(signedEntry, entry))
		const members = names.map((name) => ({ account: story.idOf(name), role: roles[name] ?? 'member' }))
		await conversations.setMembers(conversation, members)
	})
	const charlie = people.get('charlie') as AccountStory
	return { group: bytesToBase64url(conversation), charlie }
}

test('[WIRE16] a fellow member is reached in a group that both devices have named, and not by who has named none', async () => {
	const { group, charlie } = await groupOf(PEER_FELLOWS_MAX)
	const to = bytesToBase64url(charlie.idHash)
	const [a, c] = [await world.join(world.story.alice), await world.join(charlie)]
	const call = (signal: string) => a.say({ t: 'signal', account: to, device: null, signal })
	call('AA')
	expect(await a.told('error')).toEqual({ t: 'error', code: 'not-friends', about: to })
	a.say({ t: 'fellows', conversations: [group] })
	call('BB')
	await passed(a, c)
	expect(signals(c)).toEqual([])
	c.say({ t: 'fellows', conversations: [group] })
	await c.settled()
	call('CC')
	expect((await c.told('signal')).signal).toBe('CC')
	c.say({ t: 'fellows', conversations: [] })
	await c.settled()
	call('DD')
	await passed(a, c)
	expect(signals(c)).toEqual([])
})

test.each([
	['of more than so many', PEER_FELLOWS_MAX + 1, 'group'],
	['that is a room', 3, 'room-private'],
] as const)('[WIRE16] in a group %s nobody is reached', async (_, size, kind) => {
	const { group, charlie } = await groupOf(size, kind)
	const to = bytesToBase64url(charlie.idHash)
	const [a, c] = [await world.join(world.story.alice), await world.join(charlie)]
	for (const client of [a, c]) client.say({ t: 'fellows', conversations: [group] })
	a.say({ t: 'signal', account: to, device: null, signal: 'AA' })
	expect(await a.told('error')).toEqual({ t: 'error', code: 'not-friends', about: to })
	await passed(a, c)
	expect(signals(c)).toEqual([])
})

test('[WIRE16] who names a group of which he is no member reaches nobody by it, nor does who names too many', async () => {
	const { group, charlie } = await groupOf(3)
	const to = bytesToBase64url(charlie.idHash)
	const [b, c] = [await world.join(world.story.bob), await world.join(charlie)]
	for (const client of [b, c]) client.say({ t: 'fellows', conversations: [group] })
	b.say({ t: 'signal', account: to, device: null, signal: 'AA' })
	expect(await b.told('error')).toEqual({ t: 'error', code: 'not-friends', about: to })
	const conversations = Array.from({ length: PEER_GROUPS_MAX + 1 }, () => group)
	b.say({ t: 'fellows', conversations })
	expect(await b.closed).toBeGreaterThanOrEqual(4400)
})
