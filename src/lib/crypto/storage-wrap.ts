/**
 * Values at rest: AES-256-GCM under the device's storage key, bound to store and row, so that rows can neither be read
 * nor swapped on disk. A non-extractable key keeps scripts from copying it; it does not encrypt the disk, this does.
 */
import { concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { encode, u32 } from '#protocol/codec.ts'
import { aadTags, tagged } from '#protocol/tags.ts'
import { aeadOpen, aeadSeal, importAeadKey, keyLength, nonceLength } from './aead.ts'
import type { Crypto } from './suite.ts'

export interface StorageWrap {
	/** nonce12 ‖ ciphertext, the tag last: 28 bytes more than the value. */
	readonly seal: (store: string, key: string, value: Bytes) => Promise<Bytes>
	/** Null where the row was not sealed here: damaged, or moved from another row. */
	readonly open: (store: string, key: string, sealed: Bytes) => Promise<Bytes | null>
}

/** For platforms that keep it as bytes; a browser keeps what `importStorageKey` makes of it. */
export function newStorageKey(crypto: Crypto): Bytes {
	return crypto.random(keyLength)
}

/** Not extractable; a browser can keep it in IndexedDB. */
export function importStorageKey(crypto: Crypto, key: Bytes): Promise<CryptoKey> {
	return importAeadKey(crypto.subtle, key)
}

function rowAad(store: string, key: string): Bytes {
	const parts = [store, key].map((text) => utf8ToBytes(text))
	return tagged(aadTags.row, ...parts.flatMap((part) => [encode(u32, part.length), part]))
}

export function createStorageWrap(crypto: Pick<Crypto, 'subtle' | 'random'>, storageKey: CryptoKey): StorageWrap {
	return {
		async seal(store, key, value) {
			const nonce = crypto.random(nonceLength)
			const input = { nonce, aad: rowAad(store, key), plaintext: value }
			return concatBytes(nonce, await aeadSeal(crypto.subtle, storageKey, input))
		},
		async open(store, key, sealed) {
			const nonce = sealed.slice(0, nonceLength)
			if (nonce.length < nonceLength) return null
			const input = { nonce, aad: rowAad(store, key), ciphertext: sealed.slice(nonceLength) }
			return aeadOpen(crypto.subtle, storageKey, input)
		},
	}
}
