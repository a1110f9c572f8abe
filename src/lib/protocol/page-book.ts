/**
 * How pages fill, close and open (SPEC PAGE10 to PAGE16). The server alone keeps the book; a client places where the
 * server's `heads` says, and offline counts by the same functions. Pure: the tallies are rows of the caller.
 */
import type { Kind } from './envelope.ts'
import {
	PAGE_BYTES,
	PAGE_BYTES_MAX,
	PAGE_CLOSES_AFTER,
	PAGE_POSTS,
	PAGE_POSTS_MAX,
	PART_BYTES_MAX,
	PARTS_PER_PAGE_MAX,
} from './limits.ts'

/** Of one page or part. Nothing is ever subtracted: redacted posts go on counting. */
export interface PageTally {
	readonly posts: number
	/** Encoded items of kind post. */
	readonly postBytes: number
	/** All encoded items. */
	readonly bytes: number
}

export const emptyTally: PageTally = { posts: 0, postBytes: 0, bytes: 0 }

export interface PageBook {
	/** The page that takes posts. */
	readonly current: number
	/** When it opened, ms of the server's clock. */
	readonly currentSince: number
	/** Of the page and part in question. */
	readonly here: PageTally
	/** Newest open part of that page (0: the page itself) and its bytes. */
	readonly newestPart: number
	readonly newestPartBytes: number
}

export interface Arrival {
	readonly kind: Kind
	readonly page: number
	readonly part: number
	/** Bytes of the encoded item. */
	readonly size: number
	/** ms of the server's clock. */
	readonly now: number
}

/** `closed`: place it again, in the current page or the newest part. `not-open`: the same place, later. */
export type PageRoom = 'open' | 'closed' | 'not-open'

/** `streamsUsedUp`: the author's device has no new incarnation left in the newest part, so it may open the next one. */
export function pageRoom(book: PageBook, arrival: Arrival, streamsUsedUp = false): PageRoom {
	if (arrival.page > book.current) return arrival.page === book.current + 1 ? 'not-open' : 'closed'
	return arrival.kind === 'post' ? roomForPost(book, arrival) : roomInPart(book, arrival, streamsUsedUp)
}

function roomForPost({ current, currentSince, here }: PageBook, { page, part, size, now }: Arrival): PageRoom {
	if (part > 0) return 'closed'
	if (page === current) return 'open'
	const lately = page === current - 1 && now < currentSince + PAGE_CLOSES_AFTER
	return lately && here.posts < PAGE_POSTS_MAX && here.postBytes + size <= PAGE_BYTES_MAX ? 'open' : 'closed'
}

function roomInPart(book: PageBook, { kind, part }: Arrival, streamsUsedUp: boolean): PageRoom {
	const { newestPart } = book
	if (part > newestPart) {
		if (part > newestPart + 1 || part > PARTS_PER_PAGE_MAX) return 'closed'
		return book.newestPartBytes >= PART_BYTES_MAX || streamsUsedUp ? 'open' : 'not-open'
	}
	if (book.here.bytes < PART_BYTES_MAX) return 'open'
	return kind === 'redact' && part === PARTS_PER_PAGE_MAX ? 'open' : 'closed'
}

export interface Placement {
	/** The book after the item; `here` and the newest part are of the item's page. */
	readonly book: PageBook
	/** The page that this item opened, for `heads` and followers; null for none. */
	readonly openedPage: number | null
	/** The part that this item opened. */
	readonly openedPart: number | null
}

/** Counts an item that is stored. `duplicate`: only a skeleton is stored, which is no post (PAGE12). */
export function placePage(book: PageBook, arrival: Arrival, duplicate = false): Placement {
	const { kind, page, part, size, now } = arrival
	const isPost = kind === 'post' && !duplicate
	const before = part > book.newestPart ? emptyTally : book.here
	const here: PageTally = {
		posts: before.posts + (isPost ? 1 : 0),
		postBytes: before.postBytes + (isPost ? size : 0),
		bytes: before.bytes + size,
	}
	const newest = part >= book.newestPart
	const full = page === book.current && part === 0 && (here.posts >= PAGE_POSTS || here.postBytes >= PAGE_BYTES)
	return {
		book: {
			current: full ? page + 1 : book.current,
			currentSince: full ? now : book.currentSince,
			here,
			newestPart: newest ? part : book.newestPart,
			newestPartBytes: newest ? here.bytes : book.newestPartBytes,
		},
		openedPage: full ? page + 1 : null,
		openedPart: part > book.newestPart ? part : null,
	}
}

/** Where an author places next: posts in the current page, all else in the newest part of the target's page. */
export function partFor(book: Pick<PageBook, 'newestPart' | 'newestPartBytes'>): number {
	const { newestPart, newestPartBytes } = book
	return newestPartBytes < PART_BYTES_MAX ? newestPart : Math.min(newestPart + 1, PARTS_PER_PAGE_MAX)
}
