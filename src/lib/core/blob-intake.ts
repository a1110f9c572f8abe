/**
 * A blob on its way onto the shelf, chunk by chunk in any order: each is opened under the blob's key before it is kept, so that what
 * is there may be passed on; the hash of the whole follows from the front (SPEC BLB3, BLB10).
 */
import { blobSealer } from '#crypto/blob-seal.ts'
import { startHash, type RunningHash } from '#crypto/hash.ts'
import type { Crypto } from '#crypto/suite.ts'
import { chunkCountOf, chunksOf, fileLengthOf, type Chunk } from '#protocol/blob.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { chunkSet, type ChunkSet } from '#protocol/chunk-set.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { blobName } from './blob-rows.ts'
import type { FileShelf } from './deps.ts'

/** known: it was here · changed: another lay there, before all was doubted · refused: nobody with the key sealed it for this place. */
export type Taken = 'kept' | 'known' | 'changed' | 'refused'

export interface BlobIntake {
	/** Chunks of the blob. */
	readonly count: number
	readonly has: (index: number) => boolean
	readonly chunks: () => Bytes
	/** Bytes of the blob that are here. */
	readonly received: () => number
	/** … and hashed. */
	readonly isWhole: () => boolean
	readonly place: (index: number) => Chunk
	readonly take: (index: number, sealed: Bytes) => Promise<Taken>
	/** Of all chunks: it is what its author sealed. */
	readonly isTrue: () => boolean
	/** All of it is to come again: what was sealed with the key need not be what its author sealed. */
	readonly doubt: () => void
}

/** With what lies there from before; null for a length that no blob has. */
export async function openIntake(
	{ crypto, shelf }: { readonly crypto: Crypto; readonly shelf: FileShelf },
	attachment: Attachment,
): Promise<BlobIntake | null> {
	const fileLength = fileLengthOf(attachment.length)
	if (fileLength === null) return null
	const name = blobName(attachment)
	const count = chunkCountOf(fileLength)
	const sealer = await blobSealer(crypto, attachment)
	const place = (index: number) => chunksOf(fileLength, index).next().value as Chunk
	let here: ChunkSet = chunkSet(count)
	let hash: RunningHash = startHash()
	let digest: Bytes | null = null
	let hashed = 0
	let received = 0
	let doubts = 0
	let last: Promise<unknown> = Promise.resolve()

	const read = ({ blob }: Chunk) => shelf.read(name, blob.start, blob.end)

	/** `sealed`: the chunk at `index`, which is here since now. */
	async function hashOn(index: number, sealed: Bytes): Promise<void> {
		for (; here.has(hashed); hashed++) hash.update(hashed === index ? sealed : await read(place(hashed)))
		if (hashed === count) digest ??= hash.digest()
	}

	async function keep(chunk: Chunk, sealed: Bytes): Promise<void> {
		here.add(chunk.index)
		received += sealed.length
		await hashOn(chunk.index, sealed)
	}

	async function take(index: number, sealed: Bytes): Promise<Taken> {
		const chunk = place(index)
		if (here.has(index)) return 'known'
		if ((await sealer.open(chunk, sealed)) === null) return 'refused'
		const isOther = doubts > 0 && !equalBytes(await read(chunk), sealed)
		await shelf.write(name, chunk.blob.start, sealed)
		await keep(chunk, sealed)
		return isOther ? 'changed' : 'kept'
	}

	/** What was written, and where there is nothing, is told apart by the seal. */
	async function findHere(): Promise<void> {
		const size = await shelf.size(name)
		for (const chunk of chunksOf(fileLength as number)) {
			if (chunk.blob.end > size) return
			const sealed = await read(chunk)
			if ((await sealer.open(chunk, sealed)) !== null) await keep(chunk, sealed)
		}
	}

	await findHere()
	return {
		count,
		has: (index) => here.has(index),
		chunks: () => here.bytes(),
		received: () => received,
		isWhole: () => digest !== null,
		place,
		take: (index, sealed) => {
			const mine = doubts
			// What was given before all was doubted is doubted too.
			const taken = last.then(() => (mine === doubts ? take(index, sealed) : 'known'))
			last = taken.catch(() => undefined)
			return taken
		},
		isTrue: () => digest !== null && equalBytes(digest, attachment.sha256),
		doubt: () => {
			here = chunkSet(count)
			hash = startHash()
			digest = null
			hashed = 0
			received = 0
			doubts++
		},
	}
}
