/**
 * Identities are hashes: nobody assigns them, everybody can check them (SPEC HASH).
 * Ids in text are canonical base64url of the bytes: `idToText`, `textToId`.
 */
import { base64urlToBytes, bytesToBase64url, compareBytes, concatBytes, type Bytes } from './bytes.ts'
import type { Hash } from './ports.ts'
import { hashTags, taggedHash } from './tags.ts'

/** Bytes of each id. */
export const idLengths = {
	account: 32,
	user: 16,
	device: 16,
	conversation: 16,
	event: 16,
	server: 32,
	link: 16,
} as const
export type IdKind = keyof typeof idLengths

/** 16 bytes of an Ed25519 public key (32 bytes). Unique on an instance for ever. */
export function deviceIdOf(hash: Hash, publicKey: Bytes): Bytes {
	return taggedHash(hash, hashTags.device, publicKey).slice(0, 16)
}

/** 32 bytes over the encoded create body of an account log: the account itself. */
export function idHashOf(hash: Hash, createBody: Bytes): Bytes {
	return taggedHash(hash, hashTags.account, createBody)
}

/** The short form of an account, 16 bytes; never used where a key or a right is looked up. */
export function userId(idHash: Bytes): Bytes {
	return idHash.slice(0, 16)
}

/** 32 bytes of the instance's Ed25519 public key. */
export function serverIdOf(hash: Hash, publicKey: Bytes): Bytes {
	return taggedHash(hash, hashTags.server, publicKey)
}

/** 16 bytes over the encoded create body of a group or room. */
export function conversationIdOf(hash: Hash, createBody: Bytes): Bytes {
	return taggedHash(hash, hashTags.conversation, createBody).slice(0, 16)
}

/** The direct conversation of two accounts, whichever is named first. */
export function dmIdOf(hash: Hash, a: Bytes, b: Bytes): Bytes {
	const [lower, higher] = compareBytes(a, b) <= 0 ? [a, b] : [b, a]
	return taggedHash(hash, hashTags.direct, lower, higher).slice(0, 16)
}

/** An account's conversation with itself. */
export function notesIdOf(hash: Hash, idHash: Bytes): Bytes {
	return taggedHash(hash, hashTags.notes, idHash).slice(0, 16)
}

/** The operator's notices to one user, apart from any direct conversation of the two. */
export function noticeIdOf(hash: Hash, admin: Bytes, user: Bytes): Bytes {
	return taggedHash(hash, hashTags.notice, admin, user).slice(0, 16)
}

/** 16 bytes that name an invitation link of a conversation, from its Ed25519 public key. */
export function linkIdOf(hash: Hash, linkKey: Bytes): Bytes {
	return taggedHash(hash, hashTags.link, linkKey).slice(0, 16)
}

/** How a signature names its key: SHA-256(key)[0..16]. */
export function keyHash16(hash: Hash, key: Bytes): Bytes {
	return hash(key).slice(0, 16)
}

/** A conversation id where 32 bytes belong (signed heads): padded with zeros. */
export function padConversationId(conversation: Bytes): Bytes {
	return concatBytes(conversation, new Uint8Array(16))
}

export function idToText(id: Bytes): string {
	return bytesToBase64url(id)
}

/** Null when `text` is not the one spelling of an id of this kind. */
export function textToId(kind: IdKind, text: string): Bytes | null {
	const bytes = base64urlToBytes(text)
	return bytes !== null && bytes.length === idLengths[kind] ? bytes : null
}
