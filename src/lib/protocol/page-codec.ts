/**
 * Yjs updates (format v1) ⇄ items of a page, without a Y.Doc (SPEC PAGE3 to PAGE8).
 *
 * An item of ours is a struct Item with ContentBinary, under the root `e`, without origin, at the key that follows from
 * its id. Everything else in an update is stepped over and counted: nobody relays bytes, so what is not decoded here
 * reaches nobody. Lengths and counts are bounded before anything is built. The content itself is envelope.ts's, the
 * messages around an update are page-messages.ts's.
 */
import { equalBytes, type Bytes } from './bytes.ts'
import type { DecodeError } from './codec.ts'
import { itemKeyBytes } from './envelope.ts'
import { FRAME_MAX, UPDATE_STRUCTS_MAX } from './limits.ts'
import { fail, type Result } from './result.ts'
import { readWhole, unreadable, VarWriter, type VarReader } from './varuint.ts'
import { contentBinary, skipContent } from './yjs-content.ts'

/** One row of a page as it stands in the Y.Doc: `content` is an encoded item, its key follows from the id. */
export interface PageItem {
	readonly clientId: number
	readonly clock: number
	readonly content: Bytes
}

/** A struct that is no item of ours: what a stock client writes by the Y.Map API. Refused once, by its id. */
export interface Stray {
	readonly clientId: number
	readonly clock: number
	readonly reason: 'content' | 'origin' | 'root' | 'key'
}

export interface PageUpdate {
	/** In the order of the bytes, which is the order of the recvSeqs of a frame. */
	readonly items: readonly PageItem[]
	readonly strays: readonly Stray[]
	/** Delete-set ranges, GC and Skip structs. */
	readonly ignored: number
}

const root = 'e'
const clockMax = 2 ** 32 - 1

const structGc = 0
const structSkip = 10
const infoContent = 0x1f
const infoParentSub = 0x20
const infoRightOrigin = 0x40
const infoOrigin = 0x80
const infoOfItem = contentBinary | infoParentSub

interface Found {
	readonly items: PageItem[]
	readonly strays: Stray[]
	ignored: number
}

/** Never throws, whatever the bytes. */
export function decodeUpdate(update: Uint8Array): Result<PageUpdate, DecodeError> {
	if (update.length > FRAME_MAX) return fail({ type: 'malformed', reason: 'larger than a frame may be' })
	return readWhole(update, readUpdate)
}

function readUpdate(reader: VarReader): PageUpdate {
	const found: Found = { items: [], strays: [], ignored: 0 }
	let structsLeft = UPDATE_STRUCTS_MAX
	for (let clients = reader.uint(); clients > 0; clients--) {
		const structs = reader.uint()
		structsLeft -= structs
		if (structsLeft < 0) unreadable('too many structs')
		readStructs(reader, structs, found)
	}
	found.ignored += skipDeleteSet(reader)
	return found
}

function readStructs(reader: VarReader, count: number, found: Found): void {
	const clientId = reader.uint()
	let clock = reader.uint()
	for (let i = 0; i < count; i++) {
		clock += readStruct(reader, { clientId, clock }, found)
		if (clock > Number.MAX_SAFE_INTEGER) unreadable('a clock beyond 2^53 − 1')
	}
}

/** Reads one struct and returns how many clocks it takes. */
function readStruct(reader: VarReader, id: { clientId: number; clock: number }, found: Found): number {
	const info = reader.byte()
	const ref = info & infoContent
	if (ref === structGc || ref === structSkip) {
		found.ignored++
		return reader.uint()
	}
	const flaw = readParent(reader, info, id)
	if (flaw === null && info === infoOfItem) {
		found.items.push({ ...id, content: reader.bytes() })
		return 1
	}
	found.strays.push({ ...id, reason: flaw ?? 'content' })
	return skipContent(reader, ref)
}

