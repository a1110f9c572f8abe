/** Pictures of groups and rooms, sealed by what their own hash gives (SPEC PIC2): one key for one content, so one nonce is enough. */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { imageOf, pictureAad, pictureBytes, pictureKeyInfo, pictureNameInfo } from '#protocol/picture.ts'
import { aeadOpen, aeadSeal, nonceLength } from './aead.ts'
import { hkdfExpand, hkdfExtract } from './hkdf.ts'
import type { Crypto } from './suite.ts'

export interface SealedPicture {
	/** SHA-256 of its bytes: for the title. */
	readonly hash: Bytes
	readonly sealed: Bytes
}

const salt = new Uint8Array(0)
const nonce = new Uint8Array(nonceLength)

/** 16 bytes: what the server calls it. */
export function pictureName(hash: Bytes): Bytes {
	return hkdfExpand(hkdfExtract(salt, hash), pictureNameInfo(), 16)
}

function pictureKey(hash: Bytes): Bytes {
	return hkdfExpand(hkdfExtract(salt, hash), pictureKeyInfo())
}

/** Throws on an image that is empty or larger than PICTURE_MAX. */
export async function sealPicture(crypto: Crypto, conversation: Bytes, image: Uint8Array): Promise<SealedPicture> {
	const plaintext = pictureBytes(crypto.random(16), image)
	const hash = crypto.hash(plaintext)
	const input = { nonce, aad: pictureAad(conversation), plaintext }
	return { hash, sealed: await aeadSeal(crypto.subtle, pictureKey(hash), input) }
}

/** The image; null for what does not open, or is not the picture with this hash. */
export async function openPicture(
	crypto: Crypto,
	conversation: Bytes,
	{ hash, sealed }: SealedPicture,
): Promise<Bytes | null> {
	const input = { nonce, aad: pictureAad(conversation), ciphertext: sealed }
	const plain = await aeadOpen(crypto.subtle, pictureKey(hash), input)
	return plain !== null && equalBytes(crypto.hash(plain), hash) ? imageOf(plain) : null
}
