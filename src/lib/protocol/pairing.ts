/**
 * Adding a device by QR: the new device answers the shown secret with its keys and certificate; both screens show six
 * digits of the same bytes, and after "yes" the old device signs addDevice (SPEC PAIR).
 */
import type { Bytes } from './bytes.ts'
import { encode, fixed, struct, versioned, type Decoded } from './codec.ts'
import { KEM_PUBLIC_KEY_LENGTH } from './limits.ts'
import type { Hash } from './ports.ts'
import { hashTags, keyTags, tagged, taggedHash } from './tags.ts'

const offerFields = {
	idHash: fixed(32),
	signingKey: fixed(32),
	/** X-Wing public key. */
	kemKey: fixed(KEM_PUBLIC_KEY_LENGTH),
	/** By the device, purpose dev. */
	certificate: fixed(64),
}
const offerBody = versioned(1, struct(offerFields))
export type PairingOfferBody = Decoded<typeof offerBody>

/** `mac` = HMAC-SHA256(secret16, `pairingMacInput`). */
export const pairingOffer = versioned(1, struct({ ...offerFields, mac: fixed(32) }))
export type PairingOffer = Decoded<typeof pairingOffer>

export function pairingMacInput(body: PairingOfferBody): Bytes {
	return tagged(keyTags.pairingMac, encode(offerBody, body))
}

/** Six decimal digits of SHA-256("kith/pair/1" ‖ offer), the first four bytes mod 1,000,000. */
export function pairingDigits(hash: Hash, offer: PairingOffer): string {
	const digest = taggedHash(hash, hashTags.pairing, encode(pairingOffer, offer))
	return String(new DataView(digest.buffer).getUint32(0) % 1_000_000).padStart(6, '0')
}
