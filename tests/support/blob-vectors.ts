/** Files whose bytes follow from their length, sealed under keys that follow from their name: what tests/vectors/blobs.json keeps. */
import { createHash } from 'node:crypto'
import { blobSealer, type BlobKey } from '#crypto/blob-seal.ts'
import type { Crypto } from '#crypto/suite.ts'
import { chunksOf } from '#protocol/blob.ts'
import { bytesToHex, concatBytes, type Bytes } from '#protocol/bytes.ts'
import { BLOB_CHUNK } from '#protocol/limits.ts'

export interface BlobVector {
	readonly fileLength: number
	readonly blobId: string
	readonly key: string
	readonly blobLength: number
	readonly sha256: string
	/** The first 32 bytes and the last 32 of each chunk. */
	readonly chunks: readonly { readonly first: string; readonly last: string }[]
}

export const vectorLengths = [0, 1, BLOB_CHUNK, BLOB_CHUNK + 1, 2 * BLOB_CHUNK] as const

/** Byte i is i mod 251. */
export function fileOf(length: number): Bytes {
	return Uint8Array.from({ length }, (_, i) => i % 251)
}

export async function sealFile(crypto: Crypto, key: BlobKey, file: Bytes): Promise<Bytes[]> {
	const sealer = await blobSealer(crypto, key)
	const sealed: Bytes[] = []
	for (const chunk of chunksOf(file.length)) {
		sealed.push(await sealer.seal(chunk, file.slice(chunk.file.start, chunk.file.end)))
	}
	return sealed
}

function keyFor(fileLength: number): BlobKey {
	const drawn = (what: string) => new Uint8Array(createHash('sha256').update(`${what} ${fileLength}`).digest())
	return { blobId: drawn('blob').slice(0, 16), key: drawn('key') }
}

export async function blobVectorOf(crypto: Crypto, fileLength: number): Promise<BlobVector> {
	const key = keyFor(fileLength)
	const sealed = await sealFile(crypto, key, fileOf(fileLength))
	const blob = concatBytes(...sealed)
	return {
		...{ fileLength, blobId: bytesToHex(key.blobId), key: bytesToHex(key.key), blobLength: blob.length },
		sha256: createHash('sha256').update(blob).digest('hex'),
		chunks: sealed.map((chunk) => ({ first: bytesToHex(chunk.slice(0, 32)), last: bytesToHex(chunk.slice(-32)) })),
	}
}
