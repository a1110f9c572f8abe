/**
 * Keys that sign. Always with a purpose and over the hash of a body (SPEC SIG1): no function of this room signs bytes
 * that another chose whole.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { keyHash16 } from '#protocol/ids.ts'
import type { EntrySignature, SignerKind } from '#protocol/log-entry.ts'
import { signingMessage, type Purpose } from '#protocol/tags.ts'
import type { RawSign, StoredSigningKey } from './ed25519.ts'
import type { Crypto } from './suite.ts'

export interface SigningKey {
	/** 32 bytes. */
	readonly publicKey: Bytes
	/** 64 bytes over purpose and SHA-256(body). */
	readonly sign: (purpose: Purpose, body: Bytes) => Promise<Bytes>
	/** 64 bytes over what #protocol has already made a signing message of (events: placeMessage). */
	readonly signMessage: RawSign
	/** How the device keeps it. */
	readonly stored: StoredSigningKey
}

export async function restoreSigningKey(crypto: Crypto, stored: StoredSigningKey): Promise<SigningKey> {
	const signMessage = await crypto.ed25519.signWith(stored)
	return {
		publicKey: stored.publicKey,
		sign: (purpose, body) => signMessage(signingMessage(purpose, crypto.hash(body))),
		signMessage,
		stored,
	}
}

/** From 32 bytes that only the owner knows (RFC 8032 §5.1.5). */
export async function seedToSigningKey(crypto: Crypto, seed: Bytes): Promise<SigningKey> {
	if (seed.length !== 32) throw new RangeError('an Ed25519 seed has 32 bytes')
	return restoreSigningKey(crypto, await crypto.ed25519.importSeed(seed))
}

/** Where WebCrypto keeps the key the seed is gone from memory on return. */
export async function generateSigningKey(crypto: Crypto): Promise<SigningKey> {
	const seed = crypto.random(32)
	const key = await seedToSigningKey(crypto, seed)
	if (key.stored.form === 'handle') seed.fill(0)
	return key
}

/** A signature as it stands in a log entry. */
export async function signEntry(
	crypto: Crypto,
	key: SigningKey,
	what: { readonly kind: SignerKind; readonly purpose: Purpose; readonly body: Bytes },
): Promise<EntrySignature> {
	const { kind, purpose, body } = what
	return { kind, keyHash: keyHash16(crypto.hash, key.publicKey), signature: await key.sign(purpose, body) }
}
