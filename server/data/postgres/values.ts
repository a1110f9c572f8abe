/** Values on their way between PostgreSQL's text and JavaScript: bytes over a buffer of their own, numbers exact or not at all. */
import type { Bytes } from '#protocol/bytes.ts'
import { types, type CustomTypesConfig } from 'pg'

/** `bigint` as text. */
export function exactNumber(text: string): number {
	const number = Number(text)
	if (!Number.isSafeInteger(number)) throw new RangeError('a number of the database is not exact here')
	return number
}

/** `bytea` as text, `\x` and hexadecimal digits. A Buffer may share memory, and its `slice` does. */
function bytesOf(text: string): Bytes {
	return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
}

const { INT8, BYTEA } = types.builtins

export const values = {
	getTypeParser: (oid: number, format: 'text' | 'binary' = 'text') => {
		if (oid === INT8 && format === 'text') return exactNumber
		if (oid === BYTEA && format === 'text') return bytesOf
		return types.getTypeParser(oid, format as 'text')
	},
} as CustomTypesConfig

const half = 2n ** 63n

/** An unsigned 64-bit number in a signed column, in the same order. */
export function toSigned(unsigned: bigint): string {
	return (unsigned - half).toString()
}

export function fromSigned(text: string): bigint {
	return BigInt(text) + half
}
