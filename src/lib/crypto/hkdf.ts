/**
 * HKDF-SHA-256 (RFC 5869) in its two halves. WebCrypto offers only both at once, and an epoch keeps its PRK,
 * so that a key per event costs one HMAC.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '#protocol/bytes.ts'

/** RFC 5869 §2.2: 32 bytes. */
export function hkdfExtract(salt: Uint8Array, secret: Uint8Array): Bytes {
	return extract(sha256, secret, salt)
}

/** RFC 5869 §2.3: `length` bytes, at most 8,160. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length = 32): Bytes {
	return expand(sha256, prk, info, length)
}

const firstBlock = new Uint8Array([1])

/**
 * Expand to 32 bytes again and again from one PRK: the two pads of the HMAC are hashed once.
 * The result equals `hkdfExpand(prk, info, 32)`.
 */
export function createExpander(prk: Uint8Array): (info: Uint8Array) => Bytes {
	const keyed = hmac.create(sha256, prk)
	return (info) => keyed.clone().update(info).update(firstBlock).digest()
}
