/**
 * What two connected devices say to each other (SPEC PEER). One message of the data channel is one frame:
 *
 *   hello ⇄ hello → proof (offerer) → proof (answerer), then in any order
 *   status, heads     what I have, and whether a server hears me
 *   page              a y-protocols message of one page: what I have (step1), what you lack (step2), what is new (update)
 *   taken             these items of an update are on my disk
 *   ask-log, log      a conversation's log: relayed as the server signed it, never written
 *   ask-boxes, box    keys of epochs, sealed to the account that asks
 *   ask-blob, blob    which chunks of a file I have, now and whenever that changes, until leave-blob
 *   ask-chunk, chunk  one of them as it was sealed, in pieces, the asked ones one after the other
 *
 *   ask-device, account  the log of the account whose device wrote what I cannot judge, as the server signed it
 *   ask-page, rows    one page as the server's digest says it is, of another device of the same account
 *
 * A frame of another kind, or in another order, ends the session.
 */
import { boxCodec } from './box.ts'
import type { Bytes } from './bytes.ts'
import {
	bool,
	bytes,
	decode,
	encode,
	fixed,
	list,
	set,
	struct,
	text,
	u16,
	u32,
	u64,
	union,
	versioned,
	type Decoded,
	type DecodeError,
} from './codec.ts'
import {
	GUID_MAX,
	KEM_PUBLIC_KEY_LENGTH,
	PEER_BLOB_PIECE_MAX,
	PEER_BOXES_MAX,
	PEER_CHUNK_BITS_MAX,
	PEER_CONVERSATIONS_MAX,
	PEER_FRAME_MAX,
	PEER_HEADS_MAX,
	PEER_LOG_ENTRIES_MAX,
} from './limits.ts'
import { fail, type Result } from './result.ts'

const place = struct({ clientId: u64, clock: u32 })

const pageHead = struct({
	page: u32,
	part: u16,
	/** digest.ts, over the places of the rows that the sender has, with ids of zeros. */
	digest: fixed(16),
})
export type PeerPageHead = Decoded<typeof pageHead>

const aboutBlobFields = { conversation: fixed(16), blob: fixed(16) }
const aboutBlob = struct(aboutBlobFields)

const peerFrame = versioned(
	1,
	union('t', {
		hello: [1, struct({ idHash: fixed(32), device: fixed(16), nonce: fixed(16) })],
		/** Over the transcript with these conversations: those that the signer would share. */
		proof: [2, struct({ conversations: set(fixed(16), PEER_CONVERSATIONS_MAX), signature: fixed(64) })],
		/** Is the sender connected to the server? What is new goes to whoever is not. */
		status: [3, struct({ online: bool })],
		heads: [4, struct({ conversation: fixed(16), logSeq: u32, pages: list(pageHead, PEER_HEADS_MAX) })],
		page: [5, struct({ guid: text(GUID_MAX), message: bytes(PEER_FRAME_MAX) })],
		taken: [6, struct({ guid: text(GUID_MAX), places: list(place, PEER_HEADS_MAX) })],
		askLog: [7, struct({ conversation: fixed(16), from: u32 })],
		log: [
			8,
			struct({
				conversation: fixed(16),
				from: u32,
				entries: list(bytes(PEER_FRAME_MAX), PEER_LOG_ENTRIES_MAX),
				/** Signed by the server over the last of them (head.ts). */
				head: bytes(512),
			}),
		],
		askBlob: [9, aboutBlob],
		leaveBlob: [10, aboutBlob],
		/** Nothing of it here, and nothing that may be told, say the same. */
		blob: [
			11,
			struct({
				...aboutBlobFields,
				/** The sender fetches it now: what it lacks may come to it. */
				fetching: bool,
				/** A bit for each chunk, the lowest of the first byte for the first (chunk-set.ts). */
				chunks: bytes(PEER_CHUNK_BITS_MAX),
			}),
		],
		/** `request` names the answer; each is answered. */
		askChunk: [12, struct({ ...aboutBlobFields, request: u32, index: u32 })],
		/** From the start of the chunk to its end, in order; without bytes: it is not here. */
		chunk: [13, struct({ request: u32, offset: u32, bytes: bytes(PEER_BLOB_PIECE_MAX) })],
		askBoxes: [14, struct({ conversation: fixed(16), epochs: list(u32, PEER_BOXES_MAX) })],
		/** The key of that epoch for AK_g of the account that asked. */
		box: [15, struct({ conversation: fixed(16), epoch: u32, g: u32, box: boxCodec })],
		/** Whose device is it that wrote in this conversation? */
		askDevice: [18, struct({ conversation: fixed(16), device: fixed(16) })],
		account: [
			19,
			struct({
				/** As it was asked for. */
				device: fixed(16),
				idHash: fixed(32),
				/** From the first on. */
				entries: list(bytes(PEER_FRAME_MAX), PEER_LOG_ENTRIES_MAX),
				/** Signed by the server over the last of them (head.ts). */
				head: bytes(512),
				/** AK_g; empty where it is not here. */
				g: u32,
				key: bytes(KEM_PUBLIC_KEY_LENGTH),
			}),
		],
		/** `digest`: as the server names it (digest.ts). `request` names the answer; each is answered. */
		askPage: [16, struct({ request: u32, conversation: fixed(16), page: u32, part: u16, digest: fixed(16) })],
		/** A Yjs update with some rows of that page; `last`: none come after these. At once the last and empty: not the same here. */
		rows: [17, struct({ request: u32, last: bool, update: bytes(PEER_FRAME_MAX) })],
	}),
)
export type PeerFrame = Decoded<typeof peerFrame>

export function encodePeerFrame(frame: PeerFrame): Bytes {
	return encode(peerFrame, frame)
}

/** Never throws, whatever the bytes. */
export function decodePeerFrame(raw: Uint8Array): Result<PeerFrame, DecodeError> {
	if (raw.length > PEER_FRAME_MAX) return fail({ type: 'malformed', reason: 'larger than a frame may be' })
	return decode(peerFrame, raw)
}
