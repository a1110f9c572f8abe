/**
 * Assembles and signs what an account puts into its log (SPEC ACC, DEV, UNL, VLT), with the boxes and the vault that go up
 * in the same request. Nothing is sent or stored here; what is secret in a result is said.
 */
import { encodeAccountBody, type AccountBody, type AccountBodyOf } from '#protocol/account-log.ts'
import type { Box } from '#protocol/box.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { idHashOf, keyHash16 } from '#protocol/ids.ts'
import { chainHash, noHash, type EntrySignature, type LogHead, type SignedEntry } from '#protocol/log-entry.ts'
import type { SealedVault, VaultPlaintext } from '#protocol/vault.ts'
import { boxHash, sealVaultKeyBox } from './boxes.ts'
import { certifyDevice, generateDeviceKeys, type DeviceKeys, type NewDeviceKeys } from './device-keys.ts'
import { generateKemKeyPair, type KemKeyPair } from './hpke.ts'
import { signEntry, type SigningKey } from './signing-key.ts'
import type { Crypto } from './suite.ts'
import type { MethodKeys } from './unlock-methods.ts'
import { newVaultKey, sealVault, vaultKeyRefOf } from './vault.ts'

/** VK for one method or device. */
export interface VaultKeyBox {
	/** SHA-256 of the recipient's X-Wing public key. */
	readonly recipient: Bytes
	readonly vkGen: number
	readonly box: Box
}

/** `method`: SHA-256(signing key)[0..16]. */
export interface MethodBind {
	readonly method: Bytes
	readonly bind: Bytes
}

export interface CreatedAccount {
	/** 32 bytes. */
	readonly idHash: Bytes
	readonly create: SignedEntry
	/** The log's head after the create. */
	readonly head: LogHead
	/** X-Wing public keys that stand in the create as hashes: AK_0, each method, the device. */
	readonly kemKeys: readonly Bytes[]
	readonly binds: readonly MethodBind[]
	readonly vault: SealedVault
	readonly vkBoxes: readonly VaultKeyBox[]
	/** Secret, stays here. */
	readonly device: NewDeviceKeys
	/** Secret: VK_1. */
	readonly vaultKey: Bytes
	/** Secret: what `vault` holds. */
	readonly plaintext: VaultPlaintext
}

interface Signers {
	readonly by: readonly { readonly kind: 'method' | 'device'; readonly key: SigningKey }[]
	/** Certificate of the device that the entry brings. */
	readonly certificates?: readonly EntrySignature[]
}

async function signAccountBody(crypto: Crypto, value: AccountBody, signers: Signers): Promise<SignedEntry> {
	const body = encodeAccountBody(value)
	const sign = ({ kind, key }: Signers['by'][number]) => signEntry(crypto, key, { kind, purpose: 'acct', body })
	const signatures = await Promise.all(signers.by.map(sign))
	return { body, signatures: [...signatures, ...(signers.certificates ?? [])] }
}

const methodSigner = (key: SigningKey) => ({ kind: 'method', key }) as const
const deviceSigner = ({ signing }: DeviceKeys) => ({ kind: 'device', key: signing }) as const

function boxVaultKey(crypto: Crypto, vaultKey: Bytes, vkGen: number) {
	return async ({ publicKey }: Pick<KemKeyPair, 'publicKey'>): Promise<VaultKeyBox> => ({
		recipient: crypto.hash(publicKey),
		vkGen,
		box: await sealVaultKeyBox(crypto, { publicKey, vkGen }, vaultKey),
	})
}

interface CreateParts {
	readonly methods: readonly MethodKeys[]
	readonly device: NewDeviceKeys
	readonly accountKey: KemKeyPair
	readonly vaultKey: Bytes
	readonly now: number
}

function createBody(
	crypto: Crypto,
	{ methods, device, accountKey, vaultKey, now }: CreateParts,
): AccountBodyOf<'create'> {
	return {
		type: 'create',
		seq: 0,
		previous: noHash,
		time: now,
		akHash: crypto.hash(accountKey.publicKey),
		methods: methods.map(({ method }) => method),
		device: device.named,
		vk: vaultKeyRefOf(crypto, 1, vaultKey),
		random: crypto.random(16),
	}
}

/**
 * A new account with its first device: device keys, AK_0, VK, SK_1, K_name → create body → idHash → certificate,
 * signatures, binds → vault 1 and boxes. `now` is server time, ms since the Unix epoch.
 */
export async function createAccount(
	crypto: Crypto,
	input: { readonly methods: readonly MethodKeys[]; readonly now: number },
): Promise<CreatedAccount> {
	const device = await generateDeviceKeys(crypto)
	const accountKey = await generateKemKeyPair(crypto.random)
	const vaultKey = newVaultKey(crypto)
	const { methods, now } = input
	const value = createBody(crypto, { methods, device, accountKey, vaultKey, now })
	const idHash = idHashOf(crypto.hash, encodeAccountBody(value))
	const create = await signAccountBody(crypto, value, {
		by: [...methods.map(({ signing }) => methodSigner(signing)), deviceSigner(device)],
		certificates: [await certifyDevice(crypto, device, idHash)],
	})
	const head = { seq: 0, hash: chainHash(crypto.hash, noHash, { seq: 0, body: create.body }) }
	const plaintext = firstVault(crypto, accountKey)
	const header = { idHash, version: 1, vkGen: 1, accSeq: head.seq, accHash: head.hash }
	const recipients = [...methods.map(({ kem }) => kem), device.kem]
	return {
		idHash,
		create,
		head,
		kemKeys: [accountKey, ...recipients].map(({ publicKey }) => publicKey),
		binds: methods.map((keys) => ({ method: keyHash16(crypto.hash, keys.method.signingKey), bind: keys.bind(idHash) })),
		vault: await sealVault(crypto, { vaultKey, device }, { header, plaintext }),
		vkBoxes: await Promise.all(recipients.map(boxVaultKey(crypto, vaultKey, 1))),
		device,
		vaultKey,
		plaintext,
	}
}

