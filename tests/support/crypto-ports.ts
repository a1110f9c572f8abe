/** The ports of #protocol/ports.ts by node:crypto, as strict as SPEC SIG3 asks: what the server runs on, for tests. */
import { createPublicKey, hash, randomBytes, verify, type KeyObject } from 'node:crypto'
import { bytesToBase64url, copyBytes } from '#protocol/bytes.ts'
import { isStrictEd25519 } from '#protocol/ed25519-shape.ts'
import type { Hash, RandomBytes, SignatureClaim, Verify } from '#protocol/ports.ts'

export const nodeHash: Hash = (message) => copyBytes(hash('sha256', message, 'buffer'))

export const nodeRandom: RandomBytes = (length) => copyBytes(randomBytes(length))

function publicKeyObject(key: Uint8Array): KeyObject {
	return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: bytesToBase64url(key) } })
}

export function nodeVerifyOne({ key, message, signature }: SignatureClaim): boolean {
	if (!isStrictEd25519(key, signature)) return false
	try {
		return verify(null, message, publicKeyObject(key), signature)
	} catch {
		return false // not a point of the curve
	}
}

export const nodeVerify: Verify = async (claims) => claims.map(nodeVerifyOne)
