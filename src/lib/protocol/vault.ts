/**
 * The vault: an account's keys and pins, encrypted under VK and kept by the server (SPEC VLT).
 * The header is AAD and, with the hash of the ciphertext, what a device signs; vkGen equals the account log's.
 */
import { deviceOf } from './account-lookups.ts'
import type { AccountState } from './account-state.ts'
import { bytesToBase64url, compareBytes, equalBytes, type Bytes } from './bytes.ts'
import { bytes, choice, encode, fixed, list, set, struct, text, u32, u64, versioned, type Decoded } from './codec.ts'
import { PROFILE_NAME_MAX, VAULT_GENERATIONS_MAX, VAULT_MAX, VAULT_PINS_MAX } from './limits.ts'
import { shortHead } from './log-entry.ts'
import { aadTags, tagged } from './tags.ts'

export const vaultHeader = versioned(
	1,
	struct({
		idHash: fixed(32),
		/** From 1, one more with every write: compare-and-swap at the server. */
		version: u32,
		vkGen: u32,
		/** The head of the account log that the writer had verified. */
		accSeq: u32,
		accHash: fixed(32),
	}),
)
export type VaultHeader = Decoded<typeof vaultHeader>

/** nonce12 ‖ AES-256-GCM output. */
const sealedVault = bytes(VAULT_MAX)

export const sealedVaultCodec = struct({
	header: vaultHeader,
	sealed: sealedVault,
	/** The signer: certified at accSeq and not revoked at the head. */
	device: fixed(16),
	signature: fixed(64),
})
export type SealedVault = Decoded<typeof sealedVaultCodec>

export function vaultAad(header: VaultHeader): Bytes {
	return tagged(aadTags.vault, encode(vaultHeader, header))
}

const vaultBody = struct({ header: vaultHeader, sealedHash: fixed(32) })

/** What the device signs, purpose vault; `sealedHash` = SHA-256(nonce ‖ ciphertext). */
export function encodeVaultBody(body: Decoded<typeof vaultBody>): Bytes {
	return encode(vaultBody, body)
}

export const pin = struct({
	idHash: fixed(32),
	/** Newest change of this pin; the later one wins in a merge. */
	hlc: u64,
	/** How the identity was learned; a merge keeps the strongest. */
	how: choice({ 1: 'first-use', 2: 'link', 3: 'compared' }),
	/** The name that the user sees for this contact. */
	name: text(PROFILE_NAME_MAX),
	/** The furthest head of the contact's log that was verified. */
	head: shortHead,
})
export type Pin = Decoded<typeof pin>

export const vaultPlaintext = versioned(
	1,
	struct({
		/** Secret of AK_g (X-Wing, 32 bytes) at index g. */
		accountKeys: list(fixed(32), VAULT_GENERATIONS_MAX),
		/** SK_v at index v − 1; there are as many as account keys. */
		entryKeys: list(fixed(32), VAULT_GENERATIONS_MAX),
		/** K_name: names account entries, never rotated. */
		nameKey: fixed(32),
		pins: set(pin, VAULT_PINS_MAX, { keyLength: 32 }),
	}),
)
export type VaultPlaintext = Decoded<typeof vaultPlaintext>

/**
 * May this vault be stored, or believed, beside this account log (SPEC VLT5)? Its signer is certified at accSeq and not
 * revoked at the head, and its VK is the log's. The signature itself is a claim of purpose vault.
 */
export function fitsLog(vault: Pick<SealedVault, 'header' | 'device'>, state: AccountState): boolean {
	const { header } = vault
	const device = deviceOf(state, vault.device)
	const named = state.hashes[header.accSeq]
	if (device === null || named === undefined) return false
	return (
		equalBytes(header.idHash, state.idHash) &&
		equalBytes(header.accHash, named) &&
		header.vkGen === state.vk.gen &&
		device.certifiedAt <= header.accSeq &&
		device.revokedAt === null
	)
}

/** Is `next` older than what a device has seen: then it refuses it (SPEC VLT6). */
export function isRolledBack(next: VaultHeader, seen: VaultHeader): boolean {
	return next.version < seen.version || next.vkGen < seen.vkGen || next.accSeq < seen.accSeq
}

/**
 * One vault from two of the same account: keys of both, each pin in its newest form, none lost (SPEC VLT7).
 * Keys at one index are equal in all vaults of an account; where one list is longer, it wins.
 */
export function mergeVaults(a: VaultPlaintext, b: VaultPlaintext): VaultPlaintext {
	const pins = new Map(a.pins.map((entry) => [bytesToBase64url(entry.idHash), entry]))
	for (const entry of b.pins) {
		const key = bytesToBase64url(entry.idHash)
		const other = pins.get(key)
		pins.set(key, other === undefined ? entry : mergePins(other, entry))
	}
	return {
		accountKeys: longer(a.accountKeys, b.accountKeys),
		entryKeys: longer(a.entryKeys, b.entryKeys),
		nameKey: a.nameKey,
		pins: [...pins.values()].sort((x, y) => compareBytes(x.idHash, y.idHash)),
	}
}

function longer<T>(a: readonly T[], b: readonly T[]): readonly T[] {
	return b.length > a.length ? b : a
}

/** The name follows the later hlc; how an identity was learned, and how far its log was verified, only grow. */
function mergePins(a: Pin, b: Pin): Pin {
	const newest = b.hlc > a.hlc ? b : a
	const how = pinStrength[b.how] > pinStrength[a.how] ? b.how : a.how
	return { ...newest, how, head: b.head.seq > a.head.seq ? b.head : a.head }
}

const pinStrength: Readonly<Record<Pin['how'], number>> = { 'first-use': 1, link: 2, compared: 3 }
