/**
 * HPKE base mode (RFC 9180) with X-Wing (X25519 + ML-KEM-768, KEM 0x647a, draft-connolly-cfrg-xwing-kem-06),
 * HKDF-SHA256 and AES-256-GCM. A key pair is its 32-byte seed and 1,216 public bytes; one message per encapsulation.
 * About 1 ms to seal and 3 ms to open, where WebCrypto has X25519; else 4 and 5.
 */
import { copyBytes, type Bytes } from '#protocol/bytes.ts'
import { KEM_ENCAPSULATION_LENGTH, KEM_PUBLIC_KEY_LENGTH } from '#protocol/limits.ts'
import type { RandomBytes } from '#protocol/ports.ts'
import type { XWingSuite } from './xwing-suite.ts'

const kemSeedLength = 32
/** What an encapsulation draws: 32 bytes for ML-KEM-768, 32 for X25519. */
const encapsulationSeedLength = 64

// who has nothing to open yet, loads nothing: a sign-in page has 60 KB, and reading what is stored needs no box
let loading: Promise<XWingSuite> | null = null
const load = () => (loading ??= import('./xwing-suite.ts').then(({ makeSuite }) => makeSuite()))

/** What opens; WebCrypto has no X-Wing, so it cannot hold it. */
export interface HpkePrivateKey {
	/** 32 bytes. */
	readonly seed: Bytes
}

export interface KemKeyPair extends HpkePrivateKey {
	/** 1,216 bytes. */
	readonly publicKey: Bytes
}

export async function seedToKemKeyPair(seed: Bytes): Promise<KemKeyPair> {
	if (seed.length !== kemSeedLength) throw new RangeError(`an X-Wing seed has ${kemSeedLength} bytes`)
	// the library keeps the buffer it is given, whole
	const { kem, suite } = await load()
	const pair = await kem.generateKeyPairDerand(copyBytes(seed))
	return { publicKey: new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey)), seed }
}

export function generateKemKeyPair(random: RandomBytes): Promise<KemKeyPair> {
	return seedToKemKeyPair(random(kemSeedLength))
}

export interface Sealed {
	/** Encapsulation, 1,120 bytes. */
	readonly enc: Bytes
	/** Ciphertext, the tag last. */
	readonly ct: Bytes
}

/** Throws when `publicKey` is none: it was checked against its hash in a verified log before. */
export async function hpkeSeal(
	random: RandomBytes,
	to: { readonly publicKey: Bytes; readonly info: Bytes },
	plaintext: Bytes,
): Promise<Sealed> {
	if (to.publicKey.length !== KEM_PUBLIC_KEY_LENGTH) throw new RangeError('not an X-Wing public key')
	const { suite } = await load()
	const recipientPublicKey = await suite.kem.deserializePublicKey(copyBytes(to.publicKey))
	const ekm = random(encapsulationSeedLength)
	const sealed = await suite.seal({ recipientPublicKey, info: to.info, ekm }, plaintext)
	ekm.fill(0)
	return { enc: new Uint8Array(sealed.enc), ct: new Uint8Array(sealed.ct) }
}

/** Null when it was sealed to another key or under another info, or is damaged: which one, nobody can tell. */
export async function hpkeOpen(
	by: HpkePrivateKey & { readonly info: Bytes },
	{ enc, ct }: Sealed,
): Promise<Bytes | null> {
	if (enc.length !== KEM_ENCAPSULATION_LENGTH) return null
	const { suite } = await load()
	const recipientKey = await suite.kem.deserializePrivateKey(copyBytes(by.seed))
	try {
		return new Uint8Array(await suite.open({ recipientKey, info: by.info, enc }, ct))
	} catch {
		return null
	}
}
