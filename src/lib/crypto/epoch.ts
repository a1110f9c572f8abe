/**
 * Epoch keys of a conversation and what follows from them (SPEC EPO). EK_n is random, boxed to each member and committed
 * to in the log; PRK_n = HKDF-Extract(salt convId, EK_n), and every key in use is an Expand of it with its own tag.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { epochCommit } from '#protocol/commitments.ts'
import type { Epoch } from '#protocol/conversation-log.ts'
import {
	awarenessKeyInfo,
	backAad,
	backKeyInfo,
	eventKeyInfo,
	titleKeyInfo,
	type EpochRef,
} from '#protocol/epoch-keys.ts'
import { markerKeyInfo } from '#protocol/marker.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { aeadOpen, aeadSeal, keyLength, nonceLength } from './aead.ts'
import { equalSecret } from './hash.ts'
import { createExpander, hkdfExtract } from './hkdf.ts'
import type { Crypto } from './suite.ts'

/** EK_n: whoever has it reads epoch n, and older ones where history is shared. */
export interface EpochKey extends EpochRef {
	/** 32 bytes. */
	readonly secret: Bytes
}

/** Keys in use, 32 bytes each. Made once per epoch, not once per event. */
export interface EpochKeys extends EpochRef {
	/** The key of one event: shown in a report, it opens no other. */
	readonly event: (deviceId: Bytes, nonce: Bytes) => Bytes
	readonly awareness: (deviceId: Bytes) => Bytes
	readonly marker: (deviceId: Bytes) => Bytes
	readonly title: () => Bytes
	/** Seals the key of epoch m to whoever has this one. */
	readonly back: (m: number) => Bytes
}

/** AES-GCM of an older epoch's key, as it stands in a rotate. */
export type Back = NonNullable<Epoch['back']>

export type BackError =
	/** Does not open: the next rotate points past it. */
	| { readonly type: 'damaged' }
	/** Opens to a key that is not the one of epoch m: reported, never stored. */
	| { readonly type: 'wrong-key' }

export function newEpochKey(crypto: Crypto, { conversation, n }: EpochRef): EpochKey {
	return { conversation, n, secret: crypto.random(keyLength) }
}

/** What the rotate says of the key before anybody has it. */
export function commitOf(crypto: Crypto, key: EpochKey): Bytes {
	return epochCommit(crypto.hash, key, key.secret)
}

export function matchesCommit(crypto: Crypto, key: EpochKey, commit: Bytes): boolean {
	return equalSecret(commitOf(crypto, key), commit)
}

export function deriveEpochKeys({ conversation, n, secret }: EpochKey): EpochKeys {
	const expand = createExpander(hkdfExtract(conversation, secret))
	return {
		conversation,
		n,
		event: (deviceId, nonce) => expand(eventKeyInfo(deviceId, nonce)),
		awareness: (deviceId) => expand(awarenessKeyInfo(deviceId)),
		marker: (deviceId) => expand(markerKeyInfo(deviceId)),
		title: () => expand(titleKeyInfo()),
		back: (m) => expand(backKeyInfo(m)),
	}
}

/** Lets who gets `from` (epoch n) read `to` (epoch m < n) as well. */
export async function sealBack(crypto: Crypto, from: EpochKey, to: EpochKey): Promise<Back> {
	const nonce = crypto.random(nonceLength)
	const input = { nonce, aad: backAad(from, to.n), plaintext: to.secret }
	return { m: to.n, sealed: { nonce, ct: await aeadSeal(crypto.subtle, deriveEpochKeys(from).back(to.n), input) } }
}

/** `commit`: what the verified log says of epoch m. Who holds EK_m already finds a bad link by the same commit. */
export async function openBack(
	crypto: Crypto,
	from: EpochKey,
	link: { readonly back: Back; readonly commit: Bytes },
): Promise<Result<EpochKey, BackError>> {
	const { m, sealed } = link.back
	const input = { nonce: sealed.nonce, aad: backAad(from, m), ciphertext: sealed.ct }
	const secret = await aeadOpen(crypto.subtle, deriveEpochKeys(from).back(m), input)
	if (secret === null) return fail({ type: 'damaged' })
	const key = { conversation: from.conversation, n: m, secret }
	return matchesCommit(crypto, key, link.commit) ? ok(key) : fail({ type: 'wrong-key' })
}
