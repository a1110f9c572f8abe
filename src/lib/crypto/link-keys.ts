/** The two keys of a room link, from the secret that stands behind its # (SPEC LNK2). Whoever has the secret has both. */
import { linkIdOf } from '#protocol/ids.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { linkKeyInfo } from '#protocol/link.ts'
import { createExpander } from './hkdf.ts'
import { seedToKemKeyPair, type KemKeyPair } from './hpke.ts'
import { seedToSigningKey, type SigningKey } from './signing-key.ts'
import type { Crypto } from './suite.ts'

export interface LinkKeys {
	/** 16 bytes. */
	readonly id: Bytes
	readonly signing: SigningKey
	readonly kem: KemKeyPair
}

export const linkSecretLength = 32

export async function deriveLinkKeys(crypto: Crypto, secret: Bytes): Promise<LinkKeys> {
	if (secret.length !== linkSecretLength) throw new RangeError('the secret of a link has 32 bytes')
	const expand = createExpander(secret)
	const signing = await seedToSigningKey(crypto, expand(linkKeyInfo('sign')))
	const kem = await seedToKemKeyPair(expand(linkKeyInfo('kem')))
	return { id: linkIdOf(crypto.hash, signing.publicKey), signing, kem }
}
