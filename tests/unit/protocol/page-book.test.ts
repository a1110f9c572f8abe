import { describe, expect, test } from 'vitest'
import { emptyTally, pageRoom, partFor, placePage, type Arrival, type PageBook } from '#protocol/page-book.ts'

const KiB = 1024
const book = (wish: Partial<PageBook> = {}): PageBook => ({
	current: 4,
	currentSince: 100_000,
	here: emptyTally,
	newestPart: 0,
	newestPartBytes: 0,
	...wish,
})
const post = (wish: Partial<Arrival> = {}): Arrival => ({
	kind: 'post',
	page: 4,
	part: 0,
	size: 300,
	now: 200_000,
	...wish,
})
const annotate = (wish: Partial<Arrival> = {}): Arrival => post({ kind: 'annotate', ...wish })

describe('posts', () => {
	test('[PAGE10] go to the current page and to no part of it', () => {
		expect(pageRoom(book(), post())).toBe('open')
		expect(pageRoom(book(), post({ part: 1 }))).toBe('closed')
	})

	test('[PAGE11] the next page opens at 512 posts', () => {
		const at = (posts: number) => placePage(book({ here: { ...emptyTally, posts } }), post())
		expect(at(510)).toMatchObject({ openedPage: null, book: { current: 4, here: { posts: 511 } } })
		expect(at(511)).toMatchObject({ openedPage: 5, book: { current: 5, currentSince: 200_000, here: { posts: 512 } } })
	})

	test('[PAGE11] or at 256 KiB of posts; other items do not count for it', () => {
		const at = (postBytes: number) => placePage(book({ here: { posts: 3, postBytes, bytes: 900 * KiB } }), post())
		expect(at(256 * KiB - 301).openedPage).toBe(null)
		expect(at(256 * KiB - 300).openedPage).toBe(5)
		const full = book({ here: { posts: 511, postBytes: 256 * KiB - 1, bytes: 0 } })
		expect(placePage(full, annotate()).openedPage).toBe(null)
	})

	test('[PAGE11] the old page takes posts for 60 s more, up to 768 and 384 KiB', () => {
		const late = (now: number, here = { ...emptyTally, posts: 600 }) => pageRoom(book({ here }), post({ page: 3, now }))
		expect(late(159_999)).toBe('open')
		expect(late(160_000)).toBe('closed')
		expect(late(110_000, { ...emptyTally, posts: 767 })).toBe('open')
		expect(late(110_000, { ...emptyTally, posts: 768 })).toBe('closed')
		expect(late(110_000, { ...emptyTally, postBytes: 384 * KiB - 300 })).toBe('open')
		expect(late(110_000, { ...emptyTally, postBytes: 384 * KiB - 299 })).toBe('closed')
		expect(pageRoom(book(), post({ page: 2, now: 110_000 }))).toBe('closed')
	})

	test('[PAGE11] a late post in the old page opens nothing', () => {
		const here = { posts: 520, postBytes: 300 * KiB, bytes: 300 * KiB }
		expect(placePage(book({ here }), post({ page: 3 }))).toMatchObject({ openedPage: null, book: { current: 4 } })
	})

	test('[PAGE12] a duplicate’s skeleton takes room but is no post', () => {
		const here = { posts: 511, postBytes: 0, bytes: 0 }
		expect(placePage(book({ here }), post(), true)).toMatchObject({
			openedPage: null,
			book: { here: { posts: 511, postBytes: 0, bytes: 300 } },
		})
	})

	test('[PAGE16] the page after the current one is not open yet, any other number never', () => {
		expect(pageRoom(book(), post({ page: 5 }))).toBe('not-open')
		expect(pageRoom(book(), annotate({ page: 5 }))).toBe('not-open')
		expect(pageRoom(book(), post({ page: 6 }))).toBe('closed')
		expect(pageRoom(book(), annotate({ page: 4_294_967_295 }))).toBe('closed')
	})
})

describe('edits, reactions, redactions', () => {
	const full = { posts: 0, postBytes: 0, bytes: 768 * KiB }

	test('[PAGE13] go to their target’s page, old or new, until it holds 768 KiB', () => {
		for (const page of [0, 3, 4]) expect(pageRoom(book(), annotate({ page }))).toBe('open')
		expect(pageRoom(book({ here: { ...full, bytes: full.bytes - 1 } }), annotate({ page: 0 }))).toBe('open')
		expect(pageRoom(book({ here: full, newestPartBytes: full.bytes }), annotate({ page: 0 }))).toBe('closed')
	})

	test('[PAGE14] then to the next part, which they open', () => {
		const state = book({ here: emptyTally, newestPartBytes: full.bytes })
		expect(pageRoom(state, annotate({ page: 0, part: 1 }))).toBe('open')
		expect(placePage(state, annotate({ page: 0, part: 1 }))).toEqual({
			book: { ...state, here: { ...emptyTally, bytes: 300 }, newestPart: 1, newestPartBytes: 300 },
			openedPage: null,
			openedPart: 1,
		})
		expect(pageRoom(state, annotate({ page: 0, part: 2 }))).toBe('closed')
	})

	test('[PAGE14] a part before its time waits, unless the device has used up its incarnations', () => {
		expect(pageRoom(book(), annotate({ page: 0, part: 1 }))).toBe('not-open')
		expect(pageRoom(book(), annotate({ page: 0, part: 1 }), true)).toBe('open')
		expect(pageRoom(book(), annotate({ page: 0, part: 2 }), true)).toBe('closed')
	})

	test('[PAGE14] an older part with room is still open', () => {
		const state = book({ newestPart: 2, newestPartBytes: 5, here: emptyTally })
		expect(pageRoom(state, annotate({ page: 0, part: 1 }))).toBe('open')
		expect(placePage(state, annotate({ page: 0, part: 1 })).book).toMatchObject({ newestPart: 2, newestPartBytes: 5 })
	})

	test('[PAGE15] beyond part 16 only redactions are admitted', () => {
		const last = book({ newestPart: 16, newestPartBytes: full.bytes, here: full })
		expect(pageRoom(last, annotate({ part: 16 }))).toBe('closed')
		expect(pageRoom(last, annotate({ part: 16, kind: 'redact' }))).toBe('open')
		expect(pageRoom(last, annotate({ part: 17, kind: 'redact' }))).toBe('closed')
		expect(partFor(last)).toBe(16)
	})

	test('[PAGE14] an author takes the newest part with room, or the next', () => {
		expect(partFor({ newestPart: 0, newestPartBytes: 0 })).toBe(0)
		expect(partFor({ newestPart: 2, newestPartBytes: full.bytes - 1 })).toBe(2)
		expect(partFor({ newestPart: 2, newestPartBytes: full.bytes })).toBe(3)
	})

	test('[PAGE13] an item placed is counted where it stands', () => {
		const { book: after } = placePage(book({ here: full, newestPartBytes: 7 }), annotate())
		expect(after).toMatchObject({ here: { bytes: full.bytes + 300 }, newestPart: 0, newestPartBytes: full.bytes + 300 })
	})
})
