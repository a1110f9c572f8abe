/**
 * What both logs share: an entry is body ‖ signatures. Every hash of an entry is over its body alone and every signature
 * over the body, so a signature can be made again without changing an id (SPEC LOG1).
 */
import type { Bytes } from './bytes.ts'
import { bytes, choice, encode, fixed, set, struct, u32, type Decoded } from './codec.ts'
import { CONVERSATION_BODY_MAX } from './limits.ts'
import type { Hash } from './ports.ts'
import { hashTags, taggedHash } from './tags.ts'

/** Kinds of keys that sign entries; the number decides the order of signatures. */
const signerKind = choice({ 1: 'method', 2: 'device', 3: 'certificate', 4: 'link' })
export type SignerKind = Decoded<typeof signerKind>

const entrySignature = struct({
	kind: signerKind,
	/** SHA-256(key)[0..16] */
	keyHash: fixed(16),
	signature: fixed(64),
})
export type EntrySignature = Decoded<typeof entrySignature>

/** count1 ‖ (kind1 ‖ keyHash16 ‖ sig64) …, ascending by kind, then key; no key signs twice as one kind. */
const signatures = set(entrySignature, 255, { keyLength: 17, countWidth: 1 })

/** len4 ‖ body ‖ signatures: how an entry is stored and carried. `body` stays as it was signed. */
export const signedEntry = struct({ body: bytes(CONVERSATION_BODY_MAX), signatures })
export type SignedEntry = Decoded<typeof signedEntry>

/** 32 zero bytes: the hash before the first entry. */
export const noHash: Bytes = new Uint8Array(32)

/** Where a log stands, or stood: position and chain hash there. */
export const logHead = struct({ seq: u32, hash: fixed(32) })
export type LogHead = Decoded<typeof logHead>

/** The short form in links and pins. */
export const shortHead = struct({ seq: u32, hash16: fixed(16) })

/** h_s = SHA-256("kith/h/1" ‖ h_{s−1} ‖ s4 ‖ SHA-256(body)), for both logs. */
export function chainHash(hash: Hash, previous: Bytes, entry: { seq: number; body: Bytes }): Bytes {
	return chainBodyHash(hash, previous, { seq: entry.seq, bodyHash: hash(entry.body) })
}

/** The same where only SHA-256(body) is at hand, as in a fork proof. */
export function chainBodyHash(hash: Hash, previous: Bytes, entry: { seq: number; bodyHash: Bytes }): Bytes {
	return taggedHash(hash, hashTags.chain, previous, encode(u32, entry.seq), entry.bodyHash)
}
