/**
 * The one codec of every body (SPEC ENC). A format is declared from these parts; nobody writes an encoder by hand.
 *
 * | part        | bytes                                             |
 * |-------------|---------------------------------------------------|
 * | u8 … u64    | big-endian                                        |
 * | time8       | u64, milliseconds, at most 2^53 − 1               |
 * | fixed(n)    | n raw bytes                                       |
 * | bytes, text | len4 ‖ bytes                                      |
 * | list        | count4 ‖ items                                    |
 * | set         | as list, strictly ascending by encoded bytes      |
 * | optional    | 0 or 1 ‖ value                                    |
 * | union       | tag of one byte ‖ value                           |
 *
 * What does not re-encode to the same bytes is refused, so a value has one spelling and one hash.
 */
import { bytesToUtf8, compareBytes, copyBytes, equalBytes, utf8ToBytes, type Bytes } from './bytes.ts'
import { fail, ok, type Result } from './result.ts'

export type DecodeError = { readonly type: 'malformed'; readonly reason: string }

/** Thrown by readers only, caught by `decode` only. */
class Malformed extends Error {}

function malformed(reason: string): never {
	throw new Malformed(reason)
}

const maxOf = { 1: 0xff, 2: 0xffff, 4: 0xffffffff } as const
/** For numbers of eight bytes. */
const eight = new DataView(new ArrayBuffer(8))

export class Writer {
	#buffer: Bytes
	#length = 0

