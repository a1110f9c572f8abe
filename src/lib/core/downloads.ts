/**
 * Files on their way down: onto the shelf, as ciphertext (blob-fetch.ts says from where). What was begun goes on where it stopped.
 */
import { blobSealer } from '#crypto/blob-seal.ts'
import type { Crypto } from '#crypto/suite.ts'
import { chunksOf, fileLengthOf } from '#protocol/blob.ts'
import { copyBytes, type Bytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { BLOB_CHUNK } from '#protocol/limits.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import type { Timers } from '#protocol/ports.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { ConversationId, FilePiece, FileSource, KithError } from './api.ts'
import type { BlobBook } from './blob-book.ts'
import type { BlobIntake } from './blob-intake.ts'
import { blobName, type BlobRow } from './blob-rows.ts'
import { createChapter, orOffline } from './chapter.ts'
import type { FileShelf } from './deps.ts'
import type { Self } from './identity.ts'
import type { Peers } from './peers/peers.ts'
import type { Transfers } from './transfers.ts'

export interface DownloadParts {
	readonly http: HttpClient
	readonly crypto: Crypto
	readonly timers: Timers
	readonly shelf: FileShelf
	readonly book: BlobBook
	readonly transfers: Transfers
	readonly peers: Pick<Peers, 'sources' | 'holds'>
	readonly self: Pick<Self, 'device'>
	/** ms */
	readonly now: () => number
}

export interface Downloads {
	/** All of it is here, and what its author sealed. */
	readonly fetch: (
		conversation: ConversationId,
		attachment: Attachment,
		event: Bytes | null,
	) => Promise<Result<null, KithError>>
	/** The chunk at `index`, in clear; after `fetch`. */
	readonly chunk: (attachment: Attachment, index: number) => Promise<Result<FileChunk, KithError>>
	/** Ciphertext `[start, end)`; null where it is not here any more. */
	readonly sealed: (attachment: Attachment, start: number, end: number) => Promise<Bytes | null>
	/** All of it in clear, chunk by chunk, to be sealed anew; after `fetch`. */
	readonly source: (attachment: Attachment) => FileSource
	/** Which chunks are here of one that is under way; null where it is not. */
	readonly comingTo: (name: string) => Bytes | null
	/** Stops after the piece that is under way; what is here stays, to go on with. */
	readonly stop: (name: string) => void
	readonly close: () => void
}

export interface FileChunk {
	readonly bytes: Bytes
	readonly final: boolean
}

const damaged = fail<KithError>({ type: 'damaged-file' })

const fetching = createChapter(
	() => Promise.all([import('./blob-fetch.ts'), import('./blob-intake.ts')]),
	([{ createBlobFetch }, { openIntake }]) => ({ createBlobFetch, openIntake }),
)

export function createDownloads(parts: DownloadParts): Downloads {
	const { crypto, shelf, book, transfers, peers, now } = parts
	const underWay = new Map<string, Promise<Result<null, KithError>>>()
	/** What came so far of those that are under way. */
	const intakes = new Map<string, BlobIntake>()
	const stopped = new Set<string>()
	let isClosed = false

	async function download(
		conversation: ConversationId,
		attachment: Attachment,
		row: BlobRow,
	): Promise<Result<null, KithError>> {
		const name = blobName(attachment)
		const { createBlobFetch, openIntake } = await fetching.open()
		const intake = await openIntake({ crypto, shelf }, attachment)
		if (intake === null) return damaged
		intakes.set(name, intake)
		const moved = () => {
			transfers.moved(name, { direction: 'down', done: intake.received(), total: attachment.length })
			peers.holds(name)
		}
		const { count } = intake
		const lengthOf = (index: number) => intake.place(index).blob.end - intake.place(index).blob.start
		const wanted = { conversation, blobId: attachment.blobId, count, lengthOf }
		const fetch = createBlobFetch(
			{ conversation, attachment },
			{
				...{ ...parts, intake, moved },
				sources: (changed) => peers.sources(wanted, changed),
				isStopped: () => isClosed || stopped.has(name),
			},
		)
		moved()
		const fetched = await fetch.run()
		if (fetched.ok) await book.set(name, { ...row, state: 'whole' })
		// Begun anew the next time: what lies there is not what its author sealed.
		else if (fetched.error.type === 'damaged-file') await book.remove(name)
		return fetched
	}

	async function start(
		conversation: ConversationId,
		attachment: Attachment,
		event: Bytes | null,
	): Promise<Result<null, KithError>> {
		const name = blobName(attachment)
		const known = book.get(name)
		const id = textToId('conversation', conversation)
		if (id === null) return fail({ type: 'not-here' })
		if (known !== null && known.state !== 'coming') {
			await book.set(name, { ...known, usedAt: now() })
			return ok(null)
		}
		const row: BlobRow = {
			...{ conversation: id, length: attachment.length, state: 'coming', event, usedAt: now() },
		}
		stopped.delete(name)
		await book.set(name, row)
		return download(conversation, attachment, row).finally(() => {
			intakes.delete(name)
			transfers.ended(name)
			peers.holds(name)
		})
	}

	const isHere = (name: string) => (book.get(name)?.state ?? 'coming') !== 'coming'

	const chunkAt: Downloads['chunk'] = async (attachment, index) => {
		const name = blobName(attachment)
		return isHere(name) ? openChunk({ crypto, shelf }, { name, attachment, index }) : fail({ type: 'not-here' })
	}

	/** As it is sealed: from chunk to chunk. */
	async function clearBytes(attachment: Attachment, start: number, end: number): Promise<ArrayBuffer> {
		const chunk = await chunkAt(attachment, start / BLOB_CHUNK)
		if (!chunk.ok || chunk.value.bytes.length !== end - start) throw new Error('the file is not here any more')
		return copyBytes(chunk.value.bytes).buffer
	}

	return {
		fetch: (conversation, attachment, event) => {
			const name = blobName(attachment)
			const known = underWay.get(name)
			if (known !== undefined) return known
			const begun = orOffline(() => start(conversation, attachment, event)).finally(() => underWay.delete(name))
			underWay.set(name, begun)
			return begun
		},
		chunk: chunkAt,
		sealed: async (attachment, start, end) => {
			const name = blobName(attachment)
			return isHere(name) ? shelf.read(name, start, end).catch(() => null) : null
		},
		source: (attachment) => ({
			size: fileLengthOf(attachment.length) ?? 0,
			slice: (start, end) => ({ arrayBuffer: () => clearBytes(attachment, start, end) }),
		}),
		comingTo: (name) => intakes.get(name)?.chunks() ?? null,
		stop: (name) => void stopped.add(name),
		close: () => {
			isClosed = true
		},
	}
}

/** The chunk at `index` of what lies on the shelf under `name`, in clear. */
export async function openChunk(
	{ crypto, shelf }: { readonly crypto: Crypto; readonly shelf: FileShelf },
	{ name, attachment, index }: { readonly name: string; readonly attachment: Attachment; readonly index: number },
): Promise<Result<FileChunk, KithError>> {
	const length = fileLengthOf(attachment.length)
	const chunk = length === null ? undefined : chunksOf(length, index).next().value
	if (chunk === undefined) return fail({ type: 'not-here' })
	const sealed = await shelf.read(name, chunk.blob.start, chunk.blob.end)
	const bytes = await (await blobSealer(crypto, attachment)).open(chunk, sealed)
	return bytes === null ? damaged : ok({ bytes, final: chunk.final })
}

/** The same as a Blob, which browsers keep outside of the memory of a page. */
export async function toPiece(chunk: Promise<Result<FileChunk, KithError>>): Promise<Result<FilePiece, KithError>> {
	const read = await chunk
	return read.ok ? ok({ piece: new Blob([read.value.bytes]), final: read.value.final }) : read
}
