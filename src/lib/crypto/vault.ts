/**
 * The vault (SPEC VLT): AK and SK of every generation, K_name and pins, under VK. VK is random, committed to in the account
 * log and boxed to every unlock method and device (boxes.ts).
 * Whether the signer was certified at accSeq and is not revoked, and that the version never falls, is core's to check.
 */
import type { VaultKeyRef } from '#protocol/account-log.ts'
import { concatBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode, type DecodeError } from '#protocol/codec.ts'
import { vaultKeyCommit } from '#protocol/commitments.ts'
import { deviceIdOf } from '#protocol/ids.ts'
import { fail, type Result } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import {
	encodeVaultBody,
	vaultAad,
	vaultPlaintext,
	type SealedVault,
	type VaultHeader,
	type VaultPlaintext,
} from '#protocol/vault.ts'
import { aeadOpen, aeadSeal, keyLength, nonceLength } from './aead.ts'
import type { DeviceKeys } from './device-keys.ts'
import type { Crypto } from './suite.ts'

export type VaultError = { readonly type: 'bad-signature' } | { readonly type: 'not-opened' } | DecodeError

export function newVaultKey(crypto: Crypto): Bytes {
	return crypto.random(keyLength)
}

/** What the entry that draws VK_gen says of it. */
export function vaultKeyRefOf(crypto: Crypto, gen: number, vaultKey: Bytes): VaultKeyRef {
	return { gen, commit: vaultKeyCommit(crypto.hash, gen, vaultKey) }
}

export async function sealVault(
	crypto: Crypto,
	by: { readonly vaultKey: Bytes; readonly device: DeviceKeys },
	vault: { readonly header: VaultHeader; readonly plaintext: VaultPlaintext },
): Promise<SealedVault> {
	const { header } = vault
	const nonce = crypto.random(nonceLength)
	const input = { nonce, aad: vaultAad(header), plaintext: encode(vaultPlaintext, vault.plaintext) }
	const sealed = concatBytes(nonce, await aeadSeal(crypto.subtle, by.vaultKey, input))
	const body = encodeVaultBody({ header, sealedHash: crypto.hash(sealed) })
	return { header, sealed, device: by.device.deviceId, signature: await by.device.signing.sign('vault', body) }
}

/** `signingKey`: of the device that `vault.device` names, from the verified account log. */
export async function openVault(
	crypto: Crypto,
	by: { readonly vaultKey: Bytes; readonly signingKey: Bytes },
	vault: SealedVault,
): Promise<Result<VaultPlaintext, VaultError>> {
	const { header, sealed, device, signature } = vault
	const body = encodeVaultBody({ header, sealedHash: crypto.hash(sealed) })
	const [signed] = await crypto.verify([claimOver(crypto.hash, 'vault', { key: by.signingKey, body, signature })])
	const named = equalBytes(deviceIdOf(crypto.hash, by.signingKey), device)
	if (signed !== true || !named) return fail({ type: 'bad-signature' })
	const nonce = sealed.slice(0, nonceLength)
	if (nonce.length < nonceLength) return fail({ type: 'not-opened' })
	const input = { nonce, aad: vaultAad(header), ciphertext: sealed.slice(nonceLength) }
	const plaintext = await aeadOpen(crypto.subtle, by.vaultKey, input)
	return plaintext === null ? fail({ type: 'not-opened' }) : decode(vaultPlaintext, plaintext)
}