	/** `capacity`: bytes expected, if known; it grows as needed. */
	constructor(capacity = 64) {
		this.#buffer = new Uint8Array(capacity)
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

	/** `value` as `width` big-endian bytes; a value that does not fit is a bug. */
	uint(value: number, width: 1 | 2 | 4): void {
		if (!Number.isInteger(value) || value < 0 || value > maxOf[width]) {
			throw new RangeError(`${value} does not fit into ${width} bytes`)
		}
		const at = this.#reserve(width)
		for (let i = 0; i < width; i++) this.#buffer[at + i] = (value >>> (8 * (width - 1 - i))) & 0xff
	}

	u64(value: bigint): void {
		if (value < 0n || value >= 1n << 64n) throw new RangeError(`${value} does not fit into 8 bytes`)
		const at = this.#reserve(8)
		new DataView(this.#buffer.buffer).setBigUint64(at, value)
	}

	raw(bytes: Uint8Array): void {
		const at = this.#reserve(bytes.length)
		this.#buffer.set(bytes, at)
	}

	finish(): Bytes {
		return this.#buffer.slice(0, this.#length)
	}

	/** Is what was written so far exactly `bytes`? */
	hasWritten(bytes: Uint8Array): boolean {
		return equalBytes(this.#buffer.subarray(0, this.#length), bytes)
	}
}

/** Up to here bytes are copied faster one by one than by a view and a call. */
const shortBytes = 64

export class Reader {
	readonly #bytes: Uint8Array
	#offset = 0

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes
	}

	get left(): number {
		return this.#bytes.length - this.#offset
	}

	#advance(width: number): number {
		if (width > this.left) malformed('ends too early')
		const at = this.#offset
		this.#offset += width
		return at
	}

	uint(width: 1 | 2 | 4): number {
		const at = this.#advance(width)
		let value = 0
		for (let i = 0; i < width; i++) value = (value << 8) | (this.#bytes[at + i] as number)
		return value >>> 0
	}

	u64(): bigint {
		const at = this.#advance(8)
		for (let i = 0; i < 8; i++) eight.setUint8(i, this.#bytes[at + i] as number)
		return eight.getBigUint64(0)
	}

	raw(length: number): Bytes {
		const at = this.#advance(length)
		if (length > shortBytes) return copyBytes(this.#bytes.subarray(at, at + length))
		const out = new Uint8Array(length)
		for (let i = 0; i < length; i++) out[i] = this.#bytes[at + i] as number
		return out
	}
}

export interface Codec<T> {
	readonly write: (writer: Writer, value: T) => void
	readonly read: (reader: Reader) => T
}

/** What a codec carries: `type Create = Decoded<typeof createCodec>`. */
export type Decoded<C> = C extends Codec<infer T> ? T : never

export function encode<T>(codec: Codec<T>, value: T): Bytes {
	const writer = new Writer()
	codec.write(writer, value)
	return writer.finish()
}

/** Refuses what ends early, has bytes left over, or does not re-encode to the same bytes. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, DecodeError> {
	return decodeBy(codec, bytes, (value) => {
		const again = new Writer(bytes.length)
		codec.write(again, value)
		if (!again.hasWritten(bytes)) malformed('not the canonical spelling')
	})
}

/**
 * The same for a codec whose parts leave no byte open: each reads one value from one spelling, so that nothing is gained by
 * writing it again. That this is true of a codec is shown by a test over damaged bytes.
 */
export function decodeTight<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, DecodeError> {
	return decodeBy(codec, bytes, () => {})
}

function decodeBy<T>(codec: Codec<T>, bytes: Uint8Array, check: (value: T) => void): Result<T, DecodeError> {
	try {
		const reader = new Reader(bytes)
		const value = codec.read(reader)
		if (reader.left > 0) return fail({ type: 'malformed', reason: 'bytes left over' })
		check(value)
		return ok(value)
	} catch (error) {
		if (error instanceof Malformed) return fail({ type: 'malformed', reason: error.message })
		throw error
	}
}

function uint(width: 1 | 2 | 4): Codec<number> {
	return { write: (writer, value) => writer.uint(value, width), read: (reader) => reader.uint(width) }
}

export const u8 = uint(1)
export const u16 = uint(2)
export const u32 = uint(4)
export const u64: Codec<bigint> = { write: (writer, value) => writer.u64(value), read: (reader) => reader.u64() }

/** u64 read as a safe integer: times (ms since the Unix epoch), recvSeq, lengths. */
export const time8: Codec<number> = {
	write: (writer, value) => writer.u64(BigInt(value)),
	read: (reader) => {
		const value = reader.u64()
		return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : malformed('beyond 2^53 − 1')
	},
}

export function fixed(length: number): Codec<Bytes> {
	return {
		write: (writer, value) => {
			if (value.length !== length) throw new RangeError(`${value.length} bytes where ${length} belong`)
			writer.raw(value)
		},
		read: (reader) => reader.raw(length),
	}
}

/** len4 ‖ bytes, of at most `max` bytes. */
export function bytes(max: number): Codec<Bytes> {
	return {
		write: (writer, value) => {
			if (value.length > max) throw new RangeError(`${value.length} bytes where ${max} are allowed`)
			writer.uint(value.length, 4)
			writer.raw(value)
		},
		read: (reader) => {
			const length = reader.uint(4)
			return length <= max ? reader.raw(length) : malformed(`longer than ${max} bytes`)
		},
	}
}

/** len4 ‖ well-formed UTF-8, of at most `max` bytes. */
export function text(max: number): Codec<string> {
	const inner = bytes(max)
	return {
		write: (writer, value) => inner.write(writer, utf8ToBytes(value)),
		read: (reader) => {
			const raw = inner.read(reader)
			try {
				return bytesToUtf8(raw)
			} catch {
				return malformed('not UTF-8')
			}
		},
	}
}

/** count4 ‖ items, at most `max` of them, order kept; `countWidth` 1 where a format says count1. */
export function list<T>(item: Codec<T>, max: number, countWidth: 1 | 4 = 4): Codec<readonly T[]> {
	return {
		write: (writer, values) => {
			if (values.length > max) throw new RangeError(`${values.length} items where ${max} are allowed`)
			writer.uint(values.length, countWidth)
			for (const value of values) item.write(writer, value)
		},
		read: (reader) => {
			const count = reader.uint(countWidth)
			if (count > max || count > reader.left) malformed(`more than ${max} items, or than bytes`)
			return Array.from({ length: count }, () => item.read(reader))
		},
	}
}

/**
 * A list that is strictly ascending by encoded bytes; encoding sorts, a repeated item is a bug.
 * With `keyLength` the first that many bytes of an item are its key, and no key stands twice.
 */
export function set<T>(
	item: Codec<T>,
	max: number,
	{ keyLength, countWidth }: { keyLength?: number; countWidth?: 1 | 4 } = {},
): Codec<readonly T[]> {
	const inner = list(item, max, countWidth)
	const keyOf = (value: T) => encode(item, value).subarray(0, keyLength)
	const order = (values: readonly T[]) =>
		values.map((value) => ({ value, key: keyOf(value) })).sort((a, b) => compareBytes(a.key, b.key))
	return {
		write: (writer, values) => {
			const sorted = order(values)
			for (let i = 1; i < sorted.length; i++) {
				if (equalBytes(sorted[i - 1]!.key, sorted[i]!.key)) throw new RangeError('a set holds an item twice')
			}
			inner.write(
				writer,
				sorted.map((entry) => entry.value),
			)
		},
		read: (reader) => {
			const values = inner.read(reader)
			const keys = values.map(keyOf)
			for (let i = 1; i < keys.length; i++) {
				if (compareBytes(keys[i - 1]!, keys[i]!) >= 0) malformed('a set out of order, or an item twice')
			}
			return values
		},
	}
}

export function optional<T>(inner: Codec<T>): Codec<T | null> {
	return {
		write: (writer, value) => {
			writer.uint(value === null ? 0 : 1, 1)
			if (value !== null) inner.write(writer, value)
		},
		read: (reader) => {
			const flag = reader.uint(1)
			if (flag > 1) malformed('an optional is 0 or 1')
			return flag === 0 ? null : inner.read(reader)
		},
	}
}

/** `inner`, of which only what `holds` accepts is a value; writing another is a bug. */
export function refine<T>(inner: Codec<T>, holds: (value: T) => boolean, reason: string): Codec<T> {
	return {
		write: (writer, value) => {
			if (!holds(value)) throw new RangeError(reason)
			inner.write(writer, value)
		},
		read: (reader) => {
			const value = inner.read(reader)
			return holds(value) ? value : malformed(reason)
		},
	}
}

/** One byte, 0 or 1. */
export const bool: Codec<boolean> = {
	write: (writer, value) => writer.uint(value ? 1 : 0, 1),
	read: (reader) => {
		const flag = reader.uint(1)
		return flag <= 1 ? flag === 1 : malformed('a boolean is 0 or 1')
	},
}

/** A byte that must have this value: versions, form bytes. */
export function constant<const N extends number>(value: N): Codec<N> {
	return {
		write: (writer) => writer.uint(value, 1),
		read: (reader) => (reader.uint(1) === value ? value : malformed(`byte is not ${value}`)),
	}
}

/** The same of two bytes: registered numbers. */
export function constant16<const N extends number>(value: N): Codec<N> {
	return {
		write: (writer) => writer.uint(value, 2),
		read: (reader) => (reader.uint(2) === value ? value : malformed(`number is not ${value}`)),
	}
}

/** One byte with a meaning: `choice({ 1: 'post', 2: 'annotate' })`. */
export function choice<const M extends Readonly<Record<number, string>>>(meanings: M): Codec<M[keyof M]> {
	const codes = new Map<string, number>(Object.entries(meanings).map(([code, name]) => [name as string, Number(code)]))
	return {
		write: (writer, value) => {
			const code = codes.get(value as string)
			if (code === undefined) throw new RangeError(`no byte for ${String(value)}`)
			writer.uint(code, 1)
		},
		read: (reader) => {
			const code = reader.uint(1)
			const name = (meanings as Readonly<Record<number, string>>)[code]
			return name === undefined ? malformed(`byte ${code} has no meaning here`) : (name as M[keyof M])
		},
	}
}

/** A codec of whatever value: what a struct or union may hold. */
interface AnyCodec {
	readonly write: (writer: Writer, value: never) => void
	readonly read: (reader: Reader) => unknown
}

export type Struct<F> = { readonly [K in keyof F]: F[K] extends Codec<infer T> ? T : never }

/** Fields one after the other, in the order of declaration. */
export function struct<const F extends Readonly<Record<string, AnyCodec>>>(fields: F): Codec<Struct<F>> {
	const entries = Object.entries<AnyCodec>(fields)
	return {
		write: (writer, value) => {
			for (const [name, codec] of entries) codec.write(writer, (value as Record<string, never>)[name] as never)
		},
		read: (reader) => {
			const out: Record<string, unknown> = {}
			for (const [name, codec] of entries) out[name] = codec.read(reader)
			return out as Struct<F>
		},
	}
}

/**
 * One byte, then the struct of that case: `union('type', { create: [0, createBody], rotate: [1, rotateBody] })`
 * carries `{ type: 'create', … } | { type: 'rotate', … }`.
 */
export function union<const D extends string, const C extends Readonly<Record<string, readonly [number, AnyCodec]>>>(
	discriminant: D,
	cases: C,
): Codec<{ [K in keyof C & string]: { readonly [P in D]: K } & Decoded<C[K][1]> }[keyof C & string]> {
	const byCode = new Map(Object.entries(cases).map(([name, [code, codec]]) => [code, { name, codec }]))
	return {
		write: (writer, value) => {
			const found = cases[(value as Record<string, string>)[discriminant] as string]
			if (found === undefined)
				throw new RangeError(`no case ${String((value as Record<string, string>)[discriminant])}`)
			writer.uint(found[0], 1)
			found[1].write(writer, value as never)
		},
		read: (reader) => {
			const code = reader.uint(1)
			const found = byCode.get(code)
			if (found === undefined) return malformed(`case ${code} is not known`)
			return { [discriminant]: found.name, ...(found.codec.read(reader) as object) } as never
		},
	}
}

/** A version byte, then the value: any other version is refused here, and read by code that knows it. */
/**
 * A format that was extended: its versions in order, each with its own byte. Reads every one of them, and writes `pick`'s.
 * What a value needs decides the version, so that it keeps one spelling.
 */
export function versions<T>(codecs: Readonly<Record<number, Codec<T>>>, pick: (value: T) => number): Codec<T> {
	const of = (version: number) => codecs[version] ?? malformed(`version ${version}`)
	return {
		write: (writer, value) => {
			const version = pick(value)
			writer.uint(version, 1)
			of(version).write(writer, value)
		},
		read: (reader) => of(reader.uint(1)).read(reader),
	}
}

export function versioned<T>(version: number, inner: Codec<T>): Codec<T> {
	const byte = constant(version)
	return {
		write: (writer, value) => {
			byte.write(writer, version)
			inner.write(writer, value)
		},
		read: (reader) => {
			byte.read(reader)
			return inner.read(reader)
		},
	}
}
