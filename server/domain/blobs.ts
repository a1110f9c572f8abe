/**
 * Files beside the messages, which the server cannot read (SPEC BLB): whose they are, who may have them, how much there is of
 * them, and when they end. What they hold, and which message shows them, stands in envelopes; their author names the message,
 * so that they end with it (docs/decisions/0211).
 */
import { fileLengthOf } from '#protocol/blob.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { roleOf } from '#protocol/conversation-case.ts'
import { isArchivedAt } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { mayWrite } from '#protocol/event-rights.ts'
import { BLOB_PIECE_MAX, BLOB_UNFINISHED_FOR, BLOB_UNNAMED_FOR } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { removeFiles } from './blob-ends.ts'
import { BlobFilesUnavailable, type BlobRow } from './blob-ports.ts'
import { mayWriteTo } from './conversation-checks.ts'
import type { Access, ConversationStates, DomainPorts, FriendsApi } from './domain.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface BlobRef {
	readonly conversation: Bytes
	readonly blob: Bytes
}

export interface Progress {
	readonly received: number
	readonly length: number
}

export interface BlobPiece {
	readonly bytes: Bytes
	/** Of the whole blob. */
	readonly length: number
}

export interface Blobs {
	/**
	 * Makes room for it, or finds the own upload of that length again. Refused: not-found (also for the id of another's), forbidden,
	 * archived, not-friends, malformed, file-too-large, files-full, rate-limited.
	 */
	create(access: Access, about: BlobRef & { readonly length: number }): Promise<Decided<Progress>>
	/** Of the own device. Refused: not-found. */
	progress(access: Access, about: BlobRef): Promise<Decided<Progress>>
	/** Refused: as create, and wrong-offset, too-large, files-unavailable. */
	append(access: Access, about: BlobRef & { offset: number; bytes: Bytes }): Promise<Decided<Progress>>
	/** Refused: not-found to whoever is no member; files-unavailable. */
	read(access: Access, about: BlobRef & { from: number }): Promise<Decided<BlobPiece>>
	/** For who may read the conversation: that was asked before. Refused: not-found, files-unavailable. */
	pieceOf(about: BlobRef & { from: number }): Promise<Decided<BlobPiece>>
	/** Refused: not-found, also for one that a message names. */
	remove(access: Access, about: BlobRef): Promise<Decided<null>>
	/** Refused: not-found where the own account has no such message there, or no such blob. */
	name(access: Access, about: BlobRef & { event: Bytes }): Promise<Decided<null>>
	/** Ends what nobody goes on with, what no message names, and files of which nobody knows. */
	sweep(): Promise<void>
}

export interface BlobsContext extends DomainPorts {
	readonly conversationStates: ConversationStates
	readonly friends: FriendsApi
}

export function createBlobs(context: BlobsContext): Blobs {
	const inTurn = createTurnsByKey()
	const turnOf = <T>({ blob }: BlobRef, work: () => Promise<T>) => inTurn(bytesToBase64url(blob), work)
	return {
		create: (access, about) => turnOf(about, () => create(context, access, about)),
		progress: async (access, about) => {
			const row = await ownBlob(context, access, about)
			return row === null ? refuse('not-found') : ok(row)
		},
		append: (access, about) => turnOf(about, () => append(context, access, about)),
		read: async (access, about) => {
			const state = await context.conversationStates.get(about.conversation)
			const isMember = state !== null && roleOf(state, access.account) !== null
			return isMember ? pieceOf(context, about) : refuse('not-found')
		},
		pieceOf: (about) => pieceOf(context, about),
		remove: (access, about) => turnOf(about, () => remove(context, access, about)),
		name: (access, about) => turnOf(about, () => name(context, access, about)),
		sweep: () => sweep(context),
	}
}

/** One request at a time for each blob: two at one offset would write over each other. */
function createTurnsByKey() {
	const last = new Map<string, Promise<unknown>>()
	return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
		const mine = (last.get(key) ?? Promise.resolve()).then(work, work)
		last.set(key, mine)
		try {
			return await mine
		} finally {
			if (last.get(key) === mine) last.delete(key)
		}
	}
}

/** The right to post there now: asked at the first request, and at each that brings bytes. */
async function mayBringTo(context: BlobsContext, access: Access, conversation: Bytes): Promise<Decided<null>> {
	const state = await context.conversationStates.get(conversation)
	const role = state === null ? null : roleOf(state, access.account)
	if (state === null || role === null) return refuse('not-found')
	if (!mayWrite('post', role, false)) return refuse('forbidden')
	if (isArchived(state)) return refuse('archived')
	return mayWriteTo(context, access, state)
}

function isArchived(state: ConversationState): boolean {
	return isArchivedAt(state, state.head.seq)
}

/** Null for another device's, another conversation's, or none. */
async function ownBlob(context: BlobsContext, { device }: Access, { blob, conversation }: BlobRef) {
	const row = await context.repositories.blobs.byId(blob)
	const isOwn = row !== null && equalBytes(row.device, device) && equalBytes(row.conversation, conversation)
	return isOwn ? row : null
}

