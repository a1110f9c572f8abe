/**
 * A segment: an unchangeable part of the index, of some pages of messages. Messages are numbered in it by time, from 0.
 *
 *   head      which pages, which authors, and the first term of each block
 *   filters   of each message: time, page, author, what it has; the times at which messages go
 *   places    of each message, in chunks: where its post stands, and the edit whose text it shows
 *   blocks    term → numbers, terms ascending, each spelled after the one before it
 *
 * What a query needs is the head, the filters, and of each of its terms the one block (rarely two) where it stands. No text is in it
 * but the terms. Pure; rows.ts keeps segments sealed.
 */
import { concatBytes, utf8ToBytes, bytesToUtf8, type Bytes } from '#protocol/bytes.ts'
import { bytes, list, struct, text, time8, u32, versioned, type Decoded } from '#protocol/codec.ts'
import { VarReader, VarWriter } from '#protocol/varuint.ts'
import { termMax } from './terms.ts'

/** Where a row stands in its page. */
export interface RowPlace {
	readonly part: number
	readonly clientId: number
	readonly clock: number
}

export const hasKinds = ['link', 'image', 'file', 'voice'] as const
export type HasKind = (typeof hasKinds)[number]

/** A message as it is found: nothing of its text but its terms. */
export interface IndexedMessage {
	readonly post: RowPlace
	/** The newest version, where it is not the post. */
	readonly edit: RowPlace | null
	/** Of its hlc, ms. */
	readonly at: number
	/** idHash as base64url. */
	readonly author: string
	readonly has: readonly HasKind[]
	readonly expiresAt: number | null
	/** Each once. */
	readonly terms: readonly string[]
}

export interface PageName {
	readonly conversation: string
	readonly page: number
}

export interface IndexedPage extends PageName {
	readonly messages: readonly IndexedMessage[]
	/** Epochs without a key: its rows are looked at again when one comes. */
	readonly lockedBy: readonly number[]
}

const segmentPage = struct({ conversation: text(64), page: u32, lockedBy: list(u32, 0xffff) })

export const segmentHead = versioned(
	1,
	struct({
		count: u32,
		/** When the newest message was sent, ms; 0 where there is none. */
		newest: time8,
		pages: list(segmentPage, 0xffff),
		authors: list(text(64), 0xffff),
		/** First term of each block. */
		blocks: list(text(termMax * 4), 0xffffff),
	}),
)
export type SegmentHead = Decoded<typeof segmentHead>

/** Columns, packed: at6 page2 author2 has1 of each message; expiries are number4 time6 of those that have one. */
export const segmentFilters = versioned(1, struct({ messages: bytes(1 << 28), expiries: bytes(1 << 28) }))
export const segmentPlaces = versioned(1, struct({ places: bytes(1 << 24) }))
export const segmentBlock = versioned(1, struct({ postings: bytes(1 << 28) }))

export interface Filters {
	readonly at: Float64Array
	readonly page: Uint16Array
	readonly author: Uint16Array
	readonly has: Uint8Array
	/** By number. */
	readonly expiries: ReadonlyMap<number, number>
}

export interface Segment {
	readonly head: SegmentHead
	readonly filters: Decoded<typeof segmentFilters>
	readonly places: readonly Decoded<typeof segmentPlaces>[]
	readonly blocks: readonly Decoded<typeof segmentBlock>[]
}

/** Bytes of postings at which a block ends. */
const blockBytes = 8 * 1024
/** Messages whose places lie in one row. */
export const placesChunk = 256

const filterWidth = 11
const placeWidth = 24
const expiryWidth = 10

type Numbered = IndexedMessage & { readonly page: number }

export function buildSegment(pages: readonly IndexedPage[]): Segment {
	const all = pages.flatMap(({ messages }, page) => messages.map((message): Numbered => ({ ...message, page })))
	all.sort((a, b) => a.at - b.at)
	const authors = [...new Set(all.map(({ author }) => author))]
	const byTerm = new Map<string, number[]>()
	all.forEach(({ terms }, i) => {
		for (const term of terms) post(byTerm, term, i)
	})
	return assemble({
		pages: pages.map(({ conversation, page, lockedBy }) => ({ conversation, page, lockedBy })),
		...{ authors, byTerm },
		filters: filtersOf(all, authors),
		expiries: packExpiries(all.flatMap(({ expiresAt }, i) => (expiresAt === null ? [] : [[i, expiresAt]]))),
		places: concatBytes(...all.map(placesOf)),
	})
}

function post(byTerm: Map<string, number[]>, term: string, number: number): void {
	const numbers = byTerm.get(term)
	if (numbers === undefined) byTerm.set(term, [number])
	else numbers.push(number)
}

interface Columns {
	readonly pages: SegmentHead['pages']
	readonly authors: readonly string[]
	readonly byTerm: ReadonlyMap<string, readonly number[]>
	readonly filters: Bytes
	readonly expiries: Bytes
	readonly places: Bytes
}

