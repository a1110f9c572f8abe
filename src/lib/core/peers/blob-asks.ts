/** Files that this device fetches from another: what that has of them, and chunks that were asked for, piece by piece (SPEC PEER10). */
import { bytesToBase64url, concatBytes, type Bytes } from '#protocol/bytes.ts'
import { chunkSet } from '#protocol/chunk-set.ts'
import { textToId } from '#protocol/ids.ts'
import type { PeerFrame } from '#protocol/peer-frames.ts'
import type { Timers } from '#protocol/ports.ts'
import type { DeviceId } from '../api.ts'
import type { ChunkSource, SaidOfBlob, WantedBlob } from '../chunk-sources.ts'
import { peerLimits } from './limits.ts'
import { Offence } from './offence.ts'

export interface BlobAsks {
	readonly source: (want: WantedBlob, changed: () => void) => PeerSource
	readonly hearBlob: (frame: Extract<PeerFrame, { t: 'blob' }>) => void
	readonly hearChunk: (frame: Extract<PeerFrame, { t: 'chunk' }>) => void
	readonly end: () => void
}

export interface PeerSource extends ChunkSource {
	readonly leave: () => void
}

export interface BlobAsksDeps {
	readonly device: DeviceId
	readonly timers: Timers
	readonly send: (frame: PeerFrame) => void
	/** So much will come that was asked for. */
	readonly expect: (bytes: number, frames: number) => void
	readonly bar: () => void
}

interface Watch {
	readonly want: WantedBlob
	readonly changed: () => void
	said: SaidOfBlob | null
}

interface Asked {
	readonly length: number
	readonly pieces: Bytes[]
	size: number
	/** Does nothing any more where nobody waits. */
	done: (sealed: Bytes | null) => void
}

/** Of a frame around a piece, and pieces of a chunk, at most. */
const frameOverhead = 64
const piecesMax = 4

export function createBlobAsks({ device, timers, send, expect, bar }: BlobAsksDeps): BlobAsks {
	const watched = new Map<string, Watch>()
	/** By request. Each is answered, so that what came too late for whoever asked is known for what it is. */
	const asked = new Map<number, Asked>()
	let requests = 0
	let cancelDeadline = () => {}

	function waitForPieces(): void {
		cancelDeadline()
		if (asked.size > 0) cancelDeadline = timers.after(peerLimits.pieceWithinMs, giveUp)
	}

	/** Whoever waits goes elsewhere; there is no room for more until it has come all the same. */
	function giveUp(): void {
		for (const one of asked.values()) answer(one, null)
	}

	function answer(one: Asked, sealed: Bytes | null): void {
		const { done } = one
		one.done = () => {}
		done(sealed)
	}

	function settle(request: number, one: Asked, sealed: Bytes | null): void {
		asked.delete(request)
		answer(one, sealed)
	}

	function ask(want: WantedBlob, conversation: Bytes, index: number): Promise<Bytes | null> {
		const request = ++requests
		const length = want.lengthOf(index)
		expect(length + piecesMax * frameOverhead, piecesMax)
		return new Promise((done) => {
			asked.set(request, { length, pieces: [], size: 0, done })
			waitForPieces()
			send({ t: 'askChunk', conversation, blob: want.blobId, request, index })
		})
	}

	return {
		source: (want, changed) => {
			const name = bytesToBase64url(want.blobId)
			const conversation = textToId('conversation', want.conversation) as Bytes
			const watch: Watch = { want, changed, said: null }
			watched.set(name, watch)
			send({ t: 'askBlob', conversation, blob: want.blobId })
			return {
				device,
				bar,
				said: () => watch.said,
				room: () => peerLimits.chunksAsked - asked.size,
				fetch: (index) => ask(want, conversation, index),
				leave: () => {
					if (watched.get(name) !== watch) return
					watched.delete(name)
					send({ t: 'leaveBlob', conversation, blob: want.blobId })
				},
			}
		},
		hearBlob: ({ conversation, blob, fetching, chunks }) => {
			const watch = watched.get(bytesToBase64url(blob))
			if (watch === undefined || watch.want.conversation !== bytesToBase64url(conversation)) return
			watch.said = { fetching, chunks: chunkSet(watch.want.count, chunks) }
			watch.changed()
		},
		hearChunk: ({ request, offset, bytes }) => {
			const one = asked.get(request)
			if (one === undefined || offset !== one.size) throw new Offence('a piece that nobody asked for')
			if (bytes.length === 0 && offset === 0) {
				settle(request, one, null)
				return waitForPieces()
			}
			if (bytes.length === 0 || offset + bytes.length > one.length) throw new Offence('no piece of that chunk')
			one.pieces.push(bytes)
			one.size += bytes.length
			if (one.size === one.length) settle(request, one, concatBytes(...one.pieces))
			waitForPieces()
		},
		end: () => {
			cancelDeadline()
			for (const [request, one] of [...asked]) settle(request, one, null)
			watched.clear()
		},
	}
}
