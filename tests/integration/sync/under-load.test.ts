/** What keeps the server cheap when many speak at once: asked of a running one, not of its parts. */
import { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { bytesToBase64url, concatBytes } from '#protocol/bytes.ts'
import { encodeFrame } from '#protocol/frames.ts'
import { FRAME_MAX } from '#protocol/limits.ts'
import { wireFrame } from '#server/sync/frames.ts'
import { socketLimits } from '#server/sync/limits.ts'
import { wireOf } from '#server/sync/wire.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import type { RawClient } from '#tests/support/raw-client.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

let world: SyncWorld
let a: RawClient
let b: RawClient
let guid: string

beforeEach(async () => {
	world = await syncWorld({ KITH_EVENTS_PER_SECOND: '1000' })
	a = await world.join(world.story.alice)
	b = await world.join(world.story.bob)
	guid = world.guid(0)
})

afterEach(async () => {
	vi.restoreAllMocks()
	expect(world.errors).toEqual([])
	await world.close()
})

test('group commit: what arrives together is one transaction, whoever sent it, and one frame of acks for each', async () => {
	const [channel] = [await a.open(guid), await b.open(guid)]
	const [alice, bob] = [world.pen(world.story.alice), world.pen(world.story.bob)]
	const rows = await alice.rows(30, { guid })
	const others = await bob.rows(30, { guid })
	const transaction = vi.spyOn(world.domain.unitOfWork, 'transaction')
	for (const row of rows) a.page(channel, { type: 'update', items: [row] })
	for (const row of others) b.page(channel, { type: 'update', items: [row] })
	await Promise.all([a.acks(30), b.acks(30)])
	// Sixty frames; how they fall into turns is the kernel's to say.
	expect(transaction.mock.calls.length).toBeLessThanOrEqual(12)
})

test('where messages never cease, turns keep their distance: one commit, then one frame and the acks', async () => {
	const paced = await syncWorld({ KITH_EVENTS_PER_SECOND: '1000' }, { perSecond: 50, burst: 1 })
	const [sender, reader] = [await paced.join(paced.story.alice), await paced.join(paced.story.bob)]
	const channel = await sender.open(guid)
	await reader.open(guid)
	const [first, second, third] = await paced.pen(paced.story.alice).rows(3, { guid })
	// A lone message waits for nobody: the time stands still.
	sender.page(channel, { type: 'update', items: [first!] })
	await sender.acks(1)
	const transaction = vi.spyOn(paced.domain.unitOfWork, 'transaction')
	for (const row of [second!, third!]) sender.page(channel, { type: 'update', items: [row] })
	await sender.settled()
	await paced.time.advance(19)
	await sender.settled()
	expect(transaction).not.toHaveBeenCalled()
	expect(reader.frames.values.filter(({ message }) => message.type === 'update').length).toBe(1)
	await paced.time.advance(1)
	expect((await sender.acks(2)).map(({ verdict }) => verdict)).toEqual(['accept', 'accept'])
	await reader.settled()
	const updates = reader.frames.values.filter(({ message }) => message.type === 'update')
	expect(updates.map(({ recv }) => recv)).toEqual([[1], [2, 3]])
	expect(transaction).toHaveBeenCalledTimes(1)
	await paced.close()
})

test('a server that stops lets nobody wait for his turn', async () => {
	const paced = await syncWorld({}, { perSecond: 50, burst: 1 })
	const sender = await paced.join(paced.story.alice)
	const channel = await sender.open(guid)
	const [first, second] = await paced.pen(paced.story.alice).rows(2, { guid })
	sender.page(channel, { type: 'update', items: [first!] })
	await sender.acks(1)
	sender.page(channel, { type: 'update', items: [second!] })
	await sender.settled()
	await paced.instance.closeSockets()
	expect((await sender.acks(1)).map(({ verdict }) => verdict)).toEqual(['accept'])
	await paced.close()
})

test('a frame is built once for all who hear it, and written to each as it is', async () => {
	const bob = await world.signIn(world.story.bob)
	const listeners = await Promise.all(Array.from({ length: 10 }, () => world.join(world.story.bob, bob)))
	for (const listener of listeners) await listener.follow(world.conversation)
	const channel = await a.open(guid)
	const written = vi.spyOn(Duplex.prototype, 'write')
	const { row } = await world.pen(world.story.alice).write({ guid })
	a.page(channel, { type: 'update', items: [row] })
	await Promise.all(listeners.map((listener) => listener.heard('update', channel)))
	const frames = written.mock.calls.map(([chunk]) => chunk as unknown as Uint8Array)
	const shared = frames.filter((frame) => frames.filter((other) => other === frame).length >= 10)
	expect(new Set(shared).size).toBe(1)
})

test('batched writes: what is sent in one turn leaves in one call', async () => {
	const calls: Buffer[] = []
	const stream = new Duplex({
		read: () => {},
		writev: (chunks, done) => (calls.push(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer))), done()),
	})
	const socket = { readyState: WebSocket.OPEN, OPEN: WebSocket.OPEN } as WebSocket
	const wire = wireOf(socket, stream)
	const frame = wireFrame({ channel: 1, recv: [], payload: bytesOf('payload') })
	const large = wireFrame({ channel: 2, recv: [], payload: new Uint8Array(10_000) })
	const turns = [Array.from({ length: 100 }, () => frame), [frame, large, frame, large, large], [large]]
	for (const turn of turns) {
		for (const said of turn) wire.send(said)
		await new Promise(setImmediate)
	}
	expect(calls).toEqual(turns.map((turn) => Buffer.concat(turn)))
})

