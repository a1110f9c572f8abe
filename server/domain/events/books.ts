/**
 * What is known of conversations, pages and streams without asking the database: counters, tallies, next clocks. A book
 * shows what is committed, nothing of a turn under way. Only the runner changes one, after its commit; a book that some
 * other node has overtaken is dropped and read again.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { ConversationCounters, Events, PageRow, StreamRow } from '../event-ports.ts'

export interface PageEntry {
	row: PageRow
	/** By clientID. */
	readonly streams: Map<number, StreamRow>
}

/** A page and its parts, by part. */
export type Parts = Map<number, PageEntry>

export interface Book {
	readonly conversation: Bytes
	/** Null before the first event. */
	counters: ConversationCounters | null
	readonly pages: Map<number, { readonly loading: Promise<Parts>; parts: Parts | null }>
}

/** Of conversations in which something happens; one is read again by one query, and one for each page. */
const booksMax = 2_000
const pagesPerBookMax = 64

export interface Books {
	get(conversation: Bytes): Promise<Book>
	parts(book: Book, page: number): Promise<Parts>
	/** Without asking the database; null while they are not here. */
	loadedParts(book: Book, page: number): Parts | null
	/** Still the one that everybody is given? */
	isCurrent(book: Book): boolean
	drop(conversation: string): void
	dropAll(): void
	/** `conversation`, base64url, stands at `recv`: what shows less is dropped. */
	dropBefore(conversation: string, recv: number): void
}

export function createBooks(events: Events): Books {
	const books = new Map<string, Promise<Book>>()
	const loaded = new Map<string, Book>()

	const load = (conversation: Bytes, key: string): Promise<Book> => {
		const loading = events.counters(conversation).then((counters) => {
			const book: Book = { conversation, counters, pages: new Map() }
			if (books.get(key) === loading) loaded.set(key, book)
			return book
		})
		loading.catch(() => books.delete(key))
		return loading
	}

	const drop = (key: string): void => {
		books.delete(key)
		loaded.delete(key)
	}

	return {
		get: (conversation) => {
			const key = bytesToBase64url(conversation)
			const known = books.get(key) ?? load(conversation, key)
			// Deleted and set anew, so that the first key is the one that was not asked for the longest.
			books.delete(key)
			books.set(key, known)
			if (books.size > booksMax) drop(books.keys().next().value as string)
			return known
		},
		parts: (book, page) => {
			const known = book.pages.get(page)
			if (known !== undefined) return known.loading
			const loading = loadParts(events, book, page)
			const entry = { loading, parts: null as Parts | null }
			book.pages.set(page, entry)
			if (book.pages.size > pagesPerBookMax) book.pages.delete(book.pages.keys().next().value as number)
			return loading.then(
				(parts) => (entry.parts = parts),
				(error: unknown) => {
					book.pages.delete(page)
					throw error
				},
			)
		},
		loadedParts: (book, page) => book.pages.get(page)?.parts ?? null,
		isCurrent: (book) => loaded.get(bytesToBase64url(book.conversation)) === book,
		drop,
		dropAll: () => {
			books.clear()
			loaded.clear()
		},
		dropBefore: (key, recv) => {
			const book = loaded.get(key)
			if (book === undefined ? books.has(key) : (book.counters?.recv ?? 0) < recv) drop(key)
		},
	}
}

async function loadParts(events: Events, book: Book, page: number): Promise<Parts> {
	const parts: Parts = new Map()
	if (book.counters === null) return parts
	for (const row of await events.parts(book.counters.id, page)) {
		const streams = await events.streams(row.id)
		parts.set(row.part, { row, streams: new Map(streams.map((stream) => [stream.clientId, stream])) })
	}
	return parts
}
