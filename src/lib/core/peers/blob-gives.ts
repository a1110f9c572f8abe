/**
 * Files that another device fetches from this one: it is told what is here, and given the chunks that it asks for, one after the
 * other and never so many at once that what is said would wait (SPEC PEER10, PEER11).
 */
import { chunkCountOf, chunksOf, fileLengthOf } from '#protocol/blob.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { allChunks, chunkSet } from '#protocol/chunk-set.ts'
import { idToText } from '#protocol/ids.ts'
import { PEER_BLOB_PIECE_MAX } from '#protocol/limits.ts'
import type { PeerFrame } from '#protocol/peer-frames.ts'
import type { Timers } from '#protocol/ports.ts'
import type { ConversationId } from '../api.ts'
import type { Holding } from '../chunk-sources.ts'
import { peerLimits } from './limits.ts'
import { Offence, sharedBy, type Sharing } from './offence.ts'

export interface BlobGives {
	readonly hearAsk: (frame: Extract<PeerFrame, { t: 'askBlob' }>) => void
	readonly hearLeave: (frame: Extract<PeerFrame, { t: 'leaveBlob' }>) => void
	readonly hearAskChunk: (frame: Extract<PeerFrame, { t: 'askChunk' }>) => void
	/** More of it is here, or less. */
	readonly moved: (blob: string) => void
	readonly end: () => void
}

export interface BlobGivesDeps extends Sharing {
	readonly timers: Timers
	readonly holding: (conversation: ConversationId, blob: string) => Holding | null
	readonly send: (frame: PeerFrame) => void
	/** Bytes that wait to be sent. */
	readonly buffered: () => number
	readonly failed: (error: unknown) => void
}

interface Watched {
	readonly conversation: Bytes
	readonly blob: Bytes
	/** Told soon. */
	cancel: (() => void) | null
}

type AskedChunk = Extract<PeerFrame, { t: 'askChunk' }>

export function createBlobGives(deps: BlobGivesDeps): BlobGives {
	const { timers, holding, send, buffered, failed } = deps
	const watched = new Map<string, Watched>()
	const owed: AskedChunk[] = []
	/** Bytes that it was given of each. */
	const given = new Map<string, number>()
	let isGiving = false
	let isOver = false

	/** What of it this device may know of: nothing where nothing is here. */
	function hereOf({ conversation, blob }: Pick<Watched, 'conversation' | 'blob'>) {
		const id = idToText(conversation)
		const here = deps.shares(id) ? holding(id, bytesToBase64url(blob)) : null
		const fileLength = here === null ? null : fileLengthOf(here.length)
		if (here === null || fileLength === null) return null
		const count = chunkCountOf(fileLength)
		return { here, fileLength, chunks: here.chunks === null ? allChunks(count) : chunkSet(count, here.chunks) }
	}

	function tell({ conversation, blob }: Pick<Watched, 'conversation' | 'blob'>): void {
		const found = hereOf({ conversation, blob })
		const chunks = found?.chunks.bytes() ?? new Uint8Array()
		send({ t: 'blob', conversation, blob, fetching: found?.here.fetching ?? false, chunks })
	}

	/** Null: not here, not for this device, or it had it often enough. */
	async function sealedAt(asked: AskedChunk): Promise<Bytes | null> {
		const found = hereOf(asked)
		if (found === null || !found.chunks.has(asked.index)) return null
		const { here, fileLength } = found
		const name = bytesToBase64url(asked.blob)
		const before = given.get(name) ?? 0
		const chunk = chunksOf(fileLength, asked.index).next().value
		if (chunk === undefined || before >= peerLimits.timesGiven * here.length) return null
		const sealed = await here.read(chunk.blob.start, chunk.blob.end)
		given.set(name, before + (sealed?.length ?? 0))
		return sealed
	}

	/** What is said goes before the next piece. */
	async function untilRoom(): Promise<void> {
		while (!isOver && buffered() >= peerLimits.unsentBelow)
			await new Promise<void>((resolve) => void timers.after(peerLimits.pumpMs, resolve))
	}

	async function give(asked: AskedChunk): Promise<void> {
		const { request } = asked
		const sealed = await sealedAt(asked)
		if (sealed === null) return send({ t: 'chunk', request, offset: 0, bytes: new Uint8Array() })
		for (let offset = 0; offset < sealed.length; offset += PEER_BLOB_PIECE_MAX) {
			await untilRoom()
			send({ t: 'chunk', request, offset, bytes: sealed.slice(offset, offset + PEER_BLOB_PIECE_MAX) })
		}
	}

	async function giveAll(): Promise<void> {
		for (let next = owed[0]; next !== undefined && !isOver; next = owed[0]) {
			await give(next)
			owed.shift()
		}
	}

	function forget(name: string): void {
		watched.get(name)?.cancel?.()
		watched.delete(name)
	}

	return {
		hearAsk: ({ conversation, blob }) => {
			const name = bytesToBase64url(blob)
			sharedBy(deps, conversation)
			forget(name)
			watched.set(name, { conversation, blob, cancel: null })
			if (watched.size > peerLimits.blobsWatched) forget(watched.keys().next().value as string)
			tell({ conversation, blob })
		},
		hearLeave: ({ conversation, blob }) => {
			sharedBy(deps, conversation)
			forget(bytesToBase64url(blob))
		},
		hearAskChunk: (asked) => {
			sharedBy(deps, asked.conversation)
			if (owed.length >= peerLimits.chunksOwed) throw new Offence('more chunks than one waits for')
			owed.push(asked)
			if (isGiving) return
			isGiving = true
			giveAll()
				.catch(failed)
				.finally(() => (isGiving = false))
		},
		moved: (blob) => {
			const one = watched.get(blob)
			if (one === undefined || one.cancel !== null) return
			one.cancel = timers.after(peerLimits.tellChunksMs, () => {
				one.cancel = null
				tell(one)
			})
		},
		end: () => {
			isOver = true
			for (const name of [...watched.keys()]) forget(name)
			owed.length = 0
		},
	}
}
