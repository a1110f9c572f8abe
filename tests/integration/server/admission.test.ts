/** Verdicts of the server's admission on a real database: SPEC CHK, ADM, DEL as the server runs them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeItem, toSkeleton } from '#protocol/envelope.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { nodeHash } from '#tests/support/crypto-ports.ts'
import { eventWorld, type Pen, rowOf, storeAccount, worldStart, type EventWorld } from '#tests/support/event-world.ts'
import { AccountStory, bytesOf, actor } from '#tests/support/log-actors.ts'

let world: EventWorld
let alice: Pen
let bob: Pen
let guid: string

beforeEach(async () => {
	world = await eventWorld()
	alice = world.pen(world.story.alice)
	bob = world.pen(world.story.bob)
	guid = world.guid(0)
})

afterEach(() => {
	expect(world.errors).toEqual([])
	world.close()
})

test('a post is accepted, stored under recv 1, and published once', async () => {
	const { row, eventId } = await alice.write({ guid })
	const at = { guid, clientId: row.clientId, clock: 0 }
	expect(await world.upload(alice, [row])).toEqual([{ verdict: 'accept', ...at, eventId, recv: 1, at: worldStart }])
	expect(world.stored).toMatchObject([{ guid, origin: 'one', items: [{ ...row, recv: 1 }] }])
	expect(await world.pages.missing(world.address(0), new Map())).toEqual([{ ...row, recv: 1 }])
	expect(await world.pages.summary(world.conversation)).toEqual({ recv: 1, current: 0, lastAt: worldStart })
})

test('[ADM2] what is stored is acked again with its recv, also within one frame', async () => {
	const { row, eventId } = await alice.write({ guid })
	expect(await world.upload(alice, [row, row])).toMatchObject([
		{ verdict: 'accept' },
		{ verdict: 'have', recv: 1, eventId },
	])
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'have', recv: 1, eventId, at: worldStart }])
	expect(world.stored.length).toBe(1)
})

test('[ADM2] another event never takes a place', async () => {
	await world.upload(alice, await alice.rows(1, { guid }))
	const { row } = await alice.write({ guid, place: { clock: 0 } })
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'refuse', code: 'item-wrong-clock' }])
})

test('[ADM3] after a gap the items wait', async () => {
	const [first, second, third] = await alice.rows(3, { guid })
	expect(await world.upload(alice, [second!, third!])).toMatchObject([
		{ verdict: 'hold', code: 'hold-gap' },
		{ verdict: 'hold', code: 'hold-gap' },
	])
	expect(await world.upload(alice, [first!, second!, third!])).toMatchObject([{ recv: 1 }, { recv: 2 }, { recv: 3 }])
})

test('[ADM7] an event placed twice counts at its first place; its skeleton keeps the stream going', async () => {
	const first = await alice.write({ guid })
	await world.upload(alice, [first.row])
	const { head, ct } = first.item
	const again = await alice.write({ guid, head, ct, place: { incarnation: 1 } })
	expect(again.eventId).toBe(first.eventId)
	const next = await alice.write({ guid, place: { incarnation: 1 } })
	expect(await world.upload(alice, [again.row, next.row])).toMatchObject([
		{ verdict: 'duplicate', recv: 2, first: { guid, clientId: first.row.clientId, clock: 0, recv: 1 } },
		{ verdict: 'accept', recv: 3 },
	])
	const rows = await world.pages.missing(world.address(0), new Map([[first.row.clientId, 1]]))
	const skeleton = decodeItem(rows.find(({ recv }) => recv === 2)!.content)
	expect(skeleton).toMatchObject({ ok: true, value: { form: 'skeleton', why: 'duplicate' } })
})

test('[ADM7] twice within one turn is twice all the same', async () => {
	const first = await alice.write({ guid })
	const { head, ct } = first.item
	const again = await alice.write({ guid, head, ct, place: { incarnation: 1 } })
	expect(await world.upload(alice, [first.row, again.row])).toMatchObject([
		{ verdict: 'accept', recv: 1 },
		{ verdict: 'duplicate', recv: 2, first: { recv: 1 } },
	])
})

test('[ADM15] an hlc ahead of the server is held, and passes when the time has come', async () => {
	const { row } = await alice.write({ guid, head: { hlc: hlcOf(worldStart + 90_000) } })
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'hold', code: 'hold-ahead', retryAfter: 30_000 }])
	world.time.now += 30_000
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'accept' }])
})

test('[ADM4] beyond his rate an author waits; nothing is stored of it', async () => {
	world.close()
	world = await eventWorld({ rate: { perSecond: 1, burst: 2 } })
	alice = world.pen(world.story.alice)
	const rows = await alice.rows(3, { guid })
	expect(await world.upload(alice, rows)).toMatchObject([
		{ verdict: 'accept' },
		{ verdict: 'accept' },
		{ verdict: 'hold', code: 'hold-rate', retryAfter: 1000 },
	])
	world.time.now += 1000
	expect(await world.upload(alice, rows)).toMatchObject([
		{ verdict: 'have' },
		{ verdict: 'have' },
		{ verdict: 'accept', recv: 3 },
	])
	// Charged to the author, whoever uploads.
	expect(await world.upload(world.pen(world.story.bob), await alice.rows(1, { guid }))).toMatchObject([
		{ code: 'hold-rate' },
	])
})

test('[ADM4] beyond his quota of bytes an author waits, whoever uploads, and others do not', async () => {
	world.close()
	world = await eventWorld({ quota: { perSecond: 1000, burst: 10_000 } })
	alice = world.pen(world.story.alice)
	const written = await Promise.all([1, 2, 3].map((n) => alice.write({ guid, ct: bytesOf(`long ${n}`, 4600) })))
	const rows = written.map(({ row }) => row)
	const acks = await world.upload(alice, rows)
	expect(acks).toMatchObject([{ verdict: 'accept' }, { verdict: 'accept' }, { verdict: 'hold', code: 'hold-rate' }])
	const bob = world.pen(world.story.bob)
	expect(await world.upload(bob, rows.slice(2))).toMatchObject([{ verdict: 'hold', code: 'hold-rate' }])
	expect(await world.upload(bob, [(await bob.write({ guid })).row])).toMatchObject([{ verdict: 'accept' }])
	world.time.now += (acks[2] as { retryAfter: number }).retryAfter
	expect(await world.upload(alice, rows.slice(2))).toMatchObject([{ verdict: 'accept' }])
})

test('a log position that is not known here yet is held', async () => {
	const { row } = await alice.write({ guid, place: { logSeq: 9 } })
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'hold', code: 'hold-log' }])
})

test('[ADM12] a log head that is not in the log is refused', async () => {
	const { row } = await alice.write({ guid, place: { logHash: new Uint8Array(16) } })
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'refuse', code: 'item-bad-log-hash' }])
})

test('a clientID that does not follow from the device is refused', async () => {
	const { row } = await alice.write({ guid })
	expect(await world.upload(alice, [{ ...row, clientId: 4711 }])).toMatchObject([{ code: 'item-wrong-stream' }])
})

test('bytes that are no item are refused', async () => {
	const at = { clientId: 1, clock: 0 }
	const noise = { ...at, content: new Uint8Array(300).fill(1) }
	const empty = { ...at, content: new Uint8Array(0) }
	const fromLater = { ...at, content: Uint8Array.of(0, 2, 1, 0, ...new Uint8Array(200)) }
	const large = { ...at, content: new Uint8Array(64 * 1024 + 1) }
	expect(await world.upload(alice, [noise, empty, fromLater, large])).toMatchObject([
		{ verdict: 'refuse', code: 'item-malformed' },
		{ verdict: 'refuse', code: 'item-malformed' },
		{ verdict: 'refuse', code: 'item-unknown-kind' },
		{ verdict: 'refuse', code: 'item-too-large' },
	])
})

test('what is no item of ours is refused once, by its id', async () => {
	const acks = await world.upload(alice, [], { strays: [{ clientId: 77, clock: 5, reason: 'content' }] })
	expect(acks).toEqual([{ verdict: 'refuse', guid, clientId: 77, clock: 5, code: 'item-malformed' }])
})

test('[ADM10] without friendship a direct conversation takes nothing; with it, at once again', async () => {
	const pair = {
		requester: world.story.alice.idHash,
		addressee: world.story.bob.idHash,
		request: new Uint8Array(1),
		accept: null,
		closing: null,
	}
	const setState = async (state: 'declined' | 'accepted'): Promise<void> => {
		await world.unitOfWork.transaction(({ friendships }) => friendships.put({ ...pair, state, since: 0 }))
		world.cluster.publish('friends-changed', { accounts: [] })
	}
	await world.upload(alice, await alice.rows(1, { guid }))
	await setState('declined')
	const [row] = await alice.rows(1, { guid })
	expect(await world.upload(alice, [row!])).toMatchObject([{ verdict: 'refuse', code: 'item-not-friends' }])
	await setState('accepted')
	expect(await world.upload(alice, [row!])).toMatchObject([{ verdict: 'accept' }])
})

test('[ADM10] a block by either side refuses both, also where the friendship still stands', async () => {
	const { alice: one, bob: other } = world.story
	await world.upload(alice, await alice.rows(1, { guid }))
	for (const [by, of] of [
		[one, other],
		[other, one],
	] as const) {
		await world.unitOfWork.transaction(({ friendships }) => friendships.block(by.idHash, of.idHash, 0))
		world.cluster.publish('friends-changed', { accounts: [] })
		const [row] = await alice.rows(1, { guid })
		expect(await world.upload(alice, [row!])).toMatchObject([{ verdict: 'refuse', code: 'item-not-friends' }])
		await world.unitOfWork.transaction(({ friendships }) => friendships.unblock(by.idHash, of.idHash))
		world.cluster.publish('friends-changed', { accounts: [] })
		expect(await world.upload(alice, [row!])).toMatchObject([{ verdict: 'accept' }])
	}
})

test('a stranger has no right, whatever he signs', async () => {
	const mallory = new AccountStory('mallory')
	await storeAccount(world, 'mallory', mallory)
	const pen = world.pen(mallory)
	expect(await world.upload(pen, await pen.rows(1, { guid }))).toMatchObject([
		{ verdict: 'refuse', code: 'item-no-right' },
	])
})

test('a device that nobody here certified is held', async () => {
	const pen = world.pen(world.story.alice, actor('unknown device'))
	expect(await world.upload(alice, await pen.rows(1, { guid }))).toMatchObject([{ verdict: 'hold', code: 'hold-log' }])
})

test('one item that fails does not take others of its frame along', async () => {
	const [good] = await alice.rows(1, { guid })
	const { row: bad } = await bob.write({ guid, badSignature: true })
	const [later] = await alice.rows(1, { guid })
	expect(await world.upload(alice, [good!, bad, later!])).toMatchObject([
		{ verdict: 'accept', recv: 1 },
		{ verdict: 'refuse', code: 'item-bad-signature' },
		{ verdict: 'accept', recv: 2 },
	])
})

test('recv counts without gaps over pages, devices and verdicts of one turn', async () => {
	const [a, b] = [await alice.rows(5, { guid }), await bob.rows(5, { guid })]
	const acks = (await Promise.all([world.upload(alice, a), world.upload(bob, b, { connection: 'two' })])).flat()
	const received = acks.map((ack) => ('recv' in ack ? ack.recv : 0)).sort((x, y) => x - y)
	expect(received).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
	// Of two connections in one frame each needs the other's, so both get it.
	expect(world.stored.map(({ origin }) => origin)).toEqual([null])
	const { items } = world.stored[0]!
	expect(items.map(({ recv }) => recv).sort((x, y) => x - y)).toEqual(received)
})

test('a skeleton that comes first is stored as removed, and the text fills it under the same recv', async () => {
	const { row, item, eventId } = await alice.write({ guid })
	const bare = rowOf(toSkeleton(nodeHash, item, { why: 'redacted', by: new Uint8Array(16).fill(9) }), guid)
	expect(await world.upload(alice, [bare])).toMatchObject([{ verdict: 'accept', recv: 1, eventId }])
	const stored = await world.pages.missing(world.address(0), new Map())
	expect(decodeItem(stored[0]!.content)).toMatchObject({ value: { form: 'skeleton', why: 'removed' } })
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'accept', recv: 1 }])
	expect(await world.pages.missing(world.address(0), new Map())).toEqual([{ ...row, recv: 1 }])
	expect(world.stored.at(-1)).toMatchObject({ items: [{ ...row, recv: 1 }] })
})

test('what has expired on its way is stored without its text', async () => {
	const { row } = await alice.write({ guid, head: { kind: 'annotate', expiresAt: worldStart - 1 } })
	expect(await world.upload(alice, [row])).toMatchObject([{ verdict: 'accept' }])
	const [stored] = await world.pages.missing(world.address(0), new Map())
	expect(decodeItem(stored!.content)).toMatchObject({ value: { form: 'skeleton', why: 'expired' } })
})