function assemble({ pages, authors, byTerm, filters, expiries, places }: Columns): Segment {
	const count = filters.length / filterWidth
	const blocks = blocksOf(byTerm)
	const chunks = Array.from({ length: Math.ceil(count / placesChunk) }, (_, i) => ({
		places: places.slice(i * placesChunk * placeWidth, (i + 1) * placesChunk * placeWidth),
	}))
	const newest = count === 0 ? 0 : timeAt(viewOf(filters), (count - 1) * filterWidth)
	return {
		head: { count, newest, pages, authors, blocks: blocks.map(({ first }) => first) },
		filters: { messages: filters, expiries },
		places: chunks,
		blocks: blocks.map(({ postings }) => ({ postings })),
	}
}

/** What `keep` names of several segments, as one. */
export function mergeSegments(parts: readonly Segment[], keep: (page: PageName) => boolean): Segment {
	const pages = parts.flatMap(({ head }) => head.pages.filter(keep))
	const pageNumber = new Map(pages.map((page, i) => [page, i]))
	const authors = [...new Set(parts.flatMap(({ head }) => head.authors))]
	const authorNumber = new Map(authors.map((author, i) => [author, i]))
	const columns = parts.map(({ filters }) => readFilters(filters))
	const all = columns.flatMap(({ at, page }, part) =>
		Array.from(at, (time, i) => ({ part, i, time })).filter(({ i }) =>
			pageNumber.has(parts[part]?.head.pages[page[i] as number] as SegmentHead['pages'][number]),
		),
	)
	all.sort((a, b) => a.time - b.time)
	const numbers = parts.map(({ head }) => new Int32Array(head.count).fill(-1))
	const filters = new Uint8Array(all.length * filterWidth)
	const places = new Uint8Array(all.length * placeWidth)
	const expiries: [number, number][] = []
	const view = viewOf(filters)
	all.forEach(({ part, i }, number) => {
		const { head, filters: old, places: chunks } = parts[part] as Segment
		const { page, author, expiries: ends } = columns[part] as Filters
		;(numbers[part] as Int32Array)[i] = number
		filters.set(old.messages.subarray(i * filterWidth, (i + 1) * filterWidth), number * filterWidth)
		view.setUint16(number * filterWidth + 6, pageNumber.get(head.pages[page[i] as number] as never) as number)
		view.setUint16(number * filterWidth + 8, authorNumber.get(head.authors[author[i] as number] as string) as number)
		places.set(placeBytes(chunks, i), number * placeWidth)
		const end = ends.get(i)
		if (end !== undefined) expiries.push([number, end])
	})
	const byTerm = mergeTerms(parts, numbers)
	return assemble({ pages, authors, byTerm, filters, expiries: packExpiries(expiries), places })
}

function placeBytes(chunks: Segment['places'], i: number): Bytes {
	const { places } = chunks[Math.floor(i / placesChunk)] as Segment['places'][number]
	const at = (i % placesChunk) * placeWidth
	return places.subarray(at, at + placeWidth)
}

function mergeTerms(parts: readonly Segment[], numbers: readonly Int32Array[]): ReadonlyMap<string, number[]> {
	const byTerm = new Map<string, number[]>()
	parts.forEach(({ blocks }, part) => {
		const renumber = numbers[part] as Int32Array
		for (const block of blocks)
			readBlock(block, '', (term, each) =>
				each((i) => {
					const number = renumber[i] as number
					if (number >= 0) post(byTerm, term, number)
				}),
			)
	})
	if (parts.length > 1) for (const list of byTerm.values()) list.sort((a, b) => a - b)
	return byTerm
}

function setTime(view: DataView, at: number, ms: number): void {
	view.setUint16(at, Math.floor(ms / 2 ** 32))
	view.setUint32(at + 2, ms % 2 ** 32)
}

const timeAt = (view: DataView, at: number) => view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2)

function filtersOf(all: readonly Numbered[], authors: readonly string[]): Bytes {
	const out = new Uint8Array(all.length * filterWidth)
	const view = new DataView(out.buffer)
	const numberOf = new Map(authors.map((author, i) => [author, i]))
	all.forEach(({ at, page, author, has }, i) => {
		setTime(view, i * filterWidth, at)
		view.setUint16(i * filterWidth + 6, page)
		view.setUint16(i * filterWidth + 8, numberOf.get(author) as number)
		view.setUint8(i * filterWidth + 10, hasBits(has))
	})
	return out
}

export function hasBits(has: readonly HasKind[]): number {
	return has.reduce((bits, kind) => bits | (1 << hasKinds.indexOf(kind)), 0)
}

function packExpiries(expiring: readonly (readonly number[])[]): Bytes {
	const out = new Uint8Array(expiring.length * expiryWidth)
	const view = new DataView(out.buffer)
	expiring.forEach(([i, expiresAt], at) => {
		view.setUint32(at * expiryWidth, i as number)
		setTime(view, at * expiryWidth + 4, expiresAt as number)
	})
	return out
}

function viewOf({ buffer, byteOffset, byteLength }: Bytes): DataView {
	return new DataView(buffer, byteOffset, byteLength)
}

