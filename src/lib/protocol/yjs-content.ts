/**
 * Steps over the content of Yjs structs that are no items of ours, so that what stands behind them in the same update
 * can still be read (yjs 13, update format v1: `readItemContent`, lib0 `readAny`). Builds nothing, and never recurses
 * deeper than a message of ours could need.
 */
import { unreadable, type VarReader } from './varuint.ts'

export const contentBinary = 3

const typeXmlElement = 3
const typeXmlHook = 5
const anyDepthMax = 32

/** Skips the content of kind `ref` and returns how many clocks the struct takes. */
export function skipContent(reader: VarReader, ref: number): number {
	const skip = skippers[ref]
	return skip === undefined ? unreadable('a content that Yjs does not have') : skip(reader)
}

const skippers: Readonly<Record<number, (reader: VarReader) => number>> = {
	/** Deleted */
	1: (reader) => reader.uint(),
	/** JSON */
	2: (reader) => skipMany(reader, () => void reader.lengthPrefixed()),
	[contentBinary]: (reader) => one(reader.lengthPrefixed()),
	/** String */
	4: (reader) => utf16Length(reader.lengthPrefixed()),
	/** Embed */
	5: (reader) => one(reader.lengthPrefixed()),
	/** Format */
	6: (reader) => one(reader.lengthPrefixed(), reader.lengthPrefixed()),
	/** Type */
	7: (reader) => {
		const type = reader.uint()
		if (type === typeXmlElement || type === typeXmlHook) reader.lengthPrefixed()
		return 1
	},
	/** Any */
	8: (reader) => skipMany(reader, () => skipAny(reader, 0)),
	/** Doc */
	9: (reader) => {
		reader.lengthPrefixed()
		skipAny(reader, 0)
		return 1
	},
}

function one(..._skipped: readonly Uint8Array[]): 1 {
	return 1
}

function skipMany(reader: VarReader, skip: () => void): number {
	const count = reader.uint()
	if (count > reader.left) unreadable('more values than bytes')
	for (let i = 0; i < count; i++) skip()
	return count
}

/** Yjs counts text in UTF-16 units: one for each character, one more for those of four bytes. */
function utf16Length(utf8: Uint8Array): number {
	let length = 0
	for (const byte of utf8) length += byte >= 0xf0 ? 2 : (byte & 0xc0) === 0x80 ? 0 : 1
	return length
}

function skipAny(reader: VarReader, depth: number): void {
	if (depth > anyDepthMax) unreadable('nested too deep')
	switch (reader.byte()) {
		case 127: // undefined
		case 126: // null
		case 121: // false
		case 120: // true
			return
		case 125: // integer, signed: only its length matters
			while (reader.byte() > 127);
			return
		case 124: // float32
			return void reader.view(4)
		case 123: // float64
		case 122: // bigint
			return void reader.view(8)
		case 119: // string
		case 116: // Uint8Array
			return void reader.lengthPrefixed()
		case 118: // object
			return void skipMany(reader, () => {
				reader.lengthPrefixed()
				skipAny(reader, depth + 1)
			})
		case 117: // array
			return void skipMany(reader, () => skipAny(reader, depth + 1))
		default:
			return unreadable('a value that lib0 does not have')
	}
}
