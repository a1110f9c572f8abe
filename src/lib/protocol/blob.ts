/**
 * Files beside the messages (SPEC BLB): how a blob is cut into chunks, and what binds each chunk to its place. The server
 * stores blobs as bytes that it cannot read; key, hash and length stand in the message (plaintext.ts).
 */
import { concatBytes, type Bytes } from './bytes.ts'
import { encode, u32 } from './codec.ts'
import { BLOB_CHUNK, BLOB_MAX } from './limits.ts'
import { aadTags, tagged } from './tags.ts'

const tagLength = 16
const chunkLength = BLOB_CHUNK + tagLength

/** Bytes of the ciphertext of a file: an empty file is one empty chunk (BLB2). */
export function blobLengthOf(fileLength: number): number {
	return fileLength + tagLength * chunkCountOf(fileLength)
}

/** Bytes of the file; null for a length that no blob has (BLB2). */
export function fileLengthOf(blobLength: number): number | null {
	if (!Number.isSafeInteger(blobLength) || blobLength > BLOB_MAX) return null
	const chunks = Math.ceil(blobLength / chunkLength)
	const fileLength = blobLength - chunks * tagLength
	return fileLength >= 0 && blobLengthOf(fileLength) === blobLength ? fileLength : null
}

/** Where a chunk lies, in the file and in the blob. */
export interface Chunk {
	readonly index: number
	readonly final: boolean
	readonly file: { readonly start: number; readonly end: number }
	readonly blob: { readonly start: number; readonly end: number }
}

/** Chunks of a file of this many bytes: an empty one has one too. */
export function chunkCountOf(fileLength: number): number {
	return Math.max(1, Math.ceil(fileLength / BLOB_CHUNK))
}

/** The chunks of a file of this many bytes, in order, from that at `from` on. */
export function* chunksOf(fileLength: number, from = 0): Generator<Chunk, undefined> {
	const count = chunkCountOf(fileLength)
	for (let index = from; index < count; index++) {
		const final = index === count - 1
		const start = index * BLOB_CHUNK
		const end = final ? fileLength : start + BLOB_CHUNK
		const blob = { start: index * chunkLength, end: index * chunkLength + (end - start) + tagLength }
		yield { index, final, file: { start, end }, blob }
	}
}

/** 7 zeros ‖ index4 ‖ final1: the key is the blob's alone, so no nonce comes twice under it (BLB1). */
export function blobNonce({ index, final }: Pick<Chunk, 'index' | 'final'>): Bytes {
	return concatBytes(new Uint8Array(7), encode(u32, index), Uint8Array.of(final ? 1 : 0))
}

export function blobAad(blobId: Bytes): Bytes {
	return tagged(aadTags.blob, blobId)
}