/** Null when there is no origin, the parent is the root `e`, and the key is that of the id. */
function readParent(reader: VarReader, info: number, id: { clientId: number; clock: number }): Stray['reason'] | null {
	const origins = ((info & infoOrigin) === 0 ? 0 : 1) + ((info & infoRightOrigin) === 0 ? 0 : 1)
	for (let i = 0; i < origins; i++) skipId(reader)
	if (origins > 0) return 'origin'
	const atRoot = reader.uint() === 1
	const rootFits = atRoot && isAscii(reader.lengthPrefixed(), root)
	if (!atRoot) skipId(reader)
	const keyFits =
		(info & infoParentSub) !== 0 && equalBytes(reader.lengthPrefixed(), itemKeyBytes(id.clientId, id.clock))
	if (!rootFits) return 'root'
	return keyFits && id.clock <= clockMax ? null : 'key'
}

function skipId(reader: VarReader): void {
	reader.uint()
	reader.uint()
}

function isAscii(bytes: Uint8Array, text: string): boolean {
	if (bytes.length !== text.length) return false
	for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false
	return true
}

function skipDeleteSet(reader: VarReader): number {
	let ranges = 0
	for (let clients = reader.uint(); clients > 0; clients--) {
		reader.uint()
		for (let left = reader.uint(); left > 0; left--) {
			skipId(reader)
			ranges++
		}
	}
	return ranges
}

/** The order in which `encodeUpdate` writes: clientID descending as Yjs wants it, clock ascending. */
export function inUpdateOrder<T extends { readonly clientId: number; readonly clock: number }>(
	items: readonly T[],
): T[] {
	if (items.length < 2) return [...items]
	return items.toSorted((a, b) => b.clientId - a.clientId || a.clock - b.clock)
}

/**
 * The update that brings these items and nothing else. Gaps within a stream become Skip structs, behind which Yjs keeps
 * items pending until the gap is filled. An id given twice is written once.
 */
export function encodeUpdate(items: readonly PageItem[]): Bytes {
	const writer = new VarWriter(roomFor(items))
	writeUpdate(writer, items)
	return writer.finish()
}

/** What an update of these items takes at most; in bytes, and a little more. */
export function roomFor(items: readonly PageItem[]): number {
	let room = 64
	for (const { content } of items) room += content.length + 48
	return room
}

export function writeUpdate(writer: VarWriter, items: readonly PageItem[]): void {
	const sorted = inUpdateOrder(items).filter((item, i, all) => i === 0 || !isSameId(all[i - 1] as PageItem, item))
	const starts = sorted.flatMap(({ clientId }, i) => (i === 0 || sorted[i - 1]?.clientId !== clientId ? [i] : []))
	writer.uint(starts.length)
	starts.forEach((start, i) => writeStream(writer, sorted.slice(start, starts[i + 1])))
	writer.uint(0)
}

function isSameId(a: PageItem, b: PageItem): boolean {
	return a.clientId === b.clientId && a.clock === b.clock
}

/** `stream`: items of one clientID, clocks ascending, at least one. */
function writeStream(writer: VarWriter, stream: readonly PageItem[]): void {
	const first = stream[0] as PageItem
	const gaps = stream.filter(({ clock }, i) => i > 0 && clock > (stream[i - 1] as PageItem).clock + 1).length
	writer.uint(stream.length + gaps)
	writer.uint(first.clientId)
	writer.uint(first.clock)
	let next = first.clock
	for (const { clientId, clock, content } of stream) {
		if (clock > next) {
			writer.byte(structSkip)
			writer.uint(clock - next)
		}
		writer.byte(infoOfItem)
		writer.uint(1)
		writer.ascii(root)
		writer.bytes(itemKeyBytes(clientId, clock))
		writer.bytes(content)
		next = clock + 1
	}
}

/**
 * Cuts rows into runs whose updates stay below `maxBytes`: a page with a full part of annotates is larger than a frame.
 * In update order no run needs a later one, so each can be applied by itself.
 */
export function splitItems(items: readonly PageItem[], maxBytes: number): PageItem[][] {
	const runs: PageItem[][] = []
	let room = 0
	for (const item of inUpdateOrder(items)) {
		// Struct, root and key take at most 24 bytes, a new clientID with counts at most 24 more.
		const size = item.content.length + 48
		if (runs.length === 0 || size > room) {
			runs.push([])
			room = maxBytes - 16
		}
		runs.at(-1)?.push(item)
		room -= size
	}
	return runs
}
