/** How pages fill, close and open at the server, and what it says of them (SPEC PAGE). */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { pageDigest } from '#protocol/digest.ts'
import { PAGE_CLOSES_AFTER, PAGE_POSTS, PAGE_POSTS_MAX, PART_BYTES_MAX } from '#protocol/limits.ts'
import { nodeHash } from '#tests/support/crypto-ports.ts'
import { eventWorld, type Pen, type EventWorld, type Written } from '#tests/support/event-world.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

let world: EventWorld
let alice: Pen
let bob: Pen
let guid: string
let opened: number[]

beforeEach(async () => {
	world = await eventWorld()
	alice = world.pen(world.story.alice)
	bob = world.pen(world.story.bob)
	guid = world.guid(0)
	opened = []
	world.cluster.subscribe('page-opened', ({ page }) => void opened.push(page))
})

afterEach(() => {
	expect(world.errors).toEqual([])
	world.close()
})

const fill = async (count: number): Promise<void> => {
	for (let left = count; left > 0; left -= 256) {
		await world.upload(alice, await alice.rows(Math.min(left, 256), { guid }))
	}
}

test('[PAGE11] the 512th post opens the next page, and everybody is told once', async () => {
	await fill(PAGE_POSTS - 1)
	const [early] = await alice.rows(1, { guid: world.guid(1) })
	expect(await world.upload(alice, [early!], { guid: world.guid(1) })).toMatchObject([
		{ verdict: 'hold', code: 'hold-page' },
	])
	expect(opened).toEqual([])
	await fill(1)
	expect(opened).toEqual([1])
	expect(await world.upload(alice, [early!], { guid: world.guid(1) })).toMatchObject([
		{ verdict: 'accept', recv: PAGE_POSTS + 1 },
	])
	expect(await world.pages.summary(world.conversation)).toMatchObject({ current: 1, recv: PAGE_POSTS + 1 })
})

test('[PAGE11] the old page takes posts for a minute, 768 at most', async () => {
	await fill(PAGE_POSTS)
	world.time.now += PAGE_CLOSES_AFTER - 1
	await fill(PAGE_POSTS_MAX - PAGE_POSTS)
	const [beyond] = await bob.rows(1, { guid })
	expect(await world.upload(bob, [beyond!])).toMatchObject([{ verdict: 'refuse', code: 'item-page-closed' }])
})

test('[PAGE11] after a minute it takes none; edits go on', async () => {
	await fill(PAGE_POSTS)
	world.time.now += PAGE_CLOSES_AFTER
	const [late] = await bob.rows(1, { guid })
	expect(await world.upload(bob, [late!])).toMatchObject([{ verdict: 'refuse', code: 'item-page-closed' }])
	const edit = await bob.write({ guid, head: { kind: 'annotate' }, place: { incarnation: 1 } })
	expect(await world.upload(bob, [edit.row])).toMatchObject([{ verdict: 'accept' }])
})

test('[PAGE16] a page far away is refused, not held for ever', async () => {
	const [far] = await alice.rows(1, { guid: world.guid(7) })
	expect(await world.upload(alice, [far!], { guid: world.guid(7) })).toMatchObject([{ code: 'item-page-closed' }])
})

test('[PAGE14] edits open the first part when the page is full', async () => {
	const head = { kind: 'annotate' } as const
	const ct = bytesOf('long', 60_000)
	const part = world.guid(0, 1)
	const early = await bob.write({ guid: part, head })
	expect(await world.upload(bob, [early.row], { guid: part })).toMatchObject([{ verdict: 'hold', code: 'hold-page' }])
	for (let bytes = 0; bytes < PART_BYTES_MAX; bytes += ct.length) {
		expect(await world.upload(alice, [(await alice.write({ guid, head, ct })).row])).toMatchObject([
			{ verdict: 'accept' },
		])
	}
	expect(await world.upload(alice, [(await alice.write({ guid, head })).row])).toMatchObject([
		{ code: 'item-page-closed' },
	])
	expect(await world.upload(bob, [early.row], { guid: part })).toMatchObject([{ verdict: 'accept' }])
	const second = world.guid(0, 2)
	const tooEarly = await bob.write({ guid: second, head })
	expect(await world.upload(bob, [tooEarly.row], { guid: second })).toMatchObject([{ code: 'hold-page' }])
	const heads = await world.pages.heads(world.story.bob.idHash, world.conversation, 0)
	expect(heads).toMatchObject({
		ok: true,
		value: {
			pages: [
				{ page: 0, part: 0 },
				{ page: 0, part: 1, posts: 0 },
			],
		},
	})
})

