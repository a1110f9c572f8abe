/**
 * Awareness (SPEC EPO): who is here and who types, under the epoch key. Bound to page, clientID and device, so that
 * whoever relays cannot say it for another; who may speak for a clientID is the connection's to check.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { awarenessAad, type SealedAwareness } from '#protocol/epoch-keys.ts'
import { aeadOpen, aeadSeal, nonceLength } from './aead.ts'
import type { EpochKeys } from './epoch.ts'
import type { Crypto } from './suite.ts'

/** Where the value belongs: page guid, the clientID of awareness. */
export interface AwarenessPlace {
	readonly guid: string
	readonly clientId: number
}

export async function sealAwareness(
	crypto: Crypto,
	epoch: EpochKeys,
	value: AwarenessPlace & { readonly device: Bytes; readonly plaintext: Bytes },
): Promise<SealedAwareness> {
	const { device, plaintext } = value
	const nonce = crypto.random(nonceLength)
	const ct = await aeadSeal(crypto.subtle, epoch.awareness(device), { nonce, aad: awarenessAad(value), plaintext })
	return { epoch: epoch.n, device, nonce, ct }
}

/** Null when it belongs to another place or epoch, or is damaged. */
export async function openAwareness(
	crypto: Crypto,
	epoch: EpochKeys,
	sealed: AwarenessPlace & { readonly value: SealedAwareness },
): Promise<Bytes | null> {
	const { device, nonce, ct: ciphertext } = sealed.value
	if (sealed.value.epoch !== epoch.n) return null
	const aad = awarenessAad({ guid: sealed.guid, clientId: sealed.clientId, device })
	return aeadOpen(crypto.subtle, epoch.awareness(device), { nonce, aad, ciphertext })
}
