/** AES-256-GCM (NIST SP 800-38D) by WebCrypto: 32-byte key, 12-byte nonce, 16-byte tag at the end. */
import type { Bytes } from '#protocol/bytes.ts'

export const keyLength = 32
export const nonceLength = 12
const tagLength = 16

export interface AeadInput {
	readonly nonce: Bytes
	readonly aad: Bytes
}

/** A key that WebCrypto holds; kept for keys that seal more than one thing. */
export async function importAeadKey(subtle: SubtleCrypto, key: Bytes): Promise<CryptoKey> {
	if (key.length !== keyLength) throw new RangeError(`an AES-256 key has ${keyLength} bytes, not ${key.length}`)
	return subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

export async function aeadSeal(
	subtle: SubtleCrypto,
	key: Bytes | CryptoKey,
	input: AeadInput & { readonly plaintext: Bytes },
): Promise<Bytes> {
	const handle = key instanceof Uint8Array ? await importAeadKey(subtle, key) : key
	const parameters = { name: 'AES-GCM', iv: input.nonce, additionalData: input.aad }
	return new Uint8Array(await subtle.encrypt(parameters, handle, input.plaintext))
}

/** Null when key, nonce, AAD or ciphertext is not what was sealed: which one, nobody can tell. */
export async function aeadOpen(
	subtle: SubtleCrypto,
	key: Bytes | CryptoKey,
	input: AeadInput & { readonly ciphertext: Bytes },
): Promise<Bytes | null> {
	if (input.ciphertext.length < tagLength) return null
	const handle = key instanceof Uint8Array ? await importAeadKey(subtle, key) : key
	const parameters = { name: 'AES-GCM', iv: input.nonce, additionalData: input.aad }
	try {
		return new Uint8Array(await subtle.decrypt(parameters, handle, input.ciphertext))
	} catch {
		return null
	}
}
