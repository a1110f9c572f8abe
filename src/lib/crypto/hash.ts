/** SHA-256 and HMAC-SHA-256, synchronous: inputs are short, and awaiting WebCrypto for each costs more than the hash. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '#protocol/bytes.ts'
import type { Hash } from '#protocol/ports.ts'

/** SHA-256 (FIPS 180-4): 32 bytes. */
export const hash: Hash = (message) => sha256(message)

export interface RunningHash {
	update(part: Uint8Array): void
	/** 32 bytes; ends it. */
	digest(): Bytes
}

/** SHA-256 of what comes piece by piece: WebCrypto wants it as a whole. */
export function startHash(): RunningHash {
	const running = sha256.create()
	return {
		update: (part) => {
			running.update(part)
		},
		digest: () => running.digest() as Bytes,
	}
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Bytes {
	return hmac(sha256, key, message)
}

/** Equality whose time tells only the lengths; for MACs, keys and commitments. */
export function equalSecret(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false
	let difference = 0
	for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
	return difference === 0
}