test('[ADM5] eight new incarnations a day and page; then posts wait for tomorrow, and edits open a part', async () => {
	const write = (incarnation: number, head = {}): Promise<Written> =>
		alice.write({ guid, head, place: { incarnation } })
	for (let incarnation = 0; incarnation < 8; incarnation++) {
		expect(await world.upload(alice, [(await write(incarnation)).row])).toMatchObject([{ verdict: 'accept' }])
	}
	const ninth = await write(8)
	expect(await world.upload(alice, [ninth.row])).toMatchObject([
		{ verdict: 'hold', code: 'item-too-many-incarnations' },
	])
	const edit = await write(9, { kind: 'annotate' })
	expect(await world.upload(alice, [edit.row])).toMatchObject([
		{ verdict: 'refuse', code: 'item-too-many-incarnations' },
	])
	const part = world.guid(0, 1)
	const inPart = await alice.write({ guid: part, head: { kind: 'annotate' } })
	expect(await world.upload(alice, [inPart.row], { guid: part })).toMatchObject([{ verdict: 'accept' }])
	world.time.now += 24 * 60 * 60 * 1000
	expect(await world.upload(alice, [ninth.row])).toMatchObject([{ verdict: 'accept' }])
})

test('[PAGE9] heads: digests over what is stored, and only pages changed since a version', async () => {
	const posts = [await alice.write({ guid }), await bob.write({ guid })]
	await world.upload(alice, [posts[0]!.row])
	const { heads } = world.pages
	const before = await heads(world.story.alice.idHash, world.conversation, 0)
	await world.upload(bob, [posts[1]!.row])
	const after = await heads(world.story.alice.idHash, world.conversation, 0)
	const rows = posts.map(({ row, id }) => ({ clientId: row.clientId, clock: row.clock, eventId: id }))
	expect(before).toMatchObject({
		ok: true,
		value: { version: 1, pages: [{ digest: pageDigest(nodeHash, rows.slice(0, 1)) }] },
	})
	expect(after).toMatchObject({
		ok: true,
		value: { version: 2, current: 0, recv: 2, pages: [{ digest: pageDigest(nodeHash, rows) }] },
	})
	expect(await heads(world.story.alice.idHash, world.conversation, 2)).toMatchObject({
		value: { version: 2, pages: [] },
	})
})

test('[PAGE9] a redaction changes no digest', async () => {
	const post = await alice.write({ guid })
	await world.upload(alice, [post.row, ...(await alice.rows(511, { guid }))])
	const digest = async () => {
		const heads = await world.pages.heads(world.story.alice.idHash, world.conversation, 0)
		return heads.ok ? bytesToBase64url(heads.value.pages.find(({ part }) => part === 0)!.digest) : ''
	}
	const before = await digest()
	// The redact goes to another part, opened because the device has used its incarnations up.
	for (let incarnation = 1; incarnation < 8; incarnation++) {
		await world.upload(alice, [(await alice.write({ guid, head: { kind: 'annotate' }, place: { incarnation } })).row])
	}
	const full = await digest()
	expect(full).not.toBe(before)
	const part = world.guid(0, 1)
	const redact = await alice.write({ guid: part, head: { kind: 'redact', targets: [post.id] } })
	expect(await world.upload(alice, [redact.row], { guid: part })).toMatchObject([{ verdict: 'accept' }])
	expect(await digest()).toBe(full)
	const rows = await world.pages.rows(world.story.bob.idHash, world.address(0))
	expect(rows.ok && rows.value.find(({ recv }) => recv === 1)!.content[0]).toBe(1)
})

test('rows and missing agree; rows behind a state vector only', async () => {
	await world.upload(alice, await alice.rows(3, { guid }))
	await world.upload(bob, await bob.rows(2, { guid }))
	const rows = await world.pages.rows(world.story.bob.idHash, world.address(0))
	const all = await world.pages.missing(world.address(0), new Map())
	expect(rows).toEqual({ ok: true, value: all })
	expect(all.length).toBe(5)
	const vector = await world.pages.stateVector(world.address(0))
	expect([...vector.values()].sort()).toEqual([2, 3])
	expect(await world.pages.missing(world.address(0), vector)).toEqual([])
	const behind = new Map([...vector].map(([clientId, next]) => [clientId, next - 1]))
	expect((await world.pages.missing(world.address(0), behind)).map(({ recv }) => recv).sort()).toEqual([3, 5])
	// Claims beyond what is there bring nothing and break nothing.
	expect(
		(
			await world.pages.missing(
				world.address(0),
				new Map([
					[4711, 9],
					[[...vector.keys()][0]!, 99],
				]),
			)
		).length,
	).toBeGreaterThan(0)
})

