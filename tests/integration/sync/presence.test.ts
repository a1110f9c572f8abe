/** Account presence over raw sockets (product F4): who is told what, and who is told nothing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { FriendshipState } from '#server/domain/ports.ts'
import { socketLimits } from '#server/sync/limits.ts'
import { storeAccount } from '#tests/support/event-world.ts'
import { AccountStory } from '#tests/support/log-actors.ts'
import type { RawClient } from '#tests/support/raw-client.ts'
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

async function watching(client: RawClient, away = false) {
	client.say({ t: 'presence', away })
	return client.told('presence', ({ whole }) => whole)
}

const change = async (client: RawClient) => (await client.told('presence', ({ whole }) => !whole)).people[0]

/** Everything that the server has read from `client` has been passed on to `to`. */
async function passed(client: RawClient, to: RawClient): Promise<void> {
	client.say({ t: 'stream', guid: world.guid(0), clientId: 1 })
	await client.told('stream')
	await to.settled()
}

/** Closed, and the time to come back has passed. */
async function gone(client: RawClient, other: RawClient): Promise<void> {
	await client.close()
	await passed(other, other)
	await world.time.advance(socketLimits.presenceGraceMs)
}

const heardPresence = (client: RawClient) => client.hub.values.filter(({ t }) => t === 'presence')

async function becameState(state: FriendshipState): Promise<void> {
	await world.domain.unitOfWork.transaction(async ({ friendships }, afterCommit) => {
		const row = await friendships.between(world.story.alice.idHash, world.story.bob.idHash)
		await friendships.put({ ...row!, state })
		afterCommit(() => world.domain.cluster.publish('friends-changed', { accounts: [alice, bob] }))
	})
}

const setShown = async (by: AccountStory, shown: boolean) => {
	const access = { account: by.idHash, device: by.laptop.deviceId, sid: '', role: 'user', expiresAt: 0 } as const
	expect((await world.domain.presence.setShown(access, shown)).ok).toBe(true)
}

test('[F4] a friend is online, away, and last seen to the minute', async () => {
	const b = await world.join(world.story.bob)
	expect((await watching(b)).people).toEqual([{ account: alice, state: 'offline', lastSeen: null }])
	const a = await world.join(world.story.alice)
	expect(await change(b)).toEqual({ account: alice, state: 'online', lastSeen: null })
	expect((await watching(a, true)).people).toEqual([{ account: bob, state: 'online', lastSeen: null }])
	expect(await change(b)).toEqual({ account: alice, state: 'away', lastSeen: null })
	await world.time.advance(90_000)
	await gone(a, b)
	const left = await change(b)
	const lastSeen = left?.lastSeen ?? 0
	expect(left).toEqual({ account: alice, state: 'offline', lastSeen })
	expect(lastSeen % 60_000).toBe(0)
	expect(world.time.clock() - lastSeen).toBeLessThan(60_000)
	b.say({ t: 'presence', away: false })
	const later = await world.join(world.story.bob)
	expect((await watching(later)).people).toEqual([{ account: alice, state: 'offline', lastSeen }])
})

test('[F4] of several devices the one where somebody looks counts', async () => {
	const b = await world.join(world.story.bob)
	await watching(b)
	const credentials = await world.signIn(world.story.alice)
	const [laptop, tab] = [
		await world.join(world.story.alice, credentials),
		await world.join(world.story.alice, credentials),
	]
	expect((await change(b))?.state).toBe('online')
	await watching(laptop, true)
	await passed(laptop, b)
	expect(heardPresence(b)).toEqual([])
	await watching(tab, true)
	expect((await change(b))?.state).toBe('away')
	await tab.close()
	await passed(laptop, b)
	expect(heardPresence(b)).toEqual([])
	await gone(laptop, b)
	expect((await change(b))?.state).toBe('offline')
})

test('[F4] who comes back at once, as a page that is loaded again, never left; who does not, left when he did', async () => {
	const b = await world.join(world.story.bob)
	await watching(b)
	const a = await world.join(world.story.alice)
	expect((await change(b))?.state).toBe('online')
	await a.close()
	await passed(b, b)
	await world.time.advance(socketLimits.presenceGraceMs - 1)
	const again = await world.join(world.story.alice)
	await world.time.advance(socketLimits.presenceGraceMs)
	await passed(again, b)
	expect(heardPresence(b)).toEqual([])
	const lastMinute = Math.floor(world.time.clock() / 60_000) * 60_000
	await world.time.advance(lastMinute + 59_999 - world.time.clock())
	await again.close()
	await passed(b, b)
	await world.time.advance(socketLimits.presenceGraceMs)
	expect(await change(b)).toEqual({ account: alice, state: 'offline', lastSeen: lastMinute })
})

