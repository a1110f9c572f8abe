/**
 * Files, chunk by chunk (SPEC BLB1 to BLB3): each is sealed and opened alone, so that no file lies in memory as a whole. The
 * nonce counts, and the key is drawn for one blob: whoever seals another file, or the same one again, draws another key.
 */
import { blobAad, blobNonce, type Chunk } from '#protocol/blob.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { aeadOpen, aeadSeal, importAeadKey, keyLength } from './aead.ts'
import type { Crypto } from './suite.ts'

export interface BlobKey {
	/** 16 bytes. */
	readonly blobId: Bytes
	readonly key: Bytes
}

export function newBlobKey({ random }: Crypto): BlobKey {
	return { blobId: random(16), key: random(keyLength) }
}

type Place = Pick<Chunk, 'index' | 'final'>

export interface BlobSealer {
	seal(place: Place, plaintext: Bytes): Promise<Bytes>
	/** Null for a chunk of another blob, another place, or damaged. */
	open(place: Place, ciphertext: Bytes): Promise<Bytes | null>
}

export async function blobSealer({ subtle }: Crypto, { blobId, key }: BlobKey): Promise<BlobSealer> {
	const handle = await importAeadKey(subtle, key)
	const aad = blobAad(blobId)
	return {
		seal: (place, plaintext) => aeadSeal(subtle, handle, { nonce: blobNonce(place), aad, plaintext }),
		open: (place, ciphertext) => aeadOpen(subtle, handle, { nonce: blobNonce(place), aad, ciphertext }),
	}
}
