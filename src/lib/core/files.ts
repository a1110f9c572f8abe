/**
 * Files of messages: sealed onto the shelf before their message is written, sent before it (after it, where it went to devices without
 * the server), told to the server after it, shown from the shelf, and gone when room is needed. Ciphertext alone lies on the disk; its keys stand in the messages.
 */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { ok, type Result } from '#protocol/result.ts'
import type { ConversationId, FilePiece, KithError, NewFile, PreparingView, TransferView } from './api.ts'
import { createBlobBook } from './blob-book.ts'
import type { Holding } from './chunk-sources.ts'
import { createCopiedFiles, type CopiedFiles } from './copies/copied-files.ts'
import { blobName, type BlobRow } from './blob-rows.ts'
import { createChapter, orOffline } from './chapter.ts'
import { createDownloads, toPiece, type DownloadParts, type Downloads } from './downloads.ts'
import type { Outbox, OutboxEntry } from './outbox.ts'
import type { OutboxRow } from './outbox-row.ts'
import type { Records } from './records.ts'
import type { FileSealerParts } from './seal-files.ts'
import { createTransfers } from './transfers.ts'
import type { UploadParts } from './uploads.ts'

export interface Files extends Pick<Downloads, 'chunk' | 'sealed' | 'stop'> {
	/** Those of copies. */
	readonly copied: CopiedFiles
	readonly restore: () => Promise<void>
	readonly piece: (attachment: Attachment, index: number) => Promise<Result<FilePiece, KithError>>
	/** On the shelf, to go with a message that is written after it. */
	readonly seal: (conversation: ConversationId, files: readonly NewFile[]) => Promise<Result<Attachment[], KithError>>
	/** A file of a message of `from`, fetched where it is not here, and sealed under a key of its own for another conversation. */
	readonly copy: (
		from: { readonly conversation: ConversationId; readonly attachment: Attachment; readonly event: Bytes },
		to: ConversationId,
	) => Promise<Result<Attachment, KithError>>
	/** Sealed for a message that is not written after all. */
	readonly drop: (attachments: readonly Attachment[]) => Promise<void>
	/** Its files are at the server: it may be placed. */
	readonly areSent: (row: OutboxRow) => boolean
	/** Durable before the bytes of the message leave: which message they are to be told of. */
	readonly placed: (entries: readonly OutboxEntry[]) => Promise<void>
	/** The server has these messages. */
	readonly acked: (eventIds: readonly Bytes[]) => void
	/** Its message was taken back: nobody wants it any more. */
	readonly dropped: (entry: OutboxEntry) => Promise<void>
	/** `event`: the message that it is of. */
	readonly fetch: Downloads['fetch']
	/** What may be given to who reads the conversation too. */
	readonly holding: (conversation: ConversationId, blob: string) => Holding | null
	/** These messages were deleted for everyone. */
	readonly forget: (eventIds: readonly Bytes[]) => Promise<void>
	/** Told of a conversation where files are at the server, or were refused. */
	readonly listen: (listener: (conversation: ConversationId) => void) => () => void
	/** The connection is up, something was written, or a person tries again. */
	readonly go: () => void
	readonly transfers: () => readonly TransferView[]
	/** How far `seal` has come for a message; null where it is not under way. */
	readonly preparing: (conversation: ConversationId) => PreparingView | null
	/** `seal` is then refused as interrupted. */
	readonly stopPreparing: (conversation: ConversationId) => void
	readonly close: () => void
}

const GiB = 1024 * 1024 * 1024

export interface FilesParts
	extends
		Omit<UploadParts, 'book' | 'transfers' | 'settled' | 'gone'>,
		Omit<DownloadParts, 'book' | 'transfers'>,
		Omit<FileSealerParts, 'book'> {
	readonly records: Records
	readonly outbox: Outbox
	/** ms */
	readonly now: () => number
	/** Of `transfers`. */
	readonly changed: () => void
	/** Bytes of files that are kept to be shown again. */
	readonly keptBytes?: number
}