test('[F4] [WIRE10] a flood of words about oneself is told once a second', async () => {
	const b = await world.join(world.story.bob)
	await watching(b)
	const a = await world.join(world.story.alice)
	expect((await change(b))?.state).toBe('online')
	await watching(a)
	for (let i = 0; i < 200; i++) a.say({ t: 'presence', away: i % 2 === 0 })
	a.say({ t: 'presence', away: true })
	await passed(a, b)
	expect(heardPresence(b)).toEqual([])
	await world.time.advance(socketLimits.presencePauseMs)
	expect((await change(b))?.state).toBe('away')
	await passed(a, b)
	expect(heardPresence(b)).toEqual([])
})

describe('[F4] nothing is learned', () => {
	test('[F4] [WIRE10] by a stranger, nor by who has not asked', async () => {
		const mallory = new AccountStory('mallory')
		await storeAccount(world.domain, 'mallory', mallory)
		const [stranger, b] = [await world.join(mallory), await world.join(world.story.bob)]
		expect((await watching(stranger)).people).toEqual([])
		const a = await world.join(world.story.alice)
		await watching(a)
		await gone(a, b)
		const again = await world.join(world.story.alice)
		await passed(again, stranger)
		await b.settled()
		expect(heardPresence(stranger)).toEqual([])
		expect(heardPresence(b)).toEqual([])
	})

	test('[F4] about who switched it off, who sees nobody either; switched on, both see again', async () => {
		const [a, b] = [await world.join(world.story.alice), await world.join(world.story.bob)]
		await watching(a)
		expect((await watching(b)).people).toMatchObject([{ account: alice, state: 'online' }])
		await setShown(world.story.alice, false)
		expect(await change(b)).toEqual({ account: alice, state: 'hidden', lastSeen: null })
		expect((await a.told('presence', ({ whole }) => whole)).people).toEqual([])
		await gone(a, b)
		const back = await world.join(world.story.alice)
		expect((await watching(back)).people).toEqual([])
		await passed(back, b)
		expect(heardPresence(b)).toEqual([])
		expect((await world.domain.repositories.accounts.presence(world.story.alice.idHash))?.lastSeen).toBeNull()
		await setShown(world.story.alice, true)
		expect((await change(b))?.state).toBe('online')
		expect((await back.told('presence', ({ whole }) => whole)).people).toMatchObject([
			{ account: bob, state: 'online' },
		])
	})

	test('[F4] any more when a friendship ends', async () => {
		const [a, b] = [await world.join(world.story.alice), await world.join(world.story.bob)]
		await watching(a)
		await watching(b)
		await becameState('ended')
		expect((await b.told('presence', ({ whole }) => whole)).people).toEqual([])
		await gone(a, b)
		await world.join(world.story.alice)
		await passed(b, b)
		expect(heardPresence(b)).toEqual([])
		await becameState('accepted')
		expect((await b.told('presence', ({ whole }) => whole)).people).toMatchObject([{ account: alice, state: 'online' }])
	})
})

test('[F4] a word about presence that is more than one is malformed', async () => {
	const a = await world.join(world.story.alice)
	a.say({ t: 'presence', away: false, account: bob })
	expect(await a.closed).toBe(4400)
})

test('[F1] [C1] after the end of a friendship a raw socket reads on and writes nothing', async () => {
	const [a, b] = [await world.join(world.story.alice), await world.join(world.story.bob)]
	const guid = world.guid(0)
	const channel = await a.open(guid)
	await b.open(guid)
	const pen = world.pen(world.story.alice)
	a.page(channel, { type: 'update', items: await pen.rows(1, { guid }) })
	expect(await a.acks(1)).toMatchObject([{ verdict: 'accept' }])
	await b.heard('update')
	await becameState('ended')
	a.page(channel, { type: 'update', items: await pen.rows(1, { guid }) })
	expect(await a.acks(1)).toMatchObject([{ verdict: 'refuse', code: 'item-not-friends' }])
	await b.settled()
	expect(b.frames.values.filter(({ message }) => message.type === 'update')).toEqual([])
	const reader = await world.join(world.story.alice)
	const again = await reader.open(guid)
	reader.page(again, { type: 'step1', vector: new Map() })
	expect((await reader.heard('step2')).recv).toHaveLength(1)
})
