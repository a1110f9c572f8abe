/** Node has these classes as values; the browser's typings, and so our rooms, name them as global types too. */
import type { webcrypto } from 'node:crypto'

declare global {
	type CryptoKey = webcrypto.CryptoKey
	type CryptoKeyPair = webcrypto.CryptoKeyPair
	type SubtleCrypto = webcrypto.SubtleCrypto
}