/** AK_0, SK_1, K_name, nobody pinned. */
function firstVault(crypto: Crypto, accountKey: KemKeyPair): VaultPlaintext {
	return { accountKeys: [accountKey.seed], entryKeys: [crypto.random(32)], nameKey: crypto.random(32), pins: [] }
}

/** Where the next entry stands: the verified head, and not earlier than its time. */
export interface AccountPosition {
	readonly head: LogHead
	/** Server time, ms. */
	readonly now: number
}

/** What a device shows of itself to be certified by another: public. */
export interface DeviceOffer {
	/** Ed25519, 32 bytes. */
	readonly signingKey: Bytes
	/** X-Wing, 1,216 bytes. */
	readonly kemPublicKey: Bytes
	/** By the device itself. */
	readonly certificate: EntrySignature
}

export async function offerDevice(crypto: Crypto, device: NewDeviceKeys, idHash: Bytes): Promise<DeviceOffer> {
	const certificate = await certifyDevice(crypto, device, idHash)
	return { signingKey: device.named.signingKey, kemPublicKey: device.kem.publicKey, certificate }
}

/** A method key, entered for this act, or a certified device. */
export type AddDeviceBy = { readonly method: MethodKeys } | { readonly device: DeviceKeys }

function headerAfter({ head, now }: AccountPosition): { seq: number; previous: Bytes; time: number } {
	return { seq: head.seq + 1, previous: head.hash, time: now }
}

/** Certifies a device; the VK box for it lies beside the entry, which names its hash. */
export async function addDeviceEntry(
	crypto: Crypto,
	at: AccountPosition,
	input: {
		readonly by: AddDeviceBy
		readonly offer: DeviceOffer
		readonly vkGen: number
		readonly vaultKey: Bytes
	},
): Promise<{ readonly entry: SignedEntry; readonly vkBox: VaultKeyBox }> {
	const { by, offer, vkGen, vaultKey } = input
	const { signingKey, kemPublicKey, certificate } = offer
	const vkBox = await boxVaultKey(crypto, vaultKey, vkGen)({ publicKey: kemPublicKey })
	const value: AccountBody = {
		type: 'addDevice',
		...headerAfter(at),
		// hashed here, so that VK is never boxed to another key than the one that the entry certifies
		device: { signingKey, kemHash: crypto.hash(kemPublicKey) },
		boxHash: boxHash(crypto, vkBox.box),
	}
	const signer = 'method' in by ? methodSigner(by.method.signing) : deviceSigner(by.device)
	return { entry: await signAccountBody(crypto, value, { by: [signer], certificates: [certificate] }), vkBox }
}

/** By the device itself, at sign-out; rotates nothing. */
export function retireDeviceEntry(crypto: Crypto, at: AccountPosition, device: DeviceKeys): Promise<SignedEntry> {
	const value: AccountBody = { type: 'retireDevice', ...headerAfter(at), device: device.deviceId }
	return signAccountBody(crypto, value, { by: [deviceSigner(device)] })
}

export interface RevokedDevices {
	readonly entry: SignedEntry
	/** X-Wing public key of the new AK. */
	readonly accountKey: Bytes
	readonly vault: SealedVault
	readonly vkBoxes: readonly VaultKeyBox[]
	/** Secret: the new VK, and what `vault` holds. */
	readonly vaultKey: Bytes
	readonly plaintext: VaultPlaintext
}

/** By an unlock method, entered for this act: new AK, VK and SK, so that what the lost devices hold opens nothing after it. */
export async function revokeDevices(
	crypto: Crypto,
	at: AccountPosition,
	input: {
		readonly by: MethodKeys
		readonly device: DeviceKeys
		readonly devices: readonly Bytes[]
		/** Of the newest AK and VK. */
		readonly g: number
		readonly vkGen: number
		/** The newest vault: its header and what it holds. */
		readonly version: number
		readonly idHash: Bytes
		readonly plaintext: VaultPlaintext
		/** X-Wing public keys of all methods and of the devices that stay. */
		readonly recipients: readonly Bytes[]
	},
): Promise<RevokedDevices> {
	const accountKey = await generateKemKeyPair(crypto.random)
	const vaultKey = newVaultKey(crypto)
	const vkGen = input.vkGen + 1
	const akHash = crypto.hash(accountKey.publicKey)
	const rekey = { g: input.g + 1, akHash, vk: vaultKeyRefOf(crypto, vkGen, vaultKey) }
	const header = headerAfter(at)
	const action = { devices: input.devices, rekey }
	const value: AccountBody = { type: 'revokeDevice', ...header, action, proposal: null }
	const entry = await signAccountBody(crypto, value, { by: [methodSigner(input.by.signing)] })
	const accHash = chainHash(crypto.hash, at.head.hash, { seq: header.seq, body: entry.body })
	const plaintext = {
		...input.plaintext,
		accountKeys: [...input.plaintext.accountKeys, accountKey.seed],
		entryKeys: [...input.plaintext.entryKeys, crypto.random(32)],
	}
	const sealing = { idHash: input.idHash, version: input.version + 1, vkGen, accSeq: header.seq, accHash }
	return {
		entry,
		accountKey: accountKey.publicKey,
		vault: await sealVault(crypto, { vaultKey, device: input.device }, { header: sealing, plaintext }),
		vkBoxes: await Promise.all(
			input.recipients.map((publicKey) => boxVaultKey(crypto, vaultKey, vkGen)({ publicKey })),
		),
		vaultKey,
		plaintext,
	}
}
