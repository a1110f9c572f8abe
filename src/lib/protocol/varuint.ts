/**
 * The variable-length integers of Yjs, y-protocols and the multiplexed socket, as lib0 writes them: seven bits a byte,
 * the lowest first, the high bit set on all but the last. Unlike lib0's reader this one never looks past the bytes that
 * it was given (a message is often a view of a larger pooled buffer) and copies nothing that is only skipped.
 */
import { bytesToUtf8, copyBytes, utf8ToBytes, type Bytes } from './bytes.ts'
import type { DecodeError } from './codec.ts'
import { fail, ok, type Result } from './result.ts'

/** Thrown by readers only, caught by `readWhole` only. */
class Unreadable extends Error {}

export function unreadable(reason: string): never {
	throw new Unreadable(reason)
}

/** Runs `read` over all of `bytes`; what ends early or has bytes left over is malformed. */
export function readWhole<T>(bytes: Uint8Array, read: (reader: VarReader) => T): Result<T, DecodeError> {
	try {
		const reader = new VarReader(bytes)
		const value = read(reader)
		return reader.left === 0 ? ok(value) : fail({ type: 'malformed', reason: 'bytes left over' })
	} catch (error) {
		if (error instanceof Unreadable) return fail({ type: 'malformed', reason: error.message })
		throw error
	}
}

export class VarReader {
	readonly #bytes: Uint8Array
	#offset = 0

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes
	}

	get left(): number {
		return this.#bytes.length - this.#offset
	}

	byte(): number {
		if (this.#offset >= this.#bytes.length) unreadable('ends too early')
		return this.#bytes[this.#offset++] as number
	}

	/** At most 2^53 − 1. */
	uint(): number {
		const first = this.byte()
		if (first < 128) return first
		this.#offset--
		let value = 0
		for (let factor = 1; ; factor *= 128) {
			const byte = this.byte()
			value += (byte & 127) * factor
			if (value > Number.MAX_SAFE_INTEGER) unreadable('beyond 2^53 − 1')
			if (byte < 128) return value
			if (factor > 2 ** 49) unreadable('an integer of too many bytes')
		}
	}

	/** `length` bytes without a copy. */
	view(length: number): Uint8Array {
		if (length > this.left) unreadable('ends too early')
		const at = this.#offset
		this.#offset += length
		return this.#bytes.subarray(at, at + length)
	}

	/** A length, then as many bytes, without a copy. */
	lengthPrefixed(): Uint8Array {
		return this.view(this.uint())
	}

	/** A length, then as many bytes, in a buffer of their own. */
	bytes(): Bytes {
		return copyBytes(this.lengthPrefixed())
	}

	text(maxBytes: number): string {
		const raw = this.lengthPrefixed()
		if (raw.length > maxBytes) unreadable(`longer than ${maxBytes} bytes`)
		try {
			return bytesToUtf8(raw)
		} catch {
			return unreadable('not UTF-8')
		}
	}

	/** What is left. */
	rest(): Uint8Array {
		return this.view(this.left)
	}
}

/** Bytes that `uint` takes. */
function varuintLength(value: number): number {
	let length = 1
	for (let left = value; left > 127; left = Math.floor(left / 128)) length++
	return length
}

/** The buffer of the writer that finished last: the next one writes over it. Writers here carry frames, never keys. */
let spare: Bytes | null = null
const spareMax = 64 * 1024
const capacityMin = 1024
const nothing: Bytes = new Uint8Array(0)

export class VarWriter {
	#buffer: Bytes
	#length = 0

	constructor(capacity = 256) {
		if (spare !== null && spare.length >= capacity) {
			this.#buffer = spare
			spare = null
		} else this.#buffer = new Uint8Array(Math.max(capacity, capacityMin))
	}

	#reserve(extra: number): number {
		const at = this.#length
		const needed = at + extra
		if (needed > this.#buffer.length) {
			const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
			grown.set(this.#buffer.subarray(0, at))
			this.#buffer = grown
		}
		this.#length = needed
		return at
	}

	byte(value: number): void {
		const at = this.#reserve(1) // before the buffer is named: reserving may replace it
		this.#buffer[at] = value
	}

	uint(value: number): void {
		if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no unsigned integer`)
		let left = value
		// Beyond 31 bits by division, which is slow: only clientIDs are as long.
		while (left > 0x7fffffff) {
			const higher = Math.floor(left / 128)
			this.byte(128 | (left - higher * 128))
			left = higher
		}
		while (left > 127) {
			this.byte(128 | (left & 127))
			left >>>= 7
		}
		this.byte(left)
	}

	raw(bytes: Uint8Array): void {
		const at = this.#reserve(bytes.length)
		this.#buffer.set(bytes, at)
	}

	bytes(bytes: Uint8Array): void {
		this.uint(bytes.length)
		this.raw(bytes)
	}

	/** Shorter and faster than `text` for what is known to be ASCII. */
	ascii(text: string): void {
		this.uint(text.length)
		const at = this.#reserve(text.length)
		for (let i = 0; i < text.length; i++) this.#buffer[at + i] = text.charCodeAt(i)
	}

	text(text: string): void {
		this.bytes(utf8ToBytes(text))
	}

	/** A length, then what `write` writes: moved up once its length is known. */
	nested(write: (writer: VarWriter) => void): void {
		const start = this.#length
		write(this)
		const length = this.#length - start
		const size = varuintLength(length)
		this.#reserve(size)
		this.#buffer.copyWithin(start + size, start, start + length)
		this.#length = start
		this.uint(length)
		this.#length += length
	}

	/** Ends the writer. */
	finish(): Bytes {
		const buffer = this.#buffer
		if (buffer === nothing) throw new Error('a writer ends once')
		this.#buffer = nothing
		if (buffer.length <= spareMax && (spare === null || spare.length < buffer.length)) spare = buffer
		return buffer.slice(0, this.#length)
	}
}
