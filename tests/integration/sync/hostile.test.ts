/** Floods, noise and readers that do not read: the others do not notice (SPEC WIRE). */
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { bytesToBase64url, concatBytes } from '#protocol/bytes.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { encodeFrame } from '#protocol/frames.ts'
import { encodePageMessage } from '#protocol/page-messages.ts'
import { deviceRate } from '#server/sync/limits.ts'
import type { Pen } from '#tests/support/event-world.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import type { RawClient } from '#tests/support/raw-client.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

let world: SyncWorld
let alice: Pen
let a: RawClient
let b: RawClient
let guid: string

beforeEach(async () => {
	world = await syncWorld({ KITH_EVENTS_PER_SECOND: '1000' })
	alice = world.pen(world.story.alice)
	a = await world.join(world.story.alice)
	b = await world.join(world.story.bob)
	guid = world.guid(0)
})

afterEach(async () => {
	expect(world.errors).toEqual([])
	await world.close()
})

async function stillServed(): Promise<void> {
	const channel = await a.open(guid)
	const { row } = await alice.write({ guid })
	a.page(channel, { type: 'update', items: [row] })
	expect(await a.acks(1)).toMatchObject([{ verdict: 'accept' }])
}

test('a reader that does not read is dropped; the others get everything', async () => {
	await a.follow(world.conversation)
	await b.follow(world.conversation)
	b.socket.pause()
	const conversation = bytesToBase64url(world.conversation)
	const content = bytesOf('big', 60_000)
	for (let recv = 1; recv <= 600; recv++) {
		const items = [{ clientId: 1, clock: recv - 1, content, recv }]
		world.domain.cluster.publish('events-stored', { conversation, guid, items, origin: null })
		if (recv % 20 === 0) await a.settled()
	}
	b.socket.resume()
	// 1006 where the goodbye stands behind what was not read for too long.
	expect([4509, 1006]).toContain(await b.closed)
	const heard = a.frames.values.filter(({ message }) => message.type === 'update')
	expect(heard.length).toBe(600)
})

test('a resync of many large pages does not make a reader slow', async () => {
	const channel = await a.open(guid)
	const head = { kind: 'annotate' } as const
	for (let i = 0; i < 12; i++) {
		a.page(channel, { type: 'update', items: [(await alice.write({ guid, head, ct: bytesOf('long', 60_000) })).row] })
	}
	await a.acks(12)
	await b.open(guid)
	for (let i = 0; i < 30; i++) b.page(channel, { type: 'step1', vector: new Map() })
	for (let i = 0; i < 30; i++) await b.heard('step2', channel)
	await b.settled()
})

test('a flood is read slowly, not refused, and others are served meanwhile', async () => {
	const channel = await b.open(guid)
	await b.heard('step1')
	const flood = deviceRate.burst + 20_000
	for (let i = 0; i < flood; i++) b.page(channel, { type: 'query-awareness' })
	await stillServed()
	const count = (): number => b.frames.values.filter(({ message }) => message.type === 'awareness').length
	expect(count()).toBeLessThan(flood)
	for (let i = 0; i < 200 && count() < flood; i++) {
		await world.time.advance(1000)
		await new Promise((resolve) => setImmediate(resolve))
	}
	expect(count()).toBeGreaterThanOrEqual(flood)
})

test('everything but items in an update is ignored: no error, no ack', async () => {
	const channel = await a.open(guid)
	// One client with a GC of 3 and a Skip of 2, then a delete set with one range.
	const update = Uint8Array.of(1, 2, 5, 0, 0, 3, 10, 2, 1, 5, 1, 0, 2)
	a.raw(encodeFrame({ channel, recv: [], payload: concatBytes(Uint8Array.of(0, 2, update.length), update) }))
	await stillServed()
	expect(a.hub.values.filter(({ t }) => t === 'acks' || t === 'error')).toEqual([])
})

test('[WIRE8] what a stock client writes by the Y.Map API is refused once, by its id, without a loop', async () => {
	const doc = new Y.Doc()
	doc.getMap('e').set('key', 'text')
	const update = Y.encodeStateAsUpdate(doc)
	const channel = await a.open(guid)
	await a.heard('step1')
	const payload = concatBytes(Uint8Array.of(0, 2, update.length), update)
	a.raw(encodeFrame({ channel, recv: [], payload }))
	expect(await a.acks(1)).toEqual([
		{ verdict: 'refuse', guid, clientId: doc.clientID, clock: 0, code: 'item-malformed' },
	])
	await a.settled()
	expect([a.hub.values, a.frames.values]).toEqual([[], []])
})

test('[seed 4711] 2,000 damaged frames: no crash, no bytes passed on, honest clients served', async () => {
	const random = seededRandom('4711')
	const pick = (count: number): number => (((random(2)[0] as number) << 8) | (random(2)[1] as number)) % count
	const conversation = bytesToBase64url(world.conversation)
	const channel = await a.follow(world.conversation)
	const { row } = await world.pen(world.story.bob).write({ guid })
	const hub = [
		{ t: 'open', guid },
		{ t: 'follow', conversation },
		{ t: 'stream', guid, clientId: 5 },
		{ t: 'marker', conversation, marker: 'AAAA' },
	]
	const seeds = [
		...hub.map((message) =>
			encodeFrame({ channel: 0, recv: [], payload: new TextEncoder().encode(JSON.stringify(message)) }),
		),
		...(['step2', 'update'] as const).map((type) =>
			encodeFrame({ channel, recv: [1], payload: encodePageMessage({ type, items: [row] }) }),
		),
		encodeFrame({ channel, recv: [], payload: encodePageMessage({ type: 'step1', vector: new Map([[1, 2]]) }) }),
		encodeFrame({
			channel,
			recv: [],
			payload: encodePageMessage({ type: 'awareness', states: [{ clientId: 1, clock: 1, state: '{}' }] }),
		}),
	]
	const damaged = (): Uint8Array => {
		const frame = new Uint8Array(seeds[pick(seeds.length)] as Uint8Array)
		for (let flips = pick(4); flips >= 0; flips--) frame[pick(frame.length)] = random(1)[0] as number
		return pick(4) === 0 ? frame.slice(0, pick(frame.length)) : frame
	}
	// A damaged ciphertext may be drawn for verification: then the device is barred, and perhaps its newest session too.
	const comeBack = async (): Promise<RawClient> => {
		const client = await world.join(world.story.bob).catch(comeBack)
		return client.follow(world.conversation).then(() => client, comeBack)
	}
	let connections = 0
	let bob = b
	for (let sent = 0; sent < 2000; sent++) {
		if (bob.socket.readyState !== bob.socket.OPEN) {
			bob = await comeBack()
			connections++
		}
		bob.raw(damaged())
		if (sent % 10 === 0) await bob.settled().catch(() => undefined)
		if (sent % 500 === 0) await world.time.advance(10_000)
	}
	await stillServed()
	expect(connections).toBeGreaterThan(20)
	// Every frame that reached the other side decoded there (raw-client.ts throws otherwise), and so does every item.
	const items = a.frames.values.flatMap(({ message }) => (message.type === 'update' ? message.items : []))
	expect(items.map(({ content }) => decodeItem(content).ok)).toEqual(items.map(() => true))
})
