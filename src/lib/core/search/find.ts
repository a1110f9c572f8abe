/**
 * Which messages a query means, newest first: from segments alone, no message is opened. Segments are read in the order of their
 * newest message and no further than the answer needs: a word that everybody uses costs no more than one that nobody does.
 */
import type { PlaceId } from '#store/keys.ts'
import type { LiveSegment, ReadableIndex } from './message-index.ts'
import type { PartAt } from './segment-rows.ts'
import { blocksFor, hasBits, placesChunk, readBlock, readFilters, readPlaces, type Filters, type HasKind, type Segment } from './segment.ts' // prettier-ignore

/** A query whose names have become accounts and conversations. */
export interface Wanted {
	readonly prefixes: readonly string[]
	readonly has: readonly HasKind[]
	readonly since: number
	readonly until: number
	readonly conversation: (conversation: string) => boolean
	/** Null for anybody. */
	readonly authors: ReadonlySet<string> | null
	/** ms: what has expired by then is not found. */
	readonly now: number
}

/** The row of a post that was found, and of the edit that it shows. */
export interface FoundRows {
	readonly post: PlaceId
	readonly edit: PlaceId | null
	/** Of its hlc, ms. */
	readonly at: number
}

/** What of a segment was found and not told yet: numbers of its messages, the newest last. */
interface Cursor {
	readonly segment: LiveSegment
	readonly filters: Filters
	readonly numbers: number[]
}

interface Found {
	readonly cursor: Cursor
	readonly number: number
}

/** Segments that are read at once, to begin with; then ever more. */
const firstWave = 2

/** Batches of what is found, of `size` each but the last. */
export async function* find(index: ReadableIndex, wanted: Wanted, size: number): AsyncGenerator<FoundRows[]> {
	const unread = index.segments.filter((segment) => isAsked(segment, wanted))
	unread.sort((a, b) => b.head.newest - a.head.newest)
	const cursors: Cursor[] = []
	let wave = firstWave
	for (let batch: Found[] = []; ;) {
		const newest = newestOf(cursors)
		if (unread.length > 0 && (newest === null || timeOf(newest) <= (unread[0] as LiveSegment).head.newest)) {
			cursors.push(...(await search(index, unread.splice(0, wave), wanted)))
			wave *= 2
			continue
		}
		if (newest !== null) batch.push({ cursor: newest, number: newest.numbers.pop() as number })
		if (batch.length === size || (newest === null && batch.length > 0)) {
			yield await rowsOf(index, batch)
			batch = []
		}
		if (newest === null) return
	}
}

function isAsked({ head, live }: LiveSegment, wanted: Wanted): boolean {
	return (
		head.newest >= wanted.since &&
		head.pages.some((page, i) => live[i] === true && wanted.conversation(page.conversation))
	)
}

const timeOf = ({ filters, numbers }: Cursor) => filters.at[numbers.at(-1) as number] as number

function newestOf(cursors: readonly Cursor[]): Cursor | null {
	let newest: Cursor | null = null
	for (const cursor of cursors)
		if (cursor.numbers.length > 0 && (newest === null || timeOf(cursor) > timeOf(newest))) newest = cursor
	return newest
}

async function search({ rows }: ReadableIndex, segments: readonly LiveSegment[], wanted: Wanted): Promise<Cursor[]> {
	const blocks = segments.map(({ head }) => [...new Set(wanted.prefixes.flatMap((prefix) => blocksFor(head, prefix)))])
	const parts = segments.flatMap(({ number }, i): PartAt<'filters' | 'block'>[] => [
		{ segment: number, part: 'filters', index: 0 },
		...(blocks[i] as number[]).map((index) => ({ segment: number, part: 'block' as const, index })),
	])
	const read = await rows.read(parts)
	let at = 0
	return segments.map((segment, i) => {
		const filters = filtersOf(read[at] as Segment['filters'])
		const postings = read.slice(at + 1, (at += (blocks[i] as number[]).length + 1)) as Segment['blocks']
		return { segment, filters, numbers: numbersIn(segment, wanted, { filters, postings }) }
	})
}

const opened = new WeakMap<Segment['filters'], Filters>()

/** As long as its row stays in memory. */
function filtersOf(part: Segment['filters']): Filters {
	const filters = opened.get(part) ?? readFilters(part)
	opened.set(part, filters)
	return filters
}

function numbersIn(
	{ head, live }: LiveSegment,
	wanted: Wanted,
	{ filters, postings }: { filters: Filters; postings: Segment['blocks'] },
): number[] {
	const pages = head.pages.map(({ conversation }, i) => live[i] === true && wanted.conversation(conversation))
	const authors = head.authors.map((author) => wanted.authors?.has(author) ?? true)
	const has = hasBits(wanted.has)
	const matched = prefixesMatched(head.count, wanted.prefixes, postings)
	const found: number[] = []
	for (let number = 0; number < head.count; number++) {
		if (matched !== null && matched[number] !== wanted.prefixes.length) continue
		const at = filters.at[number] as number
		if (at < wanted.since || at >= wanted.until) continue
		if (((filters.has[number] as number) & has) !== has) continue
		if (pages[filters.page[number] as number] !== true || authors[filters.author[number] as number] !== true) continue
		if ((filters.expiries.get(number) ?? Infinity) <= wanted.now) continue
		found.push(number)
	}
	return found
}

/** How many of the prefixes each message has, counted as far as it has all before. Null where none is asked for. */
function prefixesMatched(count: number, prefixes: readonly string[], postings: Segment['blocks']): Uint8Array | null {
	if (prefixes.length === 0) return null
	const matched = new Uint8Array(count)
	prefixes.forEach((prefix, i) => {
		for (const block of postings)
			readBlock(block, prefix, (_, numbers) =>
				numbers((number) => {
					if (matched[number] === i) matched[number] = i + 1
				}),
			)
	})
	return matched
}

async function rowsOf({ rows }: ReadableIndex, found: readonly Found[]): Promise<FoundRows[]> {
	const chunks = await rows.read(
		found.map(({ cursor: { segment }, number }) => ({
			segment: segment.number,
			part: 'places' as const,
			index: Math.floor(number / placesChunk),
		})),
	)
	return found.map(({ cursor: { segment, filters }, number }, i) => {
		const { post, edit } = readPlaces(chunks[i] as Segment['places'][number], number % placesChunk)
		const { conversation, page } = segment.head.pages[filters.page[number] as number] as { conversation: string; page: number } // prettier-ignore
		const of = { conversation, page }
		const at = filters.at[number] as number
		return { post: { ...of, ...post }, edit: edit === null ? null : { ...of, ...edit }, at }
	})
}
