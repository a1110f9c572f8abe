/**
 * What every key under an epoch is derived for, and what it binds (SPEC EPO): HKDF-Expand infos under
 * PRK_n = HKDF-Extract(salt convId, EK_n), the AADs that go with them, and encrypted awareness.
 */
import { utf8ToBytes, type Bytes } from './bytes.ts'
import { bytes, encode, fixed, struct, u32, u64, versioned, type Decoded } from './codec.ts'
import { AWARENESS_STATE_MAX } from './limits.ts'
import { aadTags, keyTags, tagged } from './tags.ts'

/** Which epoch of which conversation. */
export interface EpochRef {
	/** 16 bytes. */
	readonly conversation: Bytes
	/** From 1. */
	readonly n: number
}

/** The key of one event: deviceId 16 bytes, nonce 12. */
export function eventKeyInfo(deviceId: Bytes, nonce: Bytes): Bytes {
	return tagged(keyTags.event, deviceId, nonce)
}

/** The key that seals EK_m to whoever has this epoch. */
export function backKeyInfo(m: number): Bytes {
	return tagged(keyTags.back, encode(u32, m))
}

/** AAD of the back link from epoch n to epoch m. */
export function backAad({ conversation, n }: EpochRef, m: number): Bytes {
	return tagged(aadTags.back, conversation, encode(u32, n), encode(u32, m))
}

/** One key per device: its nonces meet no other device's. */
export function awarenessKeyInfo(deviceId: Bytes): Bytes {
	return tagged(keyTags.awareness, deviceId)
}

/**
 * One awareness value as it travels, base64url in the state's JSON: who is here and who types. Only whoever may speak for
 * this clientID on this page opens it; a connection cannot replay another's.
 */
export const sealedAwareness = versioned(
	1,
	struct({ epoch: u32, device: fixed(16), nonce: fixed(12), ct: bytes(AWARENESS_STATE_MAX) }),
)
export type SealedAwareness = Decoded<typeof sealedAwareness>

/** Where an awareness value belongs; the account is not in it, it follows from the device. */
export interface AwarenessSubject {
	/** ASCII, of the conversation's newest page. */
	readonly guid: string
	/** The clientID of awareness: random, below 2^53. */
	readonly clientId: number
	/** 16 bytes. */
	readonly device: Bytes
}

export function awarenessAad({ guid, clientId, device }: AwarenessSubject): Bytes {
	const name = utf8ToBytes(guid)
	return tagged(aadTags.awareness, Uint8Array.of(name.length), name, encode(u64, BigInt(clientId)), device)
}

/** Name, topic and picture of a conversation. */
export function titleKeyInfo(): Bytes {
	return tagged(keyTags.title)
}

/** AAD of a title that is sealed under epoch n by `idHash`. */
export function titleAad({ conversation, n }: EpochRef, idHash: Bytes): Bytes {
	return tagged(aadTags.title, conversation, encode(u32, n), idHash)
}