export function readFilters({ messages, expiries }: Segment['filters']): Filters {
	const count = messages.length / filterWidth
	const filters = {
		at: new Float64Array(count),
		page: new Uint16Array(count),
		author: new Uint16Array(count),
		has: new Uint8Array(count),
	}
	const view = viewOf(messages)
	for (let i = 0; i < count; i++) {
		filters.at[i] = timeAt(view, i * filterWidth)
		filters.page[i] = view.getUint16(i * filterWidth + 6)
		filters.author[i] = view.getUint16(i * filterWidth + 8)
		filters.has[i] = view.getUint8(i * filterWidth + 10)
	}
	const ends = viewOf(expiries)
	const times = Array.from(
		{ length: expiries.length / expiryWidth },
		(_, i) => [ends.getUint32(i * expiryWidth), timeAt(ends, i * expiryWidth + 4)] as const,
	)
	return { ...filters, expiries: new Map(times) }
}

/** part1 clientId7 clock4 of the post, then of the edit; part 255 for none. */
function placesOf({ post, edit }: IndexedMessage): Bytes {
	const out = new Uint8Array(placeWidth)
	const view = new DataView(out.buffer)
	;[post, edit ?? { part: 255, clientId: 0, clock: 0 }].forEach(({ part, clientId, clock }, i) => {
		const at = (i * placeWidth) / 2
		view.setUint8(at, part)
		view.setUint8(at + 1, Math.floor(clientId / 2 ** 48))
		setTime(view, at + 2, clientId % 2 ** 48)
		view.setUint32(at + 8, clock)
	})
	return out
}

/** Of the message with this number in its chunk. */
export function readPlaces(
	{ places }: Segment['places'][number],
	index: number,
): Pick<IndexedMessage, 'post' | 'edit'> {
	const view = viewOf(places)
	const placeAt = (at: number): RowPlace => ({
		part: view.getUint8(at),
		clientId: view.getUint8(at + 1) * 2 ** 48 + timeAt(view, at + 2),
		clock: view.getUint32(at + 8),
	})
	const edit = placeAt(index * placeWidth + placeWidth / 2)
	return { post: placeAt(index * placeWidth), edit: edit.part === 255 ? null : edit }
}

function blocksOf(
	byTerm: ReadonlyMap<string, readonly number[]>,
): { readonly first: string; readonly postings: Bytes }[] {
	const blocks: { first: string; postings: Bytes }[] = []
	let open: { first: string; last: string; writer: VarWriter; length: number } | null = null
	for (const term of [...byTerm.keys()].sort()) {
		open ??= { first: term, last: '', writer: new VarWriter(2 * blockBytes), length: 0 }
		open.length += writePosting(open.writer, open.last, { term, numbers: byTerm.get(term) as readonly number[] })
		open.last = term
		if (open.length < blockBytes) continue
		blocks.push({ first: open.first, postings: open.writer.finish() })
		open = null
	}
	if (open !== null) blocks.push({ first: open.first, postings: open.writer.finish() })
	return blocks
}

/** Units that a term has in common with the one before it ‖ its rest ‖ its numbers, each as what it is more than the last. */
function writePosting(
	writer: VarWriter,
	before: string,
	{ term, numbers }: { term: string; numbers: readonly number[] },
): number {
	let shared = 0
	while (shared < before.length && before[shared] === term[shared]) shared++
	// Not between the halves of a character: they are no UTF-8.
	if (/[\ud800-\udbff]/.test(term[shared - 1] ?? '')) shared--
	const rest = utf8ToBytes(term.slice(shared))
	const gaps = new VarWriter(numbers.length * 2)
	numbers.forEach((number, i) => gaps.uint(i === 0 ? number : number - (numbers[i - 1] as number)))
	const packed = gaps.finish()
	writer.uint(shared)
	writer.bytes(rest)
	writer.bytes(packed)
	return rest.length + packed.length + 4
}

/** Every term of a block that begins with `prefix`, with a way to its numbers: who does not ask for them pays nothing. */
export function readBlock(
	{ postings }: Segment['blocks'][number],
	prefix: string,
	visit: (term: string, numbers: (each: (number: number) => void) => void) => void,
): void {
	const reader = new VarReader(postings)
	let term = ''
	while (reader.left > 0) {
		term = term.slice(0, reader.uint()) + shortText(reader.lengthPrefixed())
		const packed = reader.lengthPrefixed()
		if (!term.startsWith(prefix)) {
			if (term > prefix) return
			continue
		}
		visit(term, (each) => {
			const gaps = new VarReader(packed)
			for (let number = 0; gaps.left > 0;) each((number += gaps.uint()))
		})
	}
}

/** As bytesToUtf8, which costs more than most terms are long. */
function shortText(raw: Uint8Array): string {
	let text = ''
	for (const byte of raw) {
		if (byte > 127) return bytesToUtf8(raw)
		text += String.fromCharCode(byte)
	}
	return text
}

/** The blocks in which terms with this prefix may stand. */
export function blocksFor({ blocks }: SegmentHead, prefix: string): readonly number[] {
	// The last block that begins at or before the prefix, and those that begin with it.
	const first = blocks.findLastIndex((term) => term <= prefix)
	return blocks.flatMap((term, i) => (i === first || term.startsWith(prefix) ? [i] : []))
}
