/**
 * The vault on this device: VK, the newest version, and changes by compare-and-swap. A version that another device wrote
 * first is opened and the change made again on top (SPEC VLT); a device refuses less than it has seen.
 */
import { openVault, sealVault } from '#crypto/vault.ts'
import type { Crypto } from '#crypto/suite.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import type { AccountState } from '#protocol/account-state.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import {
	fitsLog,
	isRolledBack,
	mergeVaults,
	sealedVaultCodec,
	type SealedVault,
	type VaultPlaintext,
} from '#protocol/vault.ts'
import { metaKeys } from '#store/keys.ts'
import type { HttpClient } from '#sync/http-client.ts'
import { vaultRow } from './account-rows.ts'
import type { KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import type { Self } from './identity.ts'
import { createQueue } from './queue.ts'
import type { Records } from './records.ts'

export interface OpenVault {
	readonly vaultKey: Bytes
	readonly sealed: SealedVault
	readonly plaintext: VaultPlaintext
}

export interface VaultKeeper {
	readonly plaintext: () => VaultPlaintext
	/** `change` may be applied more than once, to different versions. */
	readonly update: (change: (plaintext: VaultPlaintext) => VaultPlaintext) => Promise<Result<null, KithError>>
	/** Version and contents, and the way of a vault under a new VK to take its place: one change at a time. */
	readonly replace: (
		make: (current: OpenVault) => Promise<Result<OpenVault, KithError>>,
	) => Promise<Result<null, KithError>>
	/** Another device of ours drew a new VK: fetched and opened by our own box. */
	readonly renew: () => Promise<Result<null, KithError>>
}

const vaultAt = { store: 'meta', key: metaKeys.vault } as const
const maxTries = 4

/** What opens: signed by a device that the log certifies and has not revoked, under the log's VK, of this account. */
export async function openSealedVault(
	crypto: Crypto,
	by: { state: AccountState; vaultKey: Bytes },
	sealed: SealedVault,
): Promise<Result<OpenVault, KithError>> {
	const { state, vaultKey } = by
	const device = deviceOf(state, sealed.device)
	if (device === null || !fitsLog(sealed, state)) return fail({ type: 'not-verified', what: 'vault' })
	const opened = await openVault(crypto, { vaultKey, signingKey: device.signingKey }, sealed)
	return opened.ok ? ok({ vaultKey, sealed, plaintext: opened.value }) : fail({ type: 'not-verified', what: 'vault' })
}

export function decodeVault(text: string): SealedVault | null {
	const raw = base64urlToBytes(text)
	const sealed = raw === null ? null : decode(sealedVaultCodec, raw)
	return sealed?.ok === true ? sealed.value : null
}

export function keepVault(records: Records, vault: Pick<OpenVault, 'vaultKey' | 'sealed'>): Promise<void> {
	return records.put(vaultRow, vaultAt, { vaultKey: vault.vaultKey, vault: encode(sealedVaultCodec, vault.sealed) })
}

/** Has this device seen a newer one: then the server gave us the past (SPEC VLT6). */
export async function isOlderThanKept(records: Records, { sealed }: Pick<OpenVault, 'sealed'>): Promise<boolean> {
	const kept = await keptVault(records)
	return kept !== null && isRolledBack(sealed.header, kept.sealed.header)
}

async function keptVault(records: Records): Promise<Pick<OpenVault, 'vaultKey' | 'sealed'> | null> {
	const row = await records.get(vaultRow, vaultAt)
	const sealed = row === null ? null : decode(sealedVaultCodec, row.vault)
	return row === null || sealed?.ok !== true ? null : { vaultKey: row.vaultKey, sealed: sealed.value }
}

export async function restoreVault(records: Records, crypto: Crypto, state: AccountState): Promise<OpenVault | null> {
	const kept = await keptVault(records)
	const opened = kept === null ? null : await openSealedVault(crypto, { state, vaultKey: kept.vaultKey }, kept.sealed)
	return opened?.ok === true ? opened.value : null
}

export interface VaultKeeperDeps {
	readonly records: Records
	readonly crypto: Crypto
	readonly http: HttpClient
	readonly self: Self
	/** The own log, as far as it is known. */
	readonly state: () => AccountState
	/** The same from the server: whoever wrote a newer vault may have been certified a moment ago. */
	readonly newestState: () => Promise<Result<AccountState, KithError>>
	readonly opened: OpenVault
	/** Log and vault from the server, opened by the box of this device. */
	readonly fetch: () => Promise<Result<OpenVault, KithError>>
}

export function createVaultKeeper(deps: VaultKeeperDeps): VaultKeeper {
	const { records, crypto, http } = deps
	const queue = createQueue()
	let current = deps.opened

	async function adopt(next: OpenVault): Promise<void> {
		await keepVault(records, next)
		current = next
	}

	async function fetchNewer(): Promise<Result<null, KithError>> {
		const answer = await http.call((api) => api.accounts.me())
		if (!answer.ok) return fail(toKithError(answer.error))
		const state = await deps.newestState()
		if (!state.ok) return state
		const sealed = decodeVault(answer.value.vault)
		if (sealed === null || isRolledBack(sealed.header, current.sealed.header))
			return fail({ type: 'not-verified', what: 'vault' })
		const opened = await openSealedVault(crypto, { state: state.value, vaultKey: current.vaultKey }, sealed)
		if (!opened.ok) return opened
		// Pins only grow, whoever wrote last (SPEC VLT7).
		await adopt({ ...opened.value, plaintext: mergeVaults(opened.value.plaintext, current.plaintext) })
		return ok(null)
	}

	async function put(plaintext: VaultPlaintext): Promise<Result<null, KithError>> {
		const { head, idHash, vk } = deps.state()
		const header = {
			idHash,
			version: current.sealed.header.version + 1,
			vkGen: vk.gen,
			accSeq: head.seq,
			accHash: head.hash,
		}
		const { vaultKey } = current
		const sealed = await sealVault(crypto, { vaultKey, device: deps.self.keys }, { header, plaintext })
		const answer = await http.call((api) =>
			api.accounts.putVault({ vault: bytesToBase64url(encode(sealedVaultCodec, sealed)) }),
		)
		if (!answer.ok) return fail(toKithError(answer.error))
		await adopt({ vaultKey, sealed, plaintext })
		return ok(null)
	}

	async function update(change: (plaintext: VaultPlaintext) => VaultPlaintext): Promise<Result<null, KithError>> {
		for (let attempt = 1; ; attempt++) {
			const done = await put(change(current.plaintext))
			const stale = !done.ok && done.error.type === 'server' && done.error.code === 'stale-vault'
			if (!stale || attempt === maxTries) return done
			const fetched = await fetchNewer()
			if (!fetched.ok) return fetched
		}
	}

	async function renew(): Promise<Result<null, KithError>> {
		if (deps.state().vk.gen === current.sealed.header.vkGen) return ok(null)
		const fetched = await deps.fetch()
		if (!fetched.ok) return fetched
		await adopt({ ...fetched.value, plaintext: mergeVaults(fetched.value.plaintext, current.plaintext) })
		return ok(null)
	}

	return {
		plaintext: () => current.plaintext,
		update: (change) => queue.run('vault', () => update(change)),
		replace: (make) =>
			queue.run('vault', async () => {
				const made = await make(current)
				if (!made.ok) return made
				await adopt(made.value)
				return ok(null)
			}),
		renew: () => queue.run('vault', renew),
	}
}
