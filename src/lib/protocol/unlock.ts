/**
 * Unlock methods: what a user can open the account with. Each secret becomes a seed, and the seed an X-Wing pair (VK is
 * boxed to it), an Ed25519 pair (signs account entries) and a MAC key (SPEC UNL). Derivation itself is the crypto room's.
 */
import type { Bytes } from './bytes.ts'
import { choice, encode, fixed, set, struct, type Decoded } from './codec.ts'
import { METHODS_MAX } from './limits.ts'
import { keyTags, tagged } from './tags.ts'

const methodKind = choice({ 1: 'password', 2: 'passkey', 3: 'recovery' })
export type MethodKind = Decoded<typeof methodKind>

export const method = struct({
	kind: methodKind,
	/** Ed25519 public key. */
	signingKey: fixed(32),
	/** SHA-256 of the X-Wing public key. */
	kemHash: fixed(32),
})
export type Method = Decoded<typeof method>

/** The methods of an account, ascending by kind, then signing key. */
export const methodSet = set(method, METHODS_MAX, { keyLength: 33 })

/** Rank of a method where it signs account entries; devices have 1 (SPEC ACC9). */
export function rankOf(kind: MethodKind): 2 | 3 {
	return kind === 'recovery' ? 3 : 2
}

/** HKDF salt (RFC 5869 §2.2) for the seed of a method; the key material is OPAQUE's export key, 20 code bytes or 32 PRF bytes. */
export function methodSeedSalt(kind: MethodKind): Bytes {
	return tagged(keyTags.methodSeed, encode(methodKind, kind))
}

/** HKDF-Expand info for the three keys of a seed: 32 bytes each. */
export function methodKeyInfo(use: 'kem' | 'sign' | 'mac'): Bytes {
	if (use === 'kem') return tagged(keyTags.methodKem)
	return tagged(use === 'sign' ? keyTags.methodSign : keyTags.methodMac)
}

/**
 * Input of `bind` = HMAC-SHA256(MAC key, …), 32 bytes, kept beside the method's VK box. A device that unlocks checks it
 * first: it proves which account the secret belongs to, whatever the server says.
 */
export function bindInput(idHash: Bytes, keys: Pick<Method, 'signingKey' | 'kemHash'>): Bytes {
	return tagged(keyTags.methodBind, idHash, keys.signingKey, keys.kemHash)
}
