/**
 * Boxes: a 32-byte key sealed to one X-Wing public key by HPKE base mode (RFC 9180; KEM 0x647a, HKDF-SHA256,
 * AES-256-GCM). The KEM is a draft, so version and KEM id stand in every box (SPEC BOX). 1,171 bytes.
 */
import type { Bytes } from './bytes.ts'
import { constant, constant16, encode, fixed, set, struct, u32, type Decoded } from './codec.ts'
import { BOX_CIPHERTEXT_LENGTH, KEM_ENCAPSULATION_LENGTH, LINKS_MAX, MEMBERS_MAX } from './limits.ts'
import type { Hash } from './ports.ts'
import { hashTags, keyTags, tagged, taggedHash } from './tags.ts'

/** X-Wing (draft-connolly-cfrg-xwing-kem). */
export const kemXWing = 0x647a

export const boxCodec = struct({
	version: constant(1),
	kem: constant16(kemXWing),
	enc: fixed(KEM_ENCAPSULATION_LENGTH),
	ct: fixed(BOX_CIPHERTEXT_LENGTH),
})
export type Box = Decoded<typeof boxCodec>

/** HPKE info of EK_n for one account's AK_g. */
export function epochBoxInfo(
	epoch: { conversation: Bytes; n: number },
	recipient: { idHash: Bytes; g: number },
): Bytes {
	return tagged(keyTags.box, epoch.conversation, encode(u32, epoch.n), recipient.idHash, encode(u32, recipient.g))
}

/** HPKE info of EK_n for the sealing key of a link. */
export function linkBoxInfo(epoch: { conversation: Bytes; n: number }, link: Bytes): Bytes {
	return tagged(keyTags.linkBox, epoch.conversation, encode(u32, epoch.n), link)
}

/** HPKE info of VK for a method or device; `kemHash` = SHA-256 of the recipient's X-Wing public key. */
export function vaultKeyBoxInfo(kemHash: Bytes, vkGen: number): Bytes {
	return tagged(keyTags.vaultKeyBox, kemHash, encode(u32, vkGen))
}

/** HPKE info of the key of a report for one admin's AK_g. */
export function reportBoxInfo(conversation: Bytes, recipient: { idHash: Bytes; g: number }): Bytes {
	return tagged(keyTags.reportBox, conversation, recipient.idHash, encode(u32, recipient.g))
}

/** The canonical list of an epoch's boxes; `boxHash` = SHA-256 of the encoded box. */
const boxList = struct({
	/** One per account, to the AK_g that the entry's acc names. */
	accounts: set(struct({ idHash: fixed(32), g: u32, boxHash: fixed(32) }), MEMBERS_MAX, { keyLength: 32 }),
	/** One per live link. */
	links: set(struct({ link: fixed(16), boxHash: fixed(32) }), LINKS_MAX, { keyLength: 16 }),
})
export type BoxList = Decoded<typeof boxList>

/**
 * SHA-256("kith/boxes/1" ‖ canonical box list): what an entry says about the boxes that lie beside it. Over hashes of
 * boxes, so that who fetched only his own can still check it against the root.
 */
export function boxesRoot(hash: Hash, boxes: BoxList): Bytes {
	return taggedHash(hash, hashTags.boxes, encode(boxList, boxes))
}
