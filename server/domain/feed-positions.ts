/**
 * Where a reader of a feed stands, in words that he gives back: of each conversation the last recvSeq and the last log entry that he
 * was told. Nothing of it is kept here, so he goes on at any node, after any restart.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'

export interface FeedPosition {
	readonly recv: number
	/** Of the conversation's log. */
	readonly seq: number
}

/** By conversation, base64url. */
export type FeedPositions = ReadonlyMap<string, FeedPosition>

/** Of a conversation's id: enough to tell apart those of one account. */
const idBytes = 8
const numberBytes = 6
const entryBytes = idBytes + 2 * numberBytes

/** Short ids of conversations, and their positions. */
export type KnownPositions = ReadonlyMap<string, FeedPosition>

export function shortId(conversation: string): string {
	return bytesToBase64url((base64urlToBytes(conversation) as Bytes).slice(0, idBytes))
}

export function encodePositions(positions: FeedPositions): string {
	const bytes = Buffer.alloc(positions.size * entryBytes)
	let at = 0
	for (const [conversation, { recv, seq }] of positions) {
		bytes.write(shortId(conversation), at, 'base64url')
		bytes.writeUIntBE(recv, at + idBytes, numberBytes)
		bytes.writeUIntBE(seq, at + idBytes + numberBytes, numberBytes)
		at += entryBytes
	}
	return bytes.toString('base64url')
}

/** Null for what was never given. */
export function decodePositions(text: string, max: number): KnownPositions | null {
	const decoded = base64urlToBytes(text)
	if (decoded === null || decoded.length % entryBytes !== 0 || decoded.length > max * entryBytes) return null
	const bytes = Buffer.from(decoded)
	const positions = new Map<string, FeedPosition>()
	for (let at = 0; at < bytes.length; at += entryBytes) {
		const id = bytes.toString('base64url', at, at + idBytes)
		const recv = bytes.readUIntBE(at + idBytes, numberBytes)
		positions.set(id, { recv, seq: bytes.readUIntBE(at + idBytes + numberBytes, numberBytes) })
	}
	return positions
}
