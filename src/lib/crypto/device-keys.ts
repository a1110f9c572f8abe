/**
 * The keys of one device (SPEC DEV): Ed25519 signs, X-Wing receives VK. The deviceId is a hash of the first and unique on
 * an instance for ever, so a device that signs in again makes new keys.
 */
import { encodeCertificateBody, type DeviceKeys as PublicDeviceKeys } from '#protocol/account-log.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { decode, encode, fixed, optional, struct, versioned } from '#protocol/codec.ts'
import { deviceIdOf } from '#protocol/ids.ts'
import type { EntrySignature } from '#protocol/log-entry.ts'
import { generateKemKeyPair, type KemKeyPair } from './hpke.ts'
import { generateSigningKey, restoreSigningKey, signEntry, type SigningKey } from './signing-key.ts'
import type { StoredSigningKey } from './ed25519.ts'
import type { Crypto } from './suite.ts'

export interface DeviceKeys {
	/** 16 bytes. */
	readonly deviceId: Bytes
	readonly signing: SigningKey
	/** Of the X-Wing pair (hpke.ts), 32 bytes. The pair is drawn from it when a box is to be opened, seldom. */
	readonly kemSeed: Bytes
}

/** A device that is about to be certified. */
export interface NewDeviceKeys extends DeviceKeys {
	readonly kem: KemKeyPair
	/** As account entries name them. */
	readonly named: PublicDeviceKeys
}

/**
 * How a device keeps its keys. `handle` is null where the signing key is in `bytes`; else it goes where the platform
 * keeps CryptoKeys (IndexedDB clones them). `bytes` are secret: the caller wraps them (storage-wrap.ts).
 */
export interface StoredDeviceKeys {
	readonly handle: CryptoKey | null
	readonly bytes: Bytes
}

const storedCodec = versioned(
	1,
	struct({ signingKey: fixed(32), signingSeed: optional(fixed(32)), kemSeed: fixed(32) }),
)

export async function generateDeviceKeys(crypto: Crypto): Promise<NewDeviceKeys> {
	const signing = await generateSigningKey(crypto)
	const kem = await generateKemKeyPair(crypto.random)
	const named = { signingKey: signing.publicKey, kemHash: crypto.hash(kem.publicKey) }
	return { deviceId: deviceIdOf(crypto.hash, signing.publicKey), signing, kemSeed: kem.seed, kem, named }
}

export function storeDeviceKeys({ signing, kemSeed }: DeviceKeys): StoredDeviceKeys {
	const { stored } = signing
	const signingSeed = stored.form === 'seed' ? stored.seed : null
	const bytes = encode(storedCodec, { signingKey: stored.publicKey, signingSeed, kemSeed })
	return { handle: stored.form === 'handle' ? stored.handle : null, bytes }
}

/** Null when the bytes are none of ours, or the handle that belongs to them is missing. */
export async function restoreDeviceKeys(crypto: Crypto, stored: StoredDeviceKeys): Promise<DeviceKeys | null> {
	const decoded = decode(storedCodec, stored.bytes)
	if (!decoded.ok) return null
	const { signingKey: publicKey, signingSeed: seed, kemSeed } = decoded.value
	if (seed === null && stored.handle === null) return null
	const key: StoredSigningKey =
		seed === null
			? { form: 'handle', publicKey, handle: stored.handle as CryptoKey }
			: { form: 'seed', publicKey, seed }
	return {
		deviceId: deviceIdOf(crypto.hash, publicKey),
		signing: await restoreSigningKey(crypto, key),
		kemSeed,
	}
}

/** The device's own word, purpose dev, that it belongs to this account. */
export function certifyDevice(
	crypto: Crypto,
	{ signing, named }: NewDeviceKeys,
	idHash: Bytes,
): Promise<EntrySignature> {
	const body = encodeCertificateBody({ idHash, ...named })
	return signEntry(crypto, signing, { kind: 'certificate', purpose: 'dev', body })
}
