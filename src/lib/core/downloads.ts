/**
 * Files on their way down: piece by piece onto the shelf, as ciphertext. Nothing of one is given out before all of it is here
 * and its hash is that which stands in the message (SPEC BLB3). What was begun goes on where it stopped.
 */
import { blobSealer } from '#crypto/blob-seal.ts'
import { startHash } from '#crypto/hash.ts'
import type { Crypto } from '#crypto/suite.ts'
import { chunksOf, fileLengthOf } from '#protocol/blob.ts'
import { copyBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { BLOB_CHUNK, BLOB_PIECE_MAX } from '#protocol/limits.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { ConversationId, FileSource, KithError } from './api.ts'
import type { BlobBook } from './blob-book.ts'
import { blobName, type BlobRow } from './blob-rows.ts'
import { fetchPiece } from './blob-wire.ts'
import type { FileShelf } from './deps.ts'
import { toKithError } from './http-errors.ts'
import type { Transfers } from './transfers.ts'

export interface DownloadParts {
	readonly http: HttpClient
	readonly crypto: Crypto
	readonly shelf: FileShelf
	readonly book: BlobBook
	readonly transfers: Transfers
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
	/** Stops after the piece that is under way; what is here stays, to go on with. */
	readonly stop: (name: string) => void
	readonly close: () => void
}

export interface FileChunk {
	readonly bytes: Bytes
	readonly final: boolean
}

const damaged = fail<KithError>({ type: 'damaged-file' })

export function createDownloads({ http, crypto, shelf, book, transfers, now }: DownloadParts): Downloads {
	const underWay = new Map<string, Promise<Result<null, KithError>>>()
	const stopped = new Set<string>()
	let isClosed = false

	/** The hash of what lies there already: a process that died took its own along. */
	async function hashOf(name: string, length: number) {
		const hash = startHash()
		for (let at = 0; at < length; at += BLOB_PIECE_MAX)
			hash.update(await shelf.read(name, at, Math.min(length, at + BLOB_PIECE_MAX)))
		return hash
	}

	async function download(
		conversation: ConversationId,
		attachment: Attachment,
		row: BlobRow,
	): Promise<Result<null, KithError>> {
		const name = blobName(attachment)
		const { length } = attachment
		if (fileLengthOf(length) === null) return damaged
		let here = await shelf.size(name)
		const hash = await hashOf(name, Math.min(here, length))
		while (here < length) {
			if (isClosed || stopped.has(name)) return fail({ type: 'interrupted' })
			transfers.moved(name, { direction: 'down', done: here, total: length })
			const piece = await fetchPiece(http, { conversation, blob: name, from: here })
			if (!piece.ok) return fail(toKithError(piece.error))
			if (piece.value.length === 0 || here + piece.value.length > length) break
			await shelf.append(name, piece.value)
			hash.update(piece.value)
			here += piece.value.length
		}
		if (here === length && equalBytes(hash.digest(), attachment.sha256)) {
			await book.set(name, { ...row, state: 'whole' })
			return ok(null)
		}
		// Begun anew the next time: what lies there is not what its author sealed.
		await book.remove(name)
		return damaged
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
		return download(conversation, attachment, row).finally(() => transfers.ended(name))
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
			const begun = start(conversation, attachment, event).finally(() => underWay.delete(name))
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
