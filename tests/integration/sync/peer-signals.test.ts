/** Signalling between devices over raw sockets: to whom it is passed on, and to nobody else. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { PEER_SIGNAL_MAX } from '#protocol/limits.ts'
import { signalRate } from '#server/sync/limits.ts'
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