async function create(
	context: BlobsContext,
	access: Access,
	{ conversation, blob, length }: BlobRef & { readonly length: number },
): Promise<Decided<Progress>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const allowed = await mayBringTo(context, access, conversation)
	if (!allowed.ok) return allowed
	if (length > context.policy.fileMax) return refuse('file-too-large')
	if (fileLengthOf(length) === null) return refuse('malformed')
	const { account, device } = access
	const row: BlobRow = {
		...{ blob, conversation, account, device, length, received: 0 },
		...{ usedAt: context.clock(), event: null },
	}
	return context.unitOfWork.transaction(async ({ blobs }) => {
		const known = await blobs.byId(blob)
		if (known !== null) return isSameUpload(known, row) ? ok(known) : refuse('not-found')
		if ((await blobs.usage(account)) + length > context.policy.filesMax) return refuse('files-full')
		await blobs.insert(row)
		return ok(row)
	})
}

function isSameUpload(a: BlobRow, b: BlobRow): boolean {
	return equalBytes(a.device, b.device) && equalBytes(a.conversation, b.conversation) && a.length === b.length
}

async function append(
	context: BlobsContext,
	access: Access,
	{ conversation, blob, offset, bytes }: BlobRef & { offset: number; bytes: Bytes },
): Promise<Decided<Progress>> {
	const row = await ownBlob(context, access, { conversation, blob })
	if (row === null) return refuse('not-found')
	const allowed = await mayBringTo(context, access, conversation)
	if (!allowed.ok) return allowed
	if (offset !== row.received) return refuse('wrong-offset')
	const received = offset + bytes.length
	if (received > row.length) return refuse('too-large')
	if (bytes.length === 0) return ok(row)
	const { blobFiles, unitOfWork, clock } = context
	const written = await reached(context, async () => {
		await blobFiles.write(blob, offset, bytes)
		if (received === row.length) await blobFiles.finish(blob, received)
	})
	if (!written.ok) return written
	const moved = { from: offset, to: received, at: clock() }
	const isMoved = await unitOfWork.transaction(({ blobs }) => blobs.advance(blob, moved))
	return isMoved ? ok({ received, length: row.length }) : refuse('wrong-offset')
}

/** What was not stored does not count, and the same request may come again. */
async function reached<T>({ log }: BlobsContext, work: () => Promise<T>): Promise<Decided<T>> {
	try {
		return ok(await work())
	} catch (error) {
		if (!(error instanceof BlobFilesUnavailable)) throw error
		log.warn('file-store-unavailable', { code: error.code })
		return refuse('files-unavailable')
	}
}

async function pieceOf(
	context: BlobsContext,
	{ conversation, blob, from }: BlobRef & { from: number },
): Promise<Decided<BlobPiece>> {
	const row = await context.repositories.blobs.byId(blob)
	if (row === null || !equalBytes(row.conversation, conversation)) return refuse('not-found')
	if (row.received < row.length || from >= row.length) return refuse('not-found')
	const end = Math.min(row.length, from + BLOB_PIECE_MAX)
	const read = await reached(context, () => context.blobFiles.read(blob, from, end))
	return read.ok ? ok({ bytes: read.value, length: row.length }) : read
}

async function remove(context: BlobsContext, access: Access, about: BlobRef): Promise<Decided<null>> {
	const row = await ownBlob(context, access, about)
	if (row === null || row.event !== null) return refuse('not-found')
	await end(context, row.blob)
	return ok(null)
}

async function end(context: BlobsContext, blob: Bytes): Promise<void> {
	await context.unitOfWork.transaction(({ blobs }) => blobs.delete(blob))
	await removeFiles(context, [blob])
}

async function name(
	context: BlobsContext,
	access: Access,
	{ event, ...about }: BlobRef & { event: Bytes },
): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const row = await ownBlob(context, access, about)
	if (row === null || row.received < row.length) return refuse('not-found')
	const stands = await context.unitOfWork.transaction(async ({ blobs, events, devices }) => {
		const counters = await events.counters(about.conversation)
		const place = counters === null ? null : await events.byEventId(counters.id, event)
		if (counters === null || place === null) return null
		const item = decodeItem((await events.item(counters.id, place.recv)) as Bytes)
		const author = item.ok ? await devices.owner(item.value.head.deviceId) : null
		if (!item.ok || author === null || !equalBytes(author, access.account)) return null
		if (item.value.form === 'full') await blobs.setEvent(row.blob, event)
		return item.value.form === 'full'
	})
	if (stands === null) return refuse('not-found')
	// It was redacted, or has expired, before its files were named.
	if (!stands) await end(context, row.blob)
	return ok(null)
}

async function sweep(context: BlobsContext): Promise<void> {
	const { unitOfWork, repositories, blobFiles, clock } = context
	const before = { unfinished: clock() - BLOB_UNFINISHED_FOR, unnamed: clock() - BLOB_UNNAMED_FOR }
	await removeFiles(context, await unitOfWork.transaction(({ blobs }) => blobs.deleteStale(before)))
	// A row is there before its file, and goes before it: a file without one is nobody's. What cannot be reached waits for the next sweep.
	await reached(context, async () => {
		for await (const blob of blobFiles.list()) {
			if ((await repositories.blobs.byId(blob)) === null) await removeFiles(context, [blob])
		}
	})
}
