/**
 * Account entries (SPEC ENT): settings, drafts, own markers, verified heads, under SK_v. The server sees a name's HMAC
 * and a ciphertext. Which of two entries stands, and whether their authors still counted, is judged by #protocol and core.
 */
import {
	accountEntryAad,
	encodeAccountEntryBody,
	entryNameInput,
	type SignedAccountEntry,
} from '#protocol/account-entry.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { claimOver } from '#protocol/tags.ts'
import type { SignatureClaim } from '#protocol/ports.ts'
import { aeadOpen, aeadSeal, nonceLength } from './aead.ts'
import type { DeviceKeys } from './device-keys.ts'
import { hmacSha256 } from './hash.ts'
import type { Crypto } from './suite.ts'

/** 16 bytes under K_name: what the server knows an entry by. */
export function accountEntryName(nameKey: Bytes, name: string): Bytes {
	return hmacSha256(nameKey, entryNameInput(name)).slice(0, 16)
}

export interface AccountEntryInput {
	readonly idHash: Bytes
	/** 16 bytes, `accountEntryName`. */
	readonly name: Bytes
	readonly hlc: bigint
	readonly value: Bytes
}

/** `entryKey`: SK_v, from the vault. */
export async function sealAccountEntry(
	crypto: Crypto,
	by: { readonly device: DeviceKeys; readonly v: number; readonly entryKey: Bytes },
	entry: AccountEntryInput,
): Promise<SignedAccountEntry> {
	const { idHash, name, hlc, value } = entry
	const place = { idHash, name, hlc, v: by.v }
	const nonce = crypto.random(nonceLength)
	const ct = await aeadSeal(crypto.subtle, by.entryKey, { nonce, aad: accountEntryAad(place), plaintext: value })
	const unsigned = { ...place, device: by.device.deviceId, nonce, ct }
	return { ...unsigned, signature: await by.device.signing.sign('entry', encodeAccountEntryBody(unsigned)) }
}

export function accountEntryClaim(crypto: Crypto, entry: SignedAccountEntry, signingKey: Bytes): SignatureClaim {
	const body = encodeAccountEntryBody(entry)
	return claimOver(crypto.hash, 'entry', { key: signingKey, body, signature: entry.signature })
}

/** Null when it was sealed under another key, name, hlc or v. */
export function openAccountEntry(crypto: Crypto, entryKey: Bytes, entry: SignedAccountEntry): Promise<Bytes | null> {
	const { nonce, ct: ciphertext } = entry
	return aeadOpen(crypto.subtle, entryKey, { nonce, aad: accountEntryAad(entry), ciphertext })
}
