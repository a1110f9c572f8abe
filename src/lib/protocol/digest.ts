/**
 * What a page holds, in 16 bytes (SPEC PAGE9): equal state vectors do not prove equal content, equal digests do.
 * Form, why and by are no part of it: a redaction changes no digest.
 */
import { compareBytes, type Bytes } from './bytes.ts'
import type { Hash } from './ports.ts'
import { hashTags, taggedHash } from './tags.ts'

export interface DigestRow {
	readonly clientId: number
	readonly clock: number
	/** 16 bytes. */
	readonly eventId: Bytes
}

const rowLength = 8 + 4 + 16

/** SHA-256("kith/digest/1" ‖ rows clientID8 ‖ clock4 ‖ eventId16, ascending)[0..16]; the order given does not matter. */
export function pageDigest(hash: Hash, rows: readonly DigestRow[]): Bytes {
	const sorted = isSorted(rows) ? rows : rows.toSorted(compareRows)
	const input = new Uint8Array(sorted.length * rowLength)
	const view = new DataView(input.buffer)
	sorted.forEach(({ clientId, clock, eventId }, i) => {
		const at = i * rowLength
		view.setBigUint64(at, BigInt(clientId))
		view.setUint32(at + 8, clock)
		input.set(eventId, at + 12)
	})
	return taggedHash(hash, hashTags.digest, input).slice(0, 16)
}

function compareRows(a: DigestRow, b: DigestRow): number {
	return a.clientId - b.clientId || a.clock - b.clock || compareBytes(a.eventId, b.eventId)
}

function isSorted(rows: readonly DigestRow[]): boolean {
	return rows.every((row, i) => i === 0 || compareRows(rows[i - 1] as DigestRow, row) <= 0)
}
