/**
 * Ed25519 (RFC 8032), by WebCrypto where it judges as SPEC SIG3 says, else by points in JavaScript (13 times slower).
 * Both give one verdict on one vector suite (tests/vectors/ed25519.json). WebKit draws randomness into its
 * signatures, so nothing may rely on signing twice giving the same bytes.
 */
import { base64urlToBytes, concatBytes, hexToBytes, type Bytes } from '#protocol/bytes.ts'
import { isStrictEd25519 } from '#protocol/ed25519-shape.ts'
import type { SignatureClaim, Verify } from '#protocol/ports.ts'
import { inBatches } from './batches.ts'

/**
 * A secret key as a device may keep it: a handle that no script can read, where the platform can keep one, else the
 * 32-byte seed, which the store wraps. `publicKey` is its public half, 32 bytes.
 */
export type StoredSigningKey =
	| { readonly form: 'handle'; readonly publicKey: Bytes; readonly handle: CryptoKey }
	| { readonly form: 'seed'; readonly publicKey: Bytes; readonly seed: Bytes }

/** Signs bytes as they are; only signatures.ts calls it, with bytes that begin with a purpose. */
export type RawSign = (message: Bytes) => Promise<Bytes>

export interface Ed25519 {
	readonly by: 'webcrypto' | 'points'
	readonly verify: Verify
	/** With a handle where there is one, so that the seed can be forgotten. */
	readonly importSeed: (seed: Bytes) => Promise<StoredSigningKey>
	/** Throws when it gets a handle and WebCrypto is switched off. */
	readonly signWith: (key: StoredSigningKey) => Promise<RawSign>
}

/** PrivateKeyInfo of RFC 8410 §7 up to the seed. */
const pkcs8Prefix = hexToBytes('302e020100300506032b657004220420') as Bytes

async function importHandle(subtle: SubtleCrypto, seed: Bytes, extractable = false): Promise<CryptoKey> {
	const pkcs8 = concatBytes(pkcs8Prefix, seed)
	try {
		return await subtle.importKey('pkcs8', pkcs8, 'Ed25519', extractable, ['sign'])
	} finally {
		pkcs8.fill(0)
	}
}

/** WebCrypto tells the public half of a private key only as `x` of its JWK (RFC 8037 §2). */
async function seedToPublicKey(subtle: SubtleCrypto, seed: Bytes): Promise<Bytes> {
	const { x } = await subtle.exportKey('jwk', await importHandle(subtle, seed, true))
	const publicKey = x === undefined ? null : base64urlToBytes(x)
	if (publicKey === null) throw new Error('WebCrypto gave no public key')
	return publicKey
}

function signByHandle(subtle: SubtleCrypto, handle: CryptoKey): RawSign {
	return async (message) => new Uint8Array(await subtle.sign('Ed25519', handle, message))
}

export async function verifyByWebCrypto(subtle: SubtleCrypto, claim: SignatureClaim): Promise<boolean> {
	if (!isStrictEd25519(claim.key, claim.signature)) return false
	try {
		const key = await subtle.importKey('raw', claim.key, 'Ed25519', false, ['verify'])
		return await subtle.verify('Ed25519', key, claim.signature, claim.message)
	} catch {
		return false // not a point of the curve
	}
}

export function webCryptoEd25519(subtle: SubtleCrypto, keyForm: StoredSigningKey['form']): Ed25519 {
	return {
		by: 'webcrypto',
		verify: (claims) => inBatches(claims, (claim) => verifyByWebCrypto(subtle, claim)),
		importSeed: async (seed) => {
			const publicKey = await seedToPublicKey(subtle, seed)
			if (keyForm === 'seed') return { form: 'seed', publicKey, seed }
			return { form: 'handle', publicKey, handle: await importHandle(subtle, seed) }
		},
		signWith: async (key) =>
			signByHandle(subtle, key.form === 'handle' ? key.handle : await importHandle(subtle, key.seed)),
	}
}
