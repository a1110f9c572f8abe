/**
 * The primitives that everything else in this room takes as its first argument. Made once at start; which Ed25519 it
 * found stays inside, all functions work with either.
 */
import type { Hash, RandomBytes, Verify } from '#protocol/ports.ts'
import { webCryptoEd25519, type Ed25519 } from './ed25519.ts'
import { canUseWebCryptoEd25519 } from './ed25519-probe.ts'
import { hash } from './hash.ts'

export interface Crypto {
	readonly random: RandomBytes
	readonly subtle: SubtleCrypto
	readonly hash: Hash
	readonly verify: Verify
	readonly ed25519: Ed25519
}

export interface CryptoOptions {
	readonly random: RandomBytes
	/** Default: the runtime's. Absent in an insecure browser context, which is a bug of the caller: it must ask first. */
	readonly subtle?: SubtleCrypto
	/** 'off' takes points in JavaScript even where WebCrypto has Ed25519. */
	readonly webCryptoEd25519?: 'auto' | 'off'
	/** 'seed' where the store cannot keep a CryptoKey (Node); without WebCrypto Ed25519 keys are seeds anyway. */
	readonly keyForm?: 'handle' | 'seed'
}

export async function createCrypto(options: CryptoOptions): Promise<Crypto> {
	const { random, subtle = crypto.subtle, keyForm = 'handle' } = options
	const native = options.webCryptoEd25519 !== 'off' && (await canUseWebCryptoEd25519(subtle))
	// loaded only where needed: the curve is 10 KB of gzip, and a sign-in page has 60
	const ed25519 = native ? webCryptoEd25519(subtle, keyForm) : (await import('./ed25519-points.ts')).pointsEd25519
	return { random, subtle, hash, verify: ed25519.verify, ed25519 }
}
