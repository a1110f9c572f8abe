/**
 * The index as it grows. A page is indexed as a whole, into a new segment, so that an edit, a redaction and a late key are all the
 * same: the page once more. What it said before is not only hidden but gone: the segment in which it stood is written anew without it,
 * in the same transaction. Segments of like size are merged, like those of a log-structured tree, so that there are few however the
 * messages came; not those of pages that are being written in, which would soon be taken apart again.
 *
 *   read and fold pages → terms → build segment → seal → one transaction (new rows, old segments away, marks away) → memory
 *
 * Does not know what a page or a key is: `readPage` gives messages.
 */
import { createQueue } from '../queue.ts'
import type { Records } from '../records.ts'
import type { Storage } from '#store/storage.ts'
import { pageNameKey, type EventJournal } from './event-journal.ts'
import { createSegmentRows, DamagedIndex, type SegmentRows } from './segment-rows.ts'
import {
	buildSegment,
	mergeSegments,
	type IndexedPage,
	type PageName,
	type Segment,
	type SegmentHead,
} from './segment.ts'

interface MessageIndex {
	/** Pages that are indexed, and those that wait, of all. */
	readonly progress: () => { readonly done: number; readonly total: number }
	/** It may say something of this page. */
	readonly holds: (page: PageName) => boolean
	/** One step: some pages, or a merge. False when nothing is to do. */
	readonly step: () => Promise<boolean>
	/** Looks at what waits, where that is no more than a few pages. */
	readonly catchUp: () => Promise<void>
	/** Waits for nothing that is being written: over what was there when it began, and once more where that went meanwhile. */
	readonly read: <T>(work: (index: ReadableIndex) => Promise<T>) => Promise<T>
}

export interface ReadableIndex {
	readonly segments: readonly LiveSegment[]
	readonly rows: Pick<SegmentRows, 'read'>
	/** All that is indexed, with the epochs that lock some of it. */
	readonly pages: readonly (PageName & { readonly lockedBy: readonly number[] })[]
}

export interface LiveSegment {
	readonly number: number
	readonly head: SegmentHead
	/** By place in the head: nothing of the page waits. */
	readonly live: readonly boolean[]
}

interface MessageIndexParts {
	readonly records: Records
	readonly storage: Storage
	readonly journal: EventJournal
	/** Null while it cannot be said: it waits on. */
	readonly readPage: (page: PageName) => Promise<IndexedPage | null>
	/** Smaller in tests only. */
	readonly sizes?: IndexSizes
}

export interface IndexSizes {
	/** Pages that one step reads. */
	readonly pagesOfStep: number
	/** Segments of one size that become one. */
	readonly fanOut: number
	/** Messages from which a segment is merged no more. */
	readonly mergedMax: number
}

const usualSizes: IndexSizes = { pagesOfStep: 4, fanOut: 4, mergedMax: 2048 }
/** So many are looked at while somebody waits for an answer. */
const fewPages = 2
/** Up to here all segments are of the smallest size. */
const smallest = 128

