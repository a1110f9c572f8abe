/**
 * Which pages the index has to look at again: every transaction that writes rows of `events`, whoever makes it, names their pages in
 * `searchTodo` too. So a crash between the two loses nothing, and nobody who writes rows needs to know that there is an index.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { keyToPage, pageRange } from '#store/keys.ts'
import type { IndexKeys, RangeOptions, Storage, Transaction } from '#store/storage.ts'
import type { StoreName } from '#store/schema.ts'
import type { PageName } from './segment.ts'

export interface EventJournal {
	/** The storage through which rows are written. */
	readonly storage: Storage
	/** Pages in which something changed, after its commit. */
	readonly onChange: (listener: () => void) => () => void
	/** What an earlier run left undone. */
	readonly restore: () => Promise<void>
	/** Looked at again, though no row changed. */
	readonly mark: (pages: readonly PageName[]) => Promise<void>
	readonly waiting: () => ReadonlyMap<string, PageName>
	/** What it said is to leave the index before anything else is done: from its next change on, until that is settled. */
	readonly hurry: (page: PageName) => void
	/** Of those that wait, pages that hurry. */
	readonly hurried: () => ReadonlySet<string>
	/** What a page was when its rows are about to be read: `settle` then knows whether it still is. */
	readonly stamp: (page: PageName) => number
	/** Rows were written there not long ago, as transactions count. */
	readonly isRecent: (page: PageName) => boolean
	/** In the transaction that writes the index of these pages; those that changed since their stamp stay. */
	readonly settle: (tx: Transaction, pages: readonly (PageName & { readonly stamp: number })[]) => Promise<() => void>
}

const recentChanges = 100

const nothing: Bytes = new Uint8Array(0)

export const pageNameKey = ({ conversation, page }: PageName): string => {
	const { from } = pageRange(conversation, page)
	return (from as string).slice(0, -1)
}

/** Of a key of `events` or of `searchTodo`. */
function keyToPageName(key: string): PageName {
	const { conversation, page } = keyToPage(`${key}/0`)
	return { conversation, page }
}

export function createEventJournal(inner: Storage): EventJournal {
	const waiting = new Map<string, PageName>()
	/** Counts changes for ever, so that no two states of a page share a stamp. */
	const stamps = new Map<string, number>()
	const listeners = new Set<() => void>()
	/** With the stamp that each had when it was told of. */
	const hurrying = new Map<string, number>()
	const written = new Map<string, number>()
	let changes = 0

	function touch(page: PageName): string {
		const key = pageNameKey(page)
		stamps.set(key, ++changes)
		waiting.set(key, page)
		return key
	}

	function tell(): void {
		for (const listener of listeners) listener()
	}

	/** The same transaction, and the pages of the rows that it wrote. */
	function watched(tx: Transaction): { tx: Transaction; pages: Set<string> } {
		const pages = new Set<string>()
		const note = (store: StoreName, key: string) => {
			if (store !== 'events') return
			const page = touch(keyToPageName(key))
			written.set(page, changes)
			pages.add(page)
		}
		const put = (store: StoreName, key: string, bytes: Bytes, ...indexes: [IndexKeys<'events'>]) => {
			note(store, key)
			return (tx.put as (...all: unknown[]) => Promise<void>)(store, key, bytes, ...indexes)
		}
		const noteRange = async (store: StoreName, range: RangeOptions) => {
			for (const key of store === 'events' ? await tx.keys(store, range) : []) note(store, key)
		}
		const wrapped: Transaction = {
			get: (store, key) => tx.get(store, key),
			range: (store, options) => tx.range(store, options),
			keys: (store, options) => tx.keys(store, options),
			count: (store, options) => tx.count(store, options),
			put: put as Transaction['put'],
			delete: (store, key) => {
				note(store, key)
				return tx.delete(store, key)
			},
			deleteRange: async (store, range) => {
				await noteRange(store, range)
				await tx.deleteRange(store, range)
			},
			clear: async (store) => {
				await noteRange(store, {})
				await tx.clear(store)
			},
		}
		return { tx: wrapped, pages }
	}

	const storage: Storage = {
		generation: inner.generation,
		transaction: async (mode, stores, run) => {
			if (mode === 'read' || !stores.includes('events')) return inner.transaction(mode, stores, run)
			const value = await inner.transaction(mode, [...new Set([...stores, 'searchTodo' as const])], async (outer) => {
				const { tx, pages } = watched(outer)
				const value = await run(tx)
				for (const key of pages) await outer.put('searchTodo', key, nothing)
				return value
			})
			tell()
			return value
		},
		close: () => inner.close(),
		destroy: () => inner.destroy(),
	}

	return {
		storage,
		onChange: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
		restore: async () => {
			const keys = await inner.transaction('read', ['searchTodo'], (tx) => tx.keys('searchTodo'))
			for (const key of keys) touch(keyToPageName(key))
		},
		mark: async (pages) => {
			if (pages.length === 0) return
			await inner.transaction('write', ['searchTodo'], async (tx) => {
				for (const page of pages) await tx.put('searchTodo', touch(page), nothing)
			})
			tell()
		},
		waiting: () => waiting,
		hurry: (page) => void hurrying.set(pageNameKey(page), stamps.get(pageNameKey(page)) ?? 0),
		hurried: () => new Set([...hurrying.keys()].filter((key) => waiting.has(key))),
		isRecent: (page) => {
			const at = written.get(pageNameKey(page))
			return at !== undefined && changes - at < recentChanges
		},
		stamp: (page) => stamps.get(pageNameKey(page)) ?? 0,
		settle: async (tx, pages) => {
			const done = pages.filter((page) => stamps.get(pageNameKey(page)) === page.stamp).map(pageNameKey)
			for (const key of done) await tx.delete('searchTodo', key)
			return () => {
				for (const key of done) {
					waiting.delete(key)
					// Told of just before its rows are written: then it is these that are waited for.
					if ((stamps.get(key) ?? 0) > (hurrying.get(key) ?? Infinity)) hurrying.delete(key)
				}
			}
		},
	}
}
