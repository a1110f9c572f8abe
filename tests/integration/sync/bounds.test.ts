/** The numbers of limits.ts from both sides: so much is given, and not a frame more. */
import { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { bytesToBase64url, concatBytes, type Bytes } from '#protocol/bytes.ts'
import { FRAME_MAX, ITEM_MAX } from '#protocol/limits.ts'
import { decodePageMessage } from '#protocol/page-messages.ts'
import { VarWriter } from '#protocol/varuint.ts'
import { deviceRate, frameCost, socketLimits } from '#server/sync/limits.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import type { RawClient } from '#tests/support/raw-client.ts'
import { ticketFor } from '#tests/support/stock-clients.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

const KiB = 1024
/** Of one step, on a slow machine. */
const patience = { timeout: 20_000 }

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

/** The most that was ever unsent in any socket of this process, from now on. */
function unsent(): { most: number; largest: number } {
	const seen = { most: 0, largest: 0 }
	const write = Duplex.prototype.write
	vi.spyOn(Duplex.prototype, 'write').mockImplementation(function (this: Duplex, ...given: unknown[]) {
		const done = write.apply(this, given as Parameters<typeof write>)
		seen.most = Math.max(seen.most, this.writableLength)
		seen.largest = Math.max(seen.largest, (given[0] as Uint8Array).length)
		return done
	})
	return seen
}

test('sendBufferMax: a reader is let go by the first frame beyond it, and by none before', async () => {
	await b.follow(world.conversation)
	b.socket.pause()
	const seen = unsent()
	const conversation = bytesToBase64url(world.conversation)
	const content = bytesOf('big', 60_000)
	const told = (recv: number) => {
		const items = [{ clientId: 1, clock: recv - 1, content, recv }]
		world.domain.cluster.publish('events-stored', { conversation, guid, items, origin: null })
	}
	let recv = 0
	while (seen.most <= socketLimits.sendBufferMax) {
		told(++recv)
		if (recv % 20 === 0) await a.settled()
		expect(recv).toBeLessThan(2000)
	}
	for (let more = 0; more < 50; more++) told(++recv)
	expect(seen.most).toBeLessThan(socketLimits.sendBufferMax + 2 * content.length)
	b.socket.resume()
	expect([4509, 1006]).toContain(await b.closed)
})

test('sendBufferLow, answerBytes: however much a reader asks for and does not read, so little waits for him', async () => {
	const channel = await a.open(guid)
	const head = { kind: 'annotate' } as const
	const pen = world.pen(world.story.alice)
	for (let i = 0; i < 12; i++) {
		const { row } = await pen.write({ guid, head, ct: bytesOf('long', 60_000) })
		a.page(channel, { type: 'update', items: [row] })
	}
	await a.acks(12)
	await b.open(guid)
	await b.heard('step1')
	const seen = unsent()
	b.socket.pause()
	// 60 times 700 KiB: more than any kernel takes.
	for (let i = 0; i < 60; i++) b.page(channel, { type: 'step1', vector: new Map() })
	await vi.waitFor(async () => {
		await a.settled()
		expect(seen.most).toBeGreaterThan(0)
	}, patience)
	for (let i = 0; i < 50; i++) await a.settled()
	expect(seen.largest).toBeLessThan(socketLimits.answerBytes + ITEM_MAX + KiB)
	expect(seen.most).toBeLessThan(socketLimits.sendBufferLow + socketLimits.answerBytes + ITEM_MAX + KiB)
	b.socket.resume()
	for (let i = 0; i < 60; i++) await b.heard('step2', channel)
	expect(b.socket.readyState).toBe(WebSocket.OPEN)
})

test('uploadsUnderWay: who uploads faster than the server decides is not read, and loses nothing', async () => {
	const channel = await a.open(guid)
	const open = Promise.withResolvers<void>()
	const { transaction } = world.domain.unitOfWork
	vi.spyOn(world.domain.unitOfWork, 'transaction').mockImplementation(async (work) => {
		await open.promise
		return transaction(work)
	})
	let submitted = 0
	const { events } = world.domain
	const submit = events.submit.bind(events)
	vi.spyOn(events, 'submit').mockImplementation((upload) => {
		submitted += upload.items.reduce((sum, { content }) => sum + content.length, 0)
		submit(upload)
	})
	const content = bytesOf('no item', 60_000)
	for (let clock = 0; clock < 80; clock++) a.page(channel, { type: 'update', items: [{ clientId: 9, clock, content }] })
	await vi.waitFor(() => expect(submitted).toBeGreaterThan(socketLimits.uploadsUnderWay), patience)
	// Another one is served all the while: the loop has had its turns.
	for (let i = 0; i < 50; i++) await b.settled()
	// What the socket had read already in one piece is not put back.
	expect(submitted).toBeLessThan(socketLimits.uploadsUnderWay + 256 * KiB)
	open.resolve()
	expect(await a.acks(80)).toHaveLength(80)
	expect(submitted).toBe(80 * content.length)
})

test('deviceRate: a burst is read at once, and then so much in a second, by what it costs', async () => {
	const channel = await b.open(guid)
	const content = bytesOf('no item', 60_000)
	const cost = frameCost(content.length)
	const { burst, perSecond } = deviceRate
	const count = Math.ceil((burst + 3 * perSecond) / cost)
	for (let clock = 0; clock < count; clock++)
		b.page(channel, { type: 'update', items: [{ clientId: 9, clock, content }] })
	const answered = (): number =>
		b.hub.values.reduce((sum, message) => sum + (message.t === 'acks' ? message.acks.length : 0), 0)
	for (let second = 0; second <= 3; second++) {
		const due = Math.min(count, Math.floor((burst + second * perSecond) / cost))
		await vi.waitFor(() => expect(answered()).toBeGreaterThanOrEqual(due - 2), patience)
		for (let i = 0; i < 20; i++) await a.settled()
		// And what came in one piece with the last of them.
		expect(answered()).toBeLessThan(due + 6)
		await world.time.advance(1000)
	}
	await vi.waitFor(() => expect(answered()).toBe(count), patience)
})

test('stockRefusals: so many refused places are said once, and what is beyond costs no memory', async () => {
	const bob = await world.signIn(world.story.bob)
	const asker = {
		...{ accessToken: bob.accessToken, sid: bob.sid, deviceId: bob.device.deviceId },
		...{ serverId: world.domain.instance.serverId, idHash: bob.account },
		sign: (body: Bytes) => bob.device.sign('auth', body),
	}
	const socket = new WebSocket(`ws://127.0.0.1:${world.port}/sync/${guid}`, await ticketFor(world.port, asker, guid))
	const denied = vi.fn<(reason: string) => void>()
	socket.on('message', (data: Buffer) => {
		const message = decodePageMessage(new Uint8Array(data))
		if (message.ok && message.value.type === 'auth') denied(message.value.reason)
	})
	await new Promise((resolve) => socket.on('message', resolve))
	const doc = new Y.Doc()
	const told = async (count: number) => vi.waitFor(() => expect(denied).toHaveBeenCalledTimes(count), patience)
	const written = (keys: number): Uint8Array => {
		const before = Y.encodeStateVector(doc)
		for (let i = 0; i < keys; i++) doc.getMap('e').set(`${doc.clientID} ${Math.random()}`, i)
		return Y.encodeStateAsUpdate(doc, before)
	}
	const first = written(1)
	socket.send(syncUpdate(first))
	await told(1)
	const rest = written(socketLimits.stockRefusals - 1)
	socket.send(syncUpdate(rest))
	await told(2)
	// All of these are known: nothing. This one is said, and is no longer kept: it is said again.
	const beyond = written(1)
	for (const update of [first, rest, beyond, first, beyond]) socket.send(syncUpdate(update))
	await told(4)
	await world.domain.events.drained()
	const pong = new Promise((resolve) => socket.once('pong', resolve))
	socket.ping()
	await pong
	expect(denied).toHaveBeenCalledTimes(4)
	socket.terminate()
})

function syncUpdate(update: Uint8Array): Uint8Array {
	const writer = new VarWriter()
	writer.uint(update.length)
	expect(update.length).toBeLessThan(FRAME_MAX)
	return concatBytes(Uint8Array.of(0, 2), writer.finish(), new Uint8Array(update))
}