test('what is said counts as unsent at once, and leaves before the goodbye', () => {
	const said: string[] = []
	const stream = new Duplex({
		read: () => {},
		write: (_chunk, _encoding, done) => (said.push('frame'), done()),
	})
	const close = () => void said.push('goodbye')
	const wire = wireOf({ readyState: WebSocket.OPEN, OPEN: WebSocket.OPEN, close } as unknown as WebSocket, stream)
	const frame = wireFrame({ channel: 1, recv: [], payload: bytesOf('payload') })
	wire.send(frame)
	expect(wire.unsent()).toBe(frame.length)
	wire.close(1000)
	expect(said).toEqual(['frame', 'goodbye'])
	expect(wire.unsent()).toBe(0)
})

test('who waits until little is unsent is called when the stream takes all at once', () => {
	const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
	const wire = wireOf({ readyState: WebSocket.OPEN, OPEN: WebSocket.OPEN } as WebSocket, stream)
	wire.send(wireFrame({ channel: 1, recv: [], payload: bytesOf('long', 60_000) }))
	let isCalled = false
	wire.whenBelow(1000, () => (isCalled = true))
	expect(isCalled).toBe(true)
})

test('state vectors are remembered: asking for one asks the database nothing', async () => {
	const channel = await a.open(guid)
	a.page(channel, { type: 'update', items: await world.pen(world.story.alice).rows(5, { guid }) })
	await a.acks(5)
	const { events } = world.domain.repositories
	const asked = (['parts', 'streams', 'rows', 'counters'] as const).map((name) => vi.spyOn(events, name))
	for (let i = 0; i < 20; i++) {
		const client = await world.join(world.story.bob, i === 0 ? undefined : await world.signIn(world.story.bob))
		await client.open(guid)
		expect((await client.heard('step1')).message.vector.size).toBe(1)
	}
	expect(asked.map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0, 0])
})

test('refusals of a flood of strays fit into frames, and the loop goes on', async () => {
	const channel = await a.open(guid)
	await a.heard('step1')
	const doc = new Y.Doc()
	for (let i = 0; i < 6000; i++) doc.getMap('e').set(`key ${i}`, i)
	const update = Y.encodeStateAsUpdate(doc)
	const head = Uint8Array.of(0, 2, (update.length & 127) | 128, ((update.length >> 7) & 127) | 128, update.length >> 14)
	a.raw(encodeFrame({ channel, recv: [], payload: concatBytes(head, update) }))
	const sizes: number[] = []
	a.socket.on('message', (data: Buffer) => void sizes.push(data.length))
	expect(await a.acks(6000)).toHaveLength(6000)
	expect(sizes.length).toBe(Math.ceil(6000 / socketLimits.acksPerFrame))
	expect(Math.max(...sizes)).toBeLessThan(FRAME_MAX)
})

test('a slow reader is dropped with its own code, and has everything after it came back', async () => {
	await a.follow(world.conversation)
	await b.follow(world.conversation)
	b.socket.pause()
	const conversation = bytesToBase64url(world.conversation)
	const content = bytesOf('big', 60_000)
	const channel = await a.open(guid)
	const rows = await world.pen(world.story.alice).rows(20, { guid })
	a.page(channel, { type: 'update', items: rows })
	await a.acks(20)
	for (let recv = 101; recv <= 700; recv++) {
		const items = [{ clientId: 1, clock: recv, content, recv }]
		world.domain.cluster.publish('events-stored', { conversation, guid, items, origin: null })
		if (recv % 20 === 0) await a.settled()
	}
	b.socket.resume()
	expect([4509, 1006]).toContain(await b.closed)
	const back = await world.join(world.story.bob)
	const opened = await back.open(guid)
	back.page(opened, { type: 'step1', vector: new Map() })
	expect((await back.heard('step2', opened)).message.items).toHaveLength(20)
})
