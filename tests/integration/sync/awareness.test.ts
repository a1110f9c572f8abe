/** Who is here: relayed sealed, for the own clientID only, and taken back when a connection goes (SPEC WIRE). */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KEEPALIVE_INTERVAL } from '#protocol/limits.ts'
import { socketLimits } from '#server/sync/limits.ts'
import { setFriendship } from '#tests/support/event-world.ts'
import type { RawClient } from '#tests/support/raw-client.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

let world: SyncWorld
let a: RawClient
let b: RawClient
let channel: number

beforeEach(async () => {
	world = await syncWorld()
	a = await world.join(world.story.alice)
	b = await world.join(world.story.bob)
	channel = await a.open(world.guid(0))
	await b.open(world.guid(0))
})

afterEach(async () => {
	expect(world.errors).toEqual([])
	await world.close()
})

const here = (clientId: number, clock = 1, state = '{"v":"c2VhbGVk"}') => ({ clientId, clock, state })
const say = (client: RawClient, ...states: ReturnType<typeof here>[]): void =>
	client.page(channel, { type: 'awareness', states })

/** Everything that the server has read from `client` has been passed on. */
async function passed(client: RawClient, to: RawClient): Promise<void> {
	client.say({ t: 'stream', guid: world.guid(0), clientId: 1 })
	await client.told('stream')
	await to.settled()
}

test('a state reaches the other and not its sender', async () => {
	say(a, here(7))
	expect((await b.heard('awareness')).message.states).toEqual([here(7)])
	await passed(b, a)
	expect(a.frames.values.filter(({ message }) => message.type === 'awareness')).toEqual([])
})

test('who comes later learns who is here, also when he asks', async () => {
	say(a, here(7))
	await b.heard('awareness')
	b.say({ t: 'close', guid: world.guid(0) })
	await b.open(world.guid(0))
	expect((await b.heard('awareness')).message.states).toEqual([here(7)])
	b.page(channel, { type: 'query-awareness' })
	expect((await b.heard('awareness')).message.states).toEqual([here(7)])
})

test('nobody speaks for another’s clientID; an echo is no offence', async () => {
	say(a, here(7))
	await b.heard('awareness')
	say(b, here(7))
	say(b, here(7, 1, 'null'))
	await passed(b, a)
	expect(b.hub.values.filter(({ t }) => t === 'error')).toEqual([])
	say(b, here(7, 2, '{"v":"Zm9yZ2Vk"}'), here(8))
	expect(await b.told('error')).toEqual({ t: 'error', code: 'forbidden', about: world.guid(0) })
	// What he may say of himself is said.
	expect((await a.heard('awareness')).message.states).toEqual([here(8)])
	b.page(channel, { type: 'query-awareness' })
	expect((await b.heard('awareness')).message.states).toEqual([here(7), here(8)])
})

test('when a connection goes, its clientIDs go, and no echo brings them back', async () => {
	say(a, here(7, 4))
	await b.heard('awareness')
	await a.close()
	expect((await b.heard('awareness')).message.states).toEqual([here(7, 4, 'null')])
	say(b, here(7, 4))
	b.page(channel, { type: 'query-awareness' })
	expect((await b.heard('awareness')).message.states).toEqual([])
	// The same device comes back with the clock that it had.
	const again = await world.join(world.story.alice)
	await again.open(world.guid(0))
	again.page(channel, { type: 'awareness', states: [here(7, 4)] })
	expect((await b.heard('awareness')).message.states).toEqual([here(7, 4)])
})

test('a page that is closed is left', async () => {
	say(a, here(7))
	await b.heard('awareness')
	a.say({ t: 'close', guid: world.guid(0) })
	expect((await b.heard('awareness')).message.states).toEqual([here(7, 1, 'null')])
})

test('one connection has so many clientIDs and no more', async () => {
	say(a, ...Array.from({ length: 9 }, (_, i) => here(100 + i)))
	expect((await b.heard('awareness')).message.states.length).toBe(socketLimits.awarenessIds)
})

test('[WIRE6] what is no state closes', async () => {
	say(a, here(7, 1, '[1]'))
	expect(await a.closed).toBe(4400)
})

test('[WIRE7] an empty frame comes every 20 s for each page that was opened', async () => {
	for (let i = 0; i < 3; i++) {
		await world.time.advance(KEEPALIVE_INTERVAL)
		expect((await a.heard('awareness', channel)).message.states).toEqual([])
	}
	await a.settled()
	expect(a.frames.values.filter(({ message }) => message.type === 'awareness')).toEqual([])
})

test('[WIRE14] two who are friends no longer are not here to each other, and learn nothing more; friends again, they do', async () => {
	say(a, here(7, 3))
	await b.heard('awareness')
	await setFriendship(world.domain, world.story, 'ended')
	expect((await b.heard('awareness')).message.states).toEqual([here(7, 3, 'null')])
	say(a, here(7, 4))
	expect(await a.told('error')).toEqual({ t: 'error', code: 'not-friends', about: world.guid(0) })
	// That one is gone is no word that needs a refusal.
	say(a, here(7, 5, 'null'))
	await passed(a, b)
	b.page(channel, { type: 'query-awareness' })
	expect((await b.heard('awareness')).message.states).toEqual([])
	expect(a.hub.values.filter(({ t }) => t === 'error')).toEqual([])
	await setFriendship(world.domain, world.story, 'accepted')
	say(a, here(7, 6))
	expect((await b.heard('awareness')).message.states).toEqual([here(7, 6)])
})