export function createFiles(parts: FilesParts): Files {
	const { http, crypto, shelf, records, outbox, connection, failed, now, keptBytes = GiB } = parts
	const book = createBlobBook({ records, shelf })
	const transfers = createTransfers(parts.changed)
	const sealer = createChapter(
		() => import('./seal-files.ts'),
		({ createFileSealer }) => createFileSealer({ ...parts, book }),
	)
	const listeners = new Set<(conversation: ConversationId) => void>()
	const settled = ({ conversation }: OutboxEntry) => listeners.forEach((listener) => listener(conversation))
	const trouble = (error: unknown) => failed('files', error)
	let isClosed = false
	const uploads = createChapter(
		() => import('./uploads.ts'),
		({ createUploads }) => {
			const made = createUploads({ ...parts, book, transfers, settled, gone: () => nameAll().catch(trouble) })
			if (isClosed) made.close()
			return made
		},
	)
	const downloads = createDownloads({ ...parts, book, transfers })

	/** Tells the server of the messages of files; what is not known there any more is told of at the next place, or never. */
	async function nameAll(): Promise<void> {
		for (const [blob, row] of book.all()) {
			if (row.state !== 'sent' || row.event === null || connection.state().type !== 'online') continue
			if (isUnderWay(blob)) continue
			const input = { conversation: idToText(row.conversation), blob, event: idToText(row.event) }
			const answer = await http.call((api) => api.blobs.name(input))
			const isSaid = answer.ok || (answer.error.type === 'problem' && answer.error.code === 'not-found')
			if (isSaid) await book.set(blob, { ...row, state: 'whole' })
		}
	}

	/** Its message may come to stand elsewhere yet. */
	const isUnderWay = (blob: string) =>
		outbox.all().some(({ row }) => attachmentsOf(row).some((attachment) => blobName(attachment) === blob))

	/** Not wanted for longest goes first, and only what the server has. */
	async function makeRoom(): Promise<void> {
		const kept = book.all().filter(([, { state }]) => state === 'whole')
		let bytes = kept.reduce((sum, [, { length }]) => sum + length, 0)
		for (const [name, { length }] of kept.toSorted(([, a], [, b]) => a.usedAt - b.usedAt)) {
			if (bytes <= keptBytes) return
			await book.remove(name)
			bytes -= length
		}
	}

	/** Sealed for a message that was never written: the process died between the two. */
	async function sweep(): Promise<void> {
		const wanted = new Set(outbox.all().flatMap(({ row }) => attachmentsOf(row).map(blobName)))
		for (const [name, { state, event }] of book.all()) {
			const isLeft = (state === 'ours' || state === 'sent') && event === null
			if (isLeft && !wanted.has(name)) await book.remove(name)
		}
	}

	const fetch: Files['fetch'] = async (conversation, attachment, event) => {
		const fetched = await downloads.fetch(conversation, attachment, event)
		if (fetched.ok) await makeRoom()
		return fetched
	}

	const drop: Files['drop'] = async (attachments) => {
		for (const attachment of attachments) await book.remove(blobName(attachment))
	}

	const seal: Files['seal'] = async (conversation, files) =>
		files.length === 0 ? ok([]) : orOffline(async () => (await sealer.open()).seal(conversation, files))

	return {
		piece: (attachment, index) => toPiece(downloads.chunk(attachment, index)),
		...{ chunk: downloads.chunk, sealed: downloads.sealed, stop: downloads.stop, transfers: transfers.now },
		preparing: (conversation) => sealer.opened()?.preparing(conversation) ?? null,
		stopPreparing: (conversation) => sealer.opened()?.stop(conversation),
		copied: createCopiedFiles({ crypto, shelf, book, now }),
		restore: async () => {
			await book.restore(outbox.all().flatMap(waitingIn))
			await sweep()
		},
		...{ fetch, seal, drop },
		holding: (conversation, blob) => {
			const row = book.get(blob)
			if (row === null || idToText(row.conversation) !== conversation) return null
			const { length } = row
			const read = (start: number, end: number) => shelf.read(blob, start, end).catch(() => null)
			if (row.state !== 'coming') return { length, chunks: null, fetching: false, read }
			const chunks = downloads.comingTo(blob)
			return chunks === null ? null : { length, chunks, fetching: true, read }
		},
		copy: async ({ conversation, attachment, event }, to) => {
			const fetched = await fetch(conversation, attachment, event)
			if (!fetched.ok) return fetched
			const { name, mime, picture, sound } = attachment
			const sealed = await seal(to, [{ file: downloads.source(attachment), name, mime, picture, sound }])
			return sealed.ok ? ok(sealed.value[0] as Attachment) : sealed
		},
		areSent: (row) => attachmentsOf(row).every((attachment) => book.get(blobName(attachment))?.state !== 'ours'),
		placed: async (entries) => {
			for (const { row } of entries) {
				for (const attachment of attachmentsOf(row)) {
					const known = book.get(blobName(attachment))
					const event = row.placed?.eventId ?? null
					const isNamed = known?.state === 'sent' || known?.state === 'ours'
					if (isNamed && event !== null) await book.set(blobName(attachment), { ...known, event })
				}
			}
		},
		acked: (eventIds) => {
			const isOf = ({ event }: BlobRow) => event !== null && eventIds.some((id) => equalBytes(id, event))
			if (book.all().some(([, row]) => row.state === 'sent' && isOf(row))) nameAll().catch(trouble)
		},
		dropped: async ({ conversation, row }) => {
			for (const attachment of attachmentsOf(row)) {
				const blob = blobName(attachment)
				await book.remove(blob)
				transfers.ended(blob)
				// Where the server does not hear of it, it sweeps what no message names.
				void http.call((api) => api.blobs.remove({ conversation, blob })).catch(trouble)
			}
		},
		forget: async (eventIds) => {
			for (const [name, row] of book.all()) {
				const isOf = row.event !== null && eventIds.some((id) => equalBytes(id, row.event as Bytes))
				if (!isOf) continue
				downloads.stop(name)
				await book.remove(name)
			}
		},
		listen: (listener) => {
			listeners.add(listener)
			return () => listeners.delete(listener)
		},
		go: () => {
			// Loaded with the first that is to go.
			const isDue = book.all().some(([, { state }]) => state === 'ours')
			if (isDue) uploads.open().then(({ go }) => go(), trouble)
			nameAll().catch(trouble)
		},
		close: () => {
			isClosed = true
			uploads.opened()?.close()
			downloads.close()
		},
	}
}

/** As rows: where a new sign-in took the rows along, and left the messages. */
function waitingIn({ conversation, row }: OutboxEntry): (readonly [string, BlobRow])[] {
	const id = textToId('conversation', conversation)
	if (id === null) return []
	const kept = { conversation: id, state: 'ours', event: null, usedAt: row.writtenAt } as const
	return attachmentsOf(row).map((attachment) => [blobName(attachment), { ...kept, length: attachment.length }])
}

export function attachmentsOf({ content }: Pick<OutboxRow, 'content'>): readonly Attachment[] {
	return content.kind === 'post' ? content.attachments : []
}