export function createMessageIndex(parts: MessageIndexParts): MessageIndex {
	const { records, storage, journal, readPage } = parts
	const sizes = parts.sizes ?? usualSizes
	const rows = createSegmentRows({ records, storage })
	const queue = createQueue()
	let heads: Map<number, SegmentHead> | null = null
	/** Names of all pages that are in it. */
	let indexed = new Set<string>()
	let next = 1
	/** Counts changes of which segments there are. */
	let version = 0
	/** Could not be said when they were asked last: not before something changes. */
	const stuck = new Map<string, number>()

	/** Read once, whoever asks first. */
	let loading: Promise<void> | null = null

	async function known(): Promise<Map<number, SegmentHead>> {
		if (heads === null) await (loading ??= loadHeads())
		return heads as unknown as Map<number, SegmentHead>
	}

	async function loadHeads(): Promise<void> {
		const loaded = await rows.heads()
		if (loaded === null) await rows.clear()
		heads = new Map(loaded ?? [])
		next = Math.max(0, ...heads.keys()) + 1
		count()
	}

	function count(): void {
		version++
		indexed = new Set([...(heads?.values() ?? [])].flatMap(({ pages }) => pages.map(pageNameKey)))
	}

	function due(): PageName[] {
		const hurried = journal.hurried()
		const isHurried = (page: PageName) => hurried.has(pageNameKey(page))
		return [...journal.waiting()]
			.filter(([key, page]) => stuck.get(key) !== journal.stamp(page))
			.map(([, page]) => page)
			.sort((a, b) => Number(isHurried(b)) - Number(isHurried(a)) || b.page - a.page)
	}

	async function step(): Promise<boolean> {
		await known()
		const pages = due().slice(0, sizes.pagesOfStep)
		if (pages.length > 0) return indexPages(pages)
		return merge()
	}

	async function indexPages(names: readonly PageName[]): Promise<boolean> {
		const stamped = names.map((page) => ({ ...page, stamp: journal.stamp(page) }))
		const read: { page: IndexedPage; stamp: number }[] = []
		for (const { stamp, ...name } of stamped) {
			const page = await readPage(name)
			if (page === null) stuck.set(pageNameKey(name), stamp)
			else read.push({ page, stamp })
		}
		if (read.length > 0) await replace(read)
		return true
	}

	/** These pages as they are now; the segments in which they stood are written anew without them. */
	async function replace(read: readonly { page: IndexedPage; stamp: number }[]): Promise<void> {
		const fresh = new Set(read.map(({ page }) => pageNameKey(page)))
		const written = [buildSegment(read.map(({ page }) => page))]
		const gone: number[] = []
		for (const [number, head] of await known()) {
			const left = head.pages.filter((page) => !fresh.has(pageNameKey(page)))
			if (left.length === head.pages.length) continue
			gone.push(number)
			if (left.length > 0)
				written.push(mergeSegments([await rows.load(number, head)], (page) => left.includes(page as never)))
		}
		await write({ written, gone, settled: read.map(({ page, stamp }) => ({ ...page, stamp })) })
	}

	async function write(change: {
		written: readonly Segment[]
		gone: readonly number[]
		settled: readonly (PageName & { stamp: number })[]
	}): Promise<void> {
		const made = change.written.map((segment) => ({ number: next++, segment }))
		const sealed = await Promise.all(made.map(({ number, segment }) => rows.seal(number, segment)))
		const settled = await storage.transaction('write-relaxed', ['searchIndex', 'searchTodo'], async (tx) => {
			for (const number of change.gone) await rows.remove(tx, number)
			for (const { key, bytes } of sealed.flat()) await tx.put('searchIndex', key, bytes)
			return journal.settle(tx, change.settled)
		})
		settled()
		const all = await known()
		for (const number of change.gone) all.delete(number)
		for (const { number, segment } of made) all.set(number, segment.head)
		count()
	}

	/** Classes by a factor of fanOut; those beyond mergedMax are let be. */
	function sizeClass({ count }: SegmentHead): number {
		return Math.max(0, Math.floor(Math.log(Math.max(1, count / smallest)) / Math.log(sizes.fanOut)))
	}

	async function merge(): Promise<boolean> {
		const ripe = ([, head]: readonly [number, SegmentHead]) =>
			head.count < sizes.mergedMax && !head.pages.some(journal.isRecent)
		const alike = [...Map.groupBy([...(await known())].filter(ripe), ([, head]) => sizeClass(head)).values()].find(
			(group) => group.length >= sizes.fanOut,
		)
		if (alike === undefined) return false
		const loaded = await Promise.all(alike.map(([number, head]) => rows.load(number, head)))
		const gone = alike.map(([number]) => number)
		await write({ written: [mergeSegments(loaded, () => true)], gone, settled: [] })
		return true
	}

	async function damaged(): Promise<void> {
		const pages = [...(heads?.values() ?? [])].flatMap((head) => head.pages)
		await rows.clear()
		heads = new Map()
		count()
		await journal.mark(pages)
	}

	/** One after the other; what cannot be read is made again. */
	const run = <T>(work: () => Promise<T>): Promise<T> =>
		queue.run('index', async () => {
			try {
				return await work()
			} catch (error) {
				if (!(error instanceof DamagedIndex)) throw error
				await damaged()
				return work()
			}
		})

	return {
		progress: () => {
			const waiting = due()
			const isWaiting = new Set(waiting.map(pageNameKey))
			const done = [...indexed].filter((key) => !isWaiting.has(key)).length
			return { done, total: done + waiting.length }
		},
		// Before the heads are read, nobody knows.
		holds: (page) => heads === null || indexed.has(pageNameKey(page)),
		step: () => run(step),
		catchUp: async () => {
			await known()
			const waiting = due().length
			if (waiting > 0 && waiting <= fewPages) await run(step)
		},
		read: async (work) => {
			for (;;) {
				const all = [...(await known())]
				const began = version
				const waiting = journal.waiting()
				const segments = all.map(([number, head]) => ({
					...{ number, head },
					live: head.pages.map((page) => !waiting.has(pageNameKey(page))),
				}))
				try {
					return await work({ segments, rows, pages: all.flatMap(([, { pages }]) => pages) })
				} catch (error) {
					if (!(error instanceof DamagedIndex)) throw error
					// What is not there may have been merged a moment ago.
					if (began === version) await queue.run('index', damaged)
				}
			}
		},
	}
}
