/**
 * What a user can unlock the account with (SPEC UNL). Each secret becomes a seed, and the seed an X-Wing pair (VK is boxed
 * to it), an Ed25519 pair (signs account entries; signs in for code and passkey) and a MAC key for `bind`.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { bindInput, methodKeyInfo, methodSeedSalt, type Method, type MethodKind } from '#protocol/unlock.ts'
import { equalSecret, hmacSha256 } from './hash.ts'
import { createExpander, hkdfExtract } from './hkdf.ts'
import { seedToKemKeyPair, type KemKeyPair } from './hpke.ts'
import { seedToSigningKey, type SigningKey } from './signing-key.ts'
import type { Crypto } from './suite.ts'

/** Bytes of the secret of each kind: OPAQUE's export key, WebAuthn's PRF output, the recovery code. */
export const methodSecretLengths = { password: 64, passkey: 32, recovery: 20 } as const satisfies Record<
	MethodKind,
	number
>

/** Lives for one act, then it is forgotten. */
export interface MethodKeys {
	/** As the account log names it. */
	readonly method: Method
	readonly signing: SigningKey
	readonly kem: KemKeyPair
	/** `bind` for an account: proves to whoever has the secret which account it belongs to, whatever the server says. */
	readonly bind: (idHash: Bytes) => Bytes
}

export async function deriveMethodKeys(crypto: Crypto, kind: MethodKind, secret: Bytes): Promise<MethodKeys> {
	if (secret.length !== methodSecretLengths[kind]) {
		throw new RangeError(`the secret of a ${kind} has ${methodSecretLengths[kind]} bytes, not ${secret.length}`)
	}
	const expand = createExpander(hkdfExtract(methodSeedSalt(kind), secret))
	const kem = await seedToKemKeyPair(expand(methodKeyInfo('kem')))
	const signing = await seedToSigningKey(crypto, expand(methodKeyInfo('sign')))
	const macKey = expand(methodKeyInfo('mac'))
	const method: Method = { kind, signingKey: signing.publicKey, kemHash: crypto.hash(kem.publicKey) }
	return { method, signing, kem, bind: (idHash) => hmacSha256(macKey, bindInput(idHash, method)) }
}

/** The first check of a device that unlocks; false means that the server gave the records of another account. */
export function verifyBind(keys: MethodKeys, idHash: Bytes, bind: Bytes): boolean {
	return equalSecret(keys.bind(idHash), bind)
}
