/**
 * Boxes: a 32-byte key sealed to one X-Wing key (SPEC BOX). What opens is given out only when it matches the
 * commitment that a verified log has for it, so nobody downstream can use a key that somebody made up.
 */
import type { VaultKeyRef } from '#protocol/account-log.ts'
import {
	boxCodec,
	epochBoxInfo,
	kemXWing,
	linkBoxInfo,
	reportBoxInfo,
	vaultKeyBoxInfo,
	type Box,
} from '#protocol/box.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { vaultKeyCommit } from '#protocol/commitments.ts'
import type { EpochRef } from '#protocol/epoch-keys.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { matchesCommit, type EpochKey } from './epoch.ts'
import { equalSecret } from './hash.ts'
import { hpkeOpen, hpkeSeal, type HpkePrivateKey, type KemKeyPair } from './hpke.ts'
import type { Crypto } from './suite.ts'

/**
 * `not-opened`: for another key, under other names, or damaged · `wrong-key`: opens, but is not the key that the log
 * commits to. A box of another version or KEM is none to the codec.
 */
export type BoxError = { readonly type: 'not-opened' | 'wrong-key' }

/** SHA-256 of a box as it lies beside an entry. */
export function boxHash(crypto: Crypto, box: Box): Bytes {
	return crypto.hash(encode(boxCodec, box))
}

async function sealBox(crypto: Crypto, to: { publicKey: Bytes; info: Bytes }, key: Bytes): Promise<Box> {
	return { version: 1, kem: kemXWing, ...(await hpkeSeal(crypto.random, to, key)) }
}

async function openBox(by: HpkePrivateKey & { info: Bytes }, box: Box): Promise<Result<Bytes, BoxError>> {
	const key = await hpkeOpen(by, box)
	return key === null ? fail({ type: 'not-opened' }) : ok(key)
}

/** An account by its key AK_g, whose hash a verified account log has. */
export interface AccountKeyOwner {
	readonly idHash: Bytes
	readonly g: number
}

export function sealEpochBox(
	crypto: Crypto,
	to: AccountKeyOwner & { readonly publicKey: Bytes },
	key: EpochKey,
): Promise<Box> {
	return sealBox(crypto, { publicKey: to.publicKey, info: epochBoxInfo(key, to) }, key.secret)
}

/** `by`: AK_g with its seed from the vault; `commit`: what the verified log says of epoch n. */
export async function openEpochBox(
	crypto: Crypto,
	by: AccountKeyOwner & HpkePrivateKey,
	boxed: EpochRef & { readonly commit: Bytes; readonly box: Box },
): Promise<Result<EpochKey, BoxError>> {
	const { conversation, n, commit, box } = boxed
	const opened = await openBox({ seed: by.seed, info: epochBoxInfo({ conversation, n }, by) }, box)
	if (!opened.ok) return opened
	const key = { conversation, n, secret: opened.value }
	return matchesCommit(crypto, key, commit) ? ok(key) : fail({ type: 'wrong-key' })
}

/** EK_n for whoever holds the secret of a link. */
export function sealLinkBox(
	crypto: Crypto,
	to: { readonly link: Bytes; readonly publicKey: Bytes },
	key: EpochKey,
): Promise<Box> {
	return sealBox(crypto, { publicKey: to.publicKey, info: linkBoxInfo(key, to.link) }, key.secret)
}

export async function openLinkBox(
	crypto: Crypto,
	by: { readonly link: Bytes } & HpkePrivateKey,
	boxed: EpochRef & { readonly commit: Bytes; readonly box: Box },
): Promise<Result<EpochKey, BoxError>> {
	const { conversation, n, commit, box } = boxed
	const opened = await openBox({ seed: by.seed, info: linkBoxInfo({ conversation, n }, by.link) }, box)
	if (!opened.ok) return opened
	const key = { conversation, n, secret: opened.value }
	return matchesCommit(crypto, key, commit) ? ok(key) : fail({ type: 'wrong-key' })
}

/** The key of a report, for one owner or admin. */
export function sealReportBox(
	crypto: Crypto,
	to: AccountKeyOwner & { readonly publicKey: Bytes },
	report: { readonly conversation: Bytes; readonly key: Bytes },
): Promise<Box> {
	return sealBox(crypto, { publicKey: to.publicKey, info: reportBoxInfo(report.conversation, to) }, report.key)
}

/** No log commits to this key: what it opens is signed. */
export function openReportBox(
	by: AccountKeyOwner & HpkePrivateKey,
	{ conversation, box }: { readonly conversation: Bytes; readonly box: Box },
): Promise<Result<Bytes, BoxError>> {
	return openBox({ seed: by.seed, info: reportBoxInfo(conversation, by) }, box)
}

/** VK_gen for a method or device. */
export function sealVaultKeyBox(
	crypto: Crypto,
	to: { readonly publicKey: Bytes; readonly vkGen: number },
	vaultKey: Bytes,
): Promise<Box> {
	const info = vaultKeyBoxInfo(crypto.hash(to.publicKey), to.vkGen)
	return sealBox(crypto, { publicKey: to.publicKey, info }, vaultKey)
}

/** `vk`: what the newest entry of the verified account log says that draws a VK. */
export async function openVaultKeyBox(
	crypto: Crypto,
	by: KemKeyPair,
	boxed: { readonly vk: VaultKeyRef; readonly box: Box },
): Promise<Result<Bytes, BoxError>> {
	const { vk, box } = boxed
	const opened = await openBox({ seed: by.seed, info: vaultKeyBoxInfo(crypto.hash(by.publicKey), vk.gen) }, box)
	if (!opened.ok) return opened
	const matches = equalSecret(vaultKeyCommit(crypto.hash, vk.gen, opened.value), vk.commit)
	return matches ? opened : fail({ type: 'wrong-key' })
}
