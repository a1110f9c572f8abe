/** A file of the person becomes a blob on the shelf (SPEC BLB1): read, sealed, hashed and written chunk by chunk. */
import { blobSealer, newBlobKey } from '#crypto/blob-seal.ts'
import { startHash } from '#crypto/hash.ts'
import type { Crypto } from '#crypto/suite.ts'
import { blobLengthOf, chunksOf } from '#protocol/blob.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import type { FileSource } from './api.ts'
import { blobName } from './blob-rows.ts'
import type { FileShelf } from './deps.ts'

type Described = Pick<Attachment, 'name' | 'mime' | 'picture' | 'sound'>

interface SealingParts {
	readonly crypto: Crypto
	readonly shelf: FileShelf
	/** So many bytes more are on the shelf; it may throw, where nobody wants them any more. */
	readonly sealed: (bytes: number) => void
}

/** Throws where the file cannot be read any more, or the device is full; then nothing is left on the shelf. */
export async function sealFile(
	{ crypto, shelf, ...to }: SealingParts,
	file: FileSource,
	described: Described,
): Promise<Attachment> {
	const key = newBlobKey(crypto)
	const name = blobName(key)
	try {
		const sealer = await blobSealer(crypto, key)
		const hash = startHash()
		for (const chunk of chunksOf(file.size)) {
			const plaintext = new Uint8Array(await file.slice(chunk.file.start, chunk.file.end).arrayBuffer())
			if (plaintext.length !== chunk.file.end - chunk.file.start) throw new Error('the file has changed')
			const sealed = await sealer.seal(chunk, plaintext)
			hash.update(sealed)
			await shelf.append(name, sealed)
			to.sealed(plaintext.length)
		}
		return { ...key, sha256: hash.digest(), length: blobLengthOf(file.size), ...described }
	} catch (error) {
		await shelf.remove(name).catch(() => undefined)
		throw error
	}
}