test('whoever is no member gets nothing', async () => {
	await world.upload(alice, await alice.rows(1, { guid }))
	const stranger = bytesOf('stranger')
	const refused = { ok: false, error: { type: 'not-member' } }
	expect(await world.pages.heads(stranger, world.conversation, 0)).toEqual(refused)
	expect(await world.pages.rows(stranger, world.address(0))).toEqual(refused)
	expect(await world.markers.of(stranger, world.conversation)).toEqual(refused)
	expect(await world.pages.heads(world.story.alice.idHash, bytesOf('no conversation', 16), 0)).toEqual(refused)
})

test('the end of a stream: of the own device only', async () => {
	const [first, second] = [await alice.write({ guid }), await alice.write({ guid })]
	await world.upload(alice, [first.row, second.row])
	const of = (pen: Pen, clientId: number) =>
		world.pages.streamEnd({ account: pen.by.idHash, device: pen.device.deviceId }, world.address(0), clientId)
	expect(await of(alice, first.row.clientId)).toEqual({ ok: true, value: { next: 2, lastEventId: second.id } })
	expect(await of(alice, 4711)).toEqual({ ok: true, value: { next: 0, lastEventId: null } })
	expect(await of(bob, first.row.clientId)).toEqual({ ok: false, error: { type: 'not-found' } })
})

test('a server that starts anew goes on where it was', async () => {
	await world.upload(alice, await alice.rows(3, { guid }))
	const again = world.restart()
	const [row] = await alice.rows(1, { guid })
	expect(await again.upload(alice, [row!])).toMatchObject([{ verdict: 'accept', recv: 4 }])
	expect(await again.pages.missing(world.address(0), new Map())).toHaveLength(4)
})

test('books that another node has overtaken are read again', async () => {
	await world.upload(alice, await alice.rows(1, { guid }))
	const other = world.restart()
	await other.upload(bob, await bob.rows(1, { guid }))
	expect(await world.upload(alice, await alice.rows(1, { guid }))).toMatchObject([{ verdict: 'accept', recv: 3 }])
	expect(await world.pages.missing(world.address(0), new Map())).toHaveLength(3)
})

test('a book from before the first event is read again', async () => {
	const [early] = await alice.rows(1, { guid: world.guid(1) })
	expect(await world.upload(alice, [early!], { guid: world.guid(1) })).toMatchObject([{ code: 'hold-page' }])
	await world.restart().upload(bob, await bob.rows(1, { guid }))
	expect(await world.upload(alice, await alice.rows(1, { guid }))).toMatchObject([{ verdict: 'accept', recv: 2 }])
})

test('what another node stored in the same stream is seen, whatever the verdict', async () => {
	const [one, two, three, four] = await alice.rows(4, { guid })
	await world.upload(alice, [one!])
	const other = world.restart()
	await other.upload(alice, [two!])
	// Behind a gap, as far as our book shows.
	expect(await world.upload(alice, [three!])).toMatchObject([{ verdict: 'accept', recv: 3 }])
	await other.upload(alice, [four!])
	// The next of its stream, as far as our book shows.
	expect(await world.upload(alice, [four!])).toMatchObject([{ verdict: 'have', recv: 4 }])
	expect(await world.pages.missing(world.address(0), new Map())).toHaveLength(4)
})

test('a page that another node opened is not opened again', async () => {
	await fill(PAGE_POSTS - 1)
	await world.restart().upload(bob, await bob.rows(1, { guid }))
	expect(await world.upload(alice, await alice.rows(1, { guid }))).toMatchObject([
		{ verdict: 'accept', recv: PAGE_POSTS + 1 },
	])
	const next = { guid: world.guid(1) }
	expect(await world.upload(alice, await alice.rows(1, next), next)).toMatchObject([
		{ verdict: 'accept', recv: PAGE_POSTS + 2 },
	])
})
