/**
 * Files on their way up, one piece after the other and one file at a time, in the order of writing: what waits in the outbox
 * goes when its files are at the server. What the server says of an upload is believed, not what we remember: after a crash, a
 * reload or a cut it goes on where the server is (SPEC BLB6).
 */
import { wireErrors, type WireErrorCode } from '#protocol/errors.ts'
import { idToText } from '#protocol/ids.ts'
import { BLOB_PIECE_MAX } from '#protocol/limits.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import type { Timers } from '#protocol/ports.ts'
import { ok, type Result } from '#protocol/result.ts'
import type { Connection } from '#sync/connection.ts'
import type { CallError, HttpClient } from '#sync/http-client.ts'
import type { TransferTrouble } from './api.ts'
import type { BlobBook } from './blob-book.ts'
import { blobName } from './blob-rows.ts'
import { beginUpload, sendPiece, type BlobPlace } from './blob-wire.ts'
import type { FileShelf } from './deps.ts'
import type { Outbox, OutboxEntry } from './outbox.ts'
import type { Transfers } from './transfers.ts'

export interface UploadParts {
	readonly http: HttpClient
	readonly connection: Pick<Connection, 'state'>
	readonly timers: Timers
	readonly shelf: FileShelf
	readonly book: BlobBook
	readonly outbox: Outbox
	readonly transfers: Transfers
	/** All files of this entry are at the server, or one of them was refused for good. */
	readonly settled: (entry: OutboxEntry) => void
	/** A file is at the server after its message. */
	readonly gone: () => void
	readonly failed: (where: string, error: unknown) => void
}

export interface Uploads {
	/** Something was written, the connection is up, or a person tries again. */
	readonly go: () => void
	readonly close: () => void
}

interface Due {
	/** That waits for it; null: its message has gone before it, to devices without the server. */
	readonly entry: OutboxEntry | null
	readonly length: number
	readonly place: BlobPlace
}

/** After a request without an answer, or with one that passes, ms. */
const againMs = 3_000

export function createUploads(parts: UploadParts): Uploads {
	const { http, connection, timers, shelf, book, outbox, transfers, settled, gone, failed } = parts
	/** Of those whose messages have gone: not tried again before the next start. */
	const givenUp = new Set<string>()
	let isRunning = false
	/** Asked for while it ran: what is new may have come after the last look. */
	let isAsked = false
	let isClosed = false
	let cancelAgain = () => {}

	const isOurs = (attachment: Attachment) => book.get(blobName(attachment))?.state === 'ours'

	function nextDue(): Due | null {
		for (const entry of outbox.all()) {
			const { content, state } = entry.row
			if (content.kind !== 'post' || state !== 'waiting') continue
			const attachment = content.attachments.find(isOurs)
			if (attachment === undefined) continue
			const { conversation } = entry
			return { entry, length: attachment.length, place: { conversation, blob: blobName(attachment) } }
		}
		return nextLate()
	}

	function nextLate(): Due | null {
		for (const [blob, { state, event, conversation, length }] of book.all())
			if (state === 'ours' && event !== null && !givenUp.has(blob))
				return { entry: null, length, place: { conversation: idToText(conversation), blob } }
		return null
	}

	/** Not taken back, nor refused, while it was under way. */
	const isWanted = ({ entry, place }: Due) =>
		!isClosed && book.get(place.blob)?.state === 'ours' && (entry === null || current(entry)?.row.state === 'waiting')

	/** Null: it was taken back while it was read. */
	async function piece(due: Due, from: number): Promise<Blob | null> {
		const to = Math.min(due.length, from + BLOB_PIECE_MAX)
		return shelf.part(due.place.blob, from, to).catch((error: unknown) => {
			if (isWanted(due)) throw error
			return null
		})
	}

	/** False: it is not wanted any more. */
	async function upload(due: Due): Promise<Result<boolean, CallError>> {
		const { length, place } = due
		let offset = await beginUpload(http, place, length)
		while (offset.ok && offset.value < length) {
			if (!isWanted(due)) return ok(false)
			const from = offset.value
			transfers.moved(place.blob, { direction: 'up', done: from, total: length })
			const body = await piece(due, from)
			if (body === null) return ok(false)
			offset = await sendPiece(http, place, { offset: from, body })
			const isElsewhere = !offset.ok && offset.error.type === 'problem' && offset.error.code === 'wrong-offset'
			if (isElsewhere) offset = await beginUpload(http, place, length)
		}
		return offset.ok ? ok(isWanted(due)) : offset
	}

	async function finish({ entry, place }: Due): Promise<void> {
		const row = book.get(place.blob)
		if (row !== null) await book.set(place.blob, { ...row, state: 'sent' })
		transfers.ended(place.blob)
		if (entry === null) return gone()
		const now = current(entry)
		if (now !== null && now.row.content.kind === 'post' && !now.row.content.attachments.some(isOurs)) settled(now)
	}

	const current = ({ conversation, sequence }: OutboxEntry) =>
		outbox.of(conversation).find((one) => one.sequence === sequence) ?? null

	async function refuse(due: Due, code: WireErrorCode): Promise<void> {
		const { entry, place } = due
		if (entry === null) {
			givenUp.add(place.blob)
			return void stall(due, code)
		}
		transfers.ended(place.blob)
		const now = current(entry)
		if (now === null) return
		const refused: OutboxEntry = { ...now, row: { ...now.row, state: 'failed', code } }
		await outbox.replace(refused)
		settled(refused)
	}

	/** How long to wait before the next; 0: at once. */
	async function step(due: Due): Promise<number> {
		const done = await upload(due)
		if (done.ok) {
			if (done.value) await finish(due)
			else transfers.ended(due.place.blob)
			return 0
		}
		if (done.error.type === 'offline') return stall(due, 'no-answer')
		const { code, retryAfterMs } = done.error
		if (wireErrors[code].retry !== 'never') return stall(due, code, retryAfterMs)
		await refuse(due, code)
		return 0
	}

	function stall({ length, place }: Due, why: TransferTrouble, afterMs = againMs): number {
		transfers.stalled(place.blob, { direction: 'up', total: length }, why)
		return afterMs
	}

	async function run(): Promise<void> {
		for (let due = nextDue(); due !== null && !isClosed; due = nextDue()) {
			if (connection.state().type !== 'online') return
			const wait = await step(due)
			if (wait === 0) continue
			cancelAgain()
			cancelAgain = timers.after(wait, uploads.go)
			return
		}
	}

	const uploads: Uploads = {
		go: () => {
			isAsked = isRunning
			if (isRunning || isClosed) return
			cancelAgain()
			isRunning = true
			run()
				.catch((error: unknown) => failed('uploads', error))
				.finally(() => {
					isRunning = false
					if (isAsked) uploads.go()
				})
		},
		close: () => {
			isClosed = true
			cancelAgain()
		},
	}
	return uploads
}
