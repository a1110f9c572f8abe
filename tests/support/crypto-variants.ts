/** Every crypto test runs twice: with the runtime's Ed25519 and with points in JavaScript (`describe.each`). */
import { createCrypto, type Crypto } from '#crypto/suite.ts'
import type { RandomBytes } from '#protocol/ports.ts'
import { seededRandom } from './seeded-random.ts'

export interface CryptoVariant {
	readonly name: string
	readonly by: 'webcrypto' | 'points'
	/** Reproducible randomness unless told otherwise. */
	readonly make: (random?: RandomBytes) => Promise<Crypto>
}

export const cryptoVariants: readonly CryptoVariant[] = [
	{
		name: 'WebCrypto Ed25519',
		by: 'webcrypto',
		make: (random = seededRandom('crypto tests')) => createCrypto({ random }),
	},
	{
		name: 'Ed25519 by points',
		by: 'points',
		make: (random = seededRandom('crypto tests')) => createCrypto({ random, webCryptoEd25519: 'off' }),
	},
]
