/** From one real socket to the other: post, commit, ack, frame; offline and back. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { PAGE_POSTS } from '#protocol/limits.ts'
import { encodeMarkerBody, signedMarker } from '#protocol/marker.ts'
import { worldStart, type Pen } from '#tests/support/event-world.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import type { RawClient } from '#tests/support/raw-client.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

let world: SyncWorld
let alice: Pen
let bob: Pen
let a: RawClient
let b: RawClient
let guid: string

beforeEach(async () => {
	world = await syncWorld({ KITH_EVENTS_PER_SECOND: '1000' })
	alice = world.pen(world.story.alice)
	bob = world.pen(world.story.bob)
	a = await world.join(world.story.alice)
	b = await world.join(world.story.bob)
	guid = world.guid(0)
})

afterEach(async () => {
	expect(world.errors).toEqual([])
	await world.close()
})

test('[WIRE3] a post is acked after its commit, and the other gets it with its recv; its author gets no copy', async () => {
	const channel = await a.open(guid)
	expect(await b.follow(world.conversation)).toBe(channel)
	const { row, eventId } = await alice.write({ guid })
	a.page(channel, { type: 'update', items: [row] })
	const [ack] = await a.acks(1)
	expect(ack).toMatchObject({ verdict: 'accept', guid, clientId: row.clientId, clock: 0, eventId, recv: 1 })
	// A reader of the database sees it already: the ack came after the commit.
	expect(await world.domain.pages.missing(world.address(0), new Map())).toEqual([{ ...row, recv: 1 }])
	const { recv, message } = await b.heard('update', channel)
	expect(recv).toEqual([1])
	expect(message.items).toEqual([row])
	await a.settled()
	expect(a.frames.values.filter(({ message }) => message.type === 'update')).toEqual([])
})

test('what comes in one turn is acked in one frame', async () => {
	const channel = await a.open(guid)
	for (const row of await alice.rows(5, { guid })) a.page(channel, { type: 'update', items: [row] })
	const { acks } = await a.told('acks')
	expect(acks.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 5 }, () => 'accept'))
})

test('signing in anew ends the session before, and the new one hears what comes', async () => {
	const other = await world.join(world.story.alice)
	// Signing in anew ended the first session of that device.
	expect(await a.closed).toBe(4421)
	const channel = await other.open(guid)
	await b.open(guid)
	const { row } = await bob.write({ guid })
	b.page(channel, { type: 'update', items: [row] })
	expect((await other.heard('update')).message.items).toEqual([row])
})

test('back from offline: SyncStep2 brings what is missing behind the state vector, with recvSeqs', async () => {
	const channel = await a.open(guid)
	const rows = await alice.rows(3, { guid })
	a.page(channel, { type: 'update', items: rows })
	await a.acks(3)
	await b.open(guid)
	expect((await b.heard('step1')).message.vector).toEqual(new Map([[rows[0]!.clientId, 3]]))
	b.page(channel, { type: 'step1', vector: new Map() })
	const all = await b.heard('step2', channel)
	expect(all.message.items).toEqual(rows)
	expect(all.recv).toEqual([1, 2, 3])
	b.page(channel, { type: 'step1', vector: new Map([[rows[0]!.clientId, 2]]) })
	const last = await b.heard('step2', channel)
	expect([last.message.items, last.recv]).toEqual([[rows[2]], [3]])
	b.page(channel, { type: 'step1', vector: new Map([[rows[0]!.clientId, 3]]) })
	expect((await b.heard('step2', channel)).message.items).toEqual([])
})

test('a page larger than a frame comes as step2 and updates', async () => {
	const channel = await a.open(guid)
	const head = { kind: 'annotate' } as const
	for (let i = 0; i < 13; i++) {
		a.page(channel, { type: 'update', items: [(await alice.write({ guid, head, ct: bytesOf('long', 60_000) })).row] })
	}
	expect((await a.acks(13)).every(({ verdict }) => verdict === 'accept')).toBe(true)
	await b.open(guid)
	b.page(channel, { type: 'step1', vector: new Map() })
	const [first, second] = [await b.heard('step2', channel), await b.heard('update', channel)]
	expect([...first.recv, ...second.recv]).toEqual(Array.from({ length: 13 }, (_, i) => i + 1))
})

test('held and refused items come back with their codes', async () => {
	const channel = await a.open(guid)
	const ahead = await alice.write({ guid, head: { hlc: hlcOf(worldStart + 61_000) } })
	a.page(channel, { type: 'update', items: [ahead.row] })
	expect(await a.acks(1)).toMatchObject([{ verdict: 'hold', code: 'hold-ahead', retryAfter: 1000 }])
	a.page(channel, { type: 'update', items: [{ ...ahead.row, clientId: 4711 }] })
	expect(await a.acks(1)).toMatchObject([{ verdict: 'refuse', clientId: 4711, code: 'item-wrong-stream' }])
})

test('the page turns at 512 posts: followers have the next channel before its first frame', async () => {
	const channel = await a.follow(world.conversation)
	await b.follow(world.conversation)
	for (let sent = 0; sent < PAGE_POSTS; sent += 128) {
		a.page(channel, { type: 'update', items: await alice.rows(128, { guid }) })
		await a.acks(128)
	}
	const turned = await b.told('following', ({ current }) => current === 1)
	expect(turned.guid).toBe(world.guid(1))
	const mine = await a.told('following', ({ current }) => current === 1)
	expect(mine.channel).toBe(turned.channel)
	const [row] = await alice.rows(1, { guid: world.guid(1) })
	a.page(mine.channel, { type: 'update', items: [row!] })
	expect((await b.heard('update', turned.channel)).recv).toEqual([PAGE_POSTS + 1])
	// And what still happens in the old page is heard too.
	const edit = await alice.write({ guid, head: { kind: 'annotate' } })
	a.page(channel, { type: 'update', items: [edit.row] })
	const old = await b.frames.next(({ channel: heard, recv }) => heard === channel && recv[0] === PAGE_POSTS + 2)
	expect(old).toMatchObject({ message: { items: [edit.row] } })
})

test('followers hear of edits in pages that they never opened, announced first', async () => {
	const channel = await a.follow(world.conversation)
	for (let sent = 0; sent < PAGE_POSTS; sent += 256) {
		a.page(channel, { type: 'update', items: await alice.rows(256, { guid }) })
		await a.acks(256)
	}
	const late = await b.follow(world.conversation)
	expect(late).not.toBe(channel)
	const opened = await b.told('opened', (opened) => opened.guid === guid)
	expect(opened.channel).toBe(channel)
	const edit = await alice.write({ guid, head: { kind: 'annotate' } })
	a.page(channel, { type: 'update', items: [edit.row] })
	expect((await b.heard('update', channel)).recv).toEqual([PAGE_POSTS + 1])
})

test('a marker reaches the members', async () => {
	const { alice: by } = world.story
	const fields = { kind: 'read', device: by.laptop.deviceId, hlc: hlcOf(worldStart), epoch: 1 } as const
	const unsigned = { ...fields, nonce: bytesOf('nonce', 12), ct: bytesOf('ct', 24) }
	const body = encodeMarkerBody({ conversation: world.conversation, idHash: by.idHash }, unsigned)
	const marker = bytesToBase64url(encode(signedMarker, { ...unsigned, signature: by.laptop.sign('marker', body) }))
	const conversation = bytesToBase64url(world.conversation)
	a.say({ t: 'marker', conversation, marker })
	expect(await b.told('marker')).toEqual({ t: 'marker', conversation, account: bytesToBase64url(by.idHash), marker })
	b.say({ t: 'marker', conversation, marker })
	expect(await b.told('error')).toMatchObject({ code: 'bad-signature', about: conversation })
})

test('the server says where a stream of the own device ends, and nobody else where it does', async () => {
	const channel = await a.open(guid)
	const { row, eventId } = await alice.write({ guid })
	a.page(channel, { type: 'update', items: [row] })
	await a.acks(1)
	a.say({ t: 'stream', guid, clientId: row.clientId })
	expect(await a.told('stream')).toEqual({ t: 'stream', guid, clientId: row.clientId, next: 1, lastEventId: eventId })
	b.say({ t: 'stream', guid, clientId: row.clientId })
	expect(await b.told('error')).toMatchObject({ code: 'not-found', about: guid })
})

test('a server that stops says so, and keeps what it acked', async () => {
	const channel = await a.open(guid)
	a.page(channel, { type: 'update', items: await alice.rows(2, { guid }) })
	await a.acks(2)
	await world.instance.closeSockets()
	expect([await a.closed, await b.closed]).toEqual([1012, 1012])
	const heads = await world.domain.pages.heads(world.story.bob.idHash, world.conversation, 0)
	expect(heads).toMatchObject({ ok: true, value: { recv: 2, pages: [{ posts: 2 }] } })
})
