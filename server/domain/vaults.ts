/** Vault versions: compare-and-swap by version, signed by a device that may (SPEC VLT). The server never opens one. */
import { deviceOf } from '#protocol/account-lookups.ts'
import type { AccountState } from '#protocol/account-state.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { VAULT_VERSIONS_KEPT_FOR } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import { encodeVaultBody, sealedVaultCodec, type SealedVault, type VaultHeader } from '#protocol/vault.ts'
import type { Access, AccountStates, DomainPorts } from './domain.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface Vaults {
	/** Refused: bad-account, stale-vault, rate-limited. */
	put(access: Access, vault: Bytes): Promise<Decided<null>>
}

/** What stands in a vault's header must agree with the account's log, and its device must be one that may sign. */
export async function checkVault(
	{ hash, verify }: Pick<DomainPorts, 'hash' | 'verify'>,
	state: AccountState,
	{ vault, device }: { vault: Bytes; device: Bytes },
): Promise<Decided<VaultHeader>> {
	const decoded = decode(sealedVaultCodec, vault)
	if (!decoded.ok || !equalBytes(decoded.value.device, device)) return refuse('bad-account')
	const { header, sealed, signature } = decoded.value
	const signer = deviceOf(state, device)
	if (signer === null || !isSound(state, decoded.value)) return refuse('bad-account')
	const body = encodeVaultBody({ header, sealedHash: hash(sealed) })
	const [valid] = await verify([claimOver(hash, 'vault', { key: signer.signingKey, body, signature })])
	return valid === true ? ok(header) : refuse('bad-account')
}

function isSound(state: AccountState, { header, device }: SealedVault): boolean {
	const signer = deviceOf(state, device)
	const known = state.hashes[header.accSeq]
	return (
		signer !== null &&
		signer.ended === null &&
		signer.certifiedAt <= header.accSeq &&
		equalBytes(header.idHash, state.idHash) &&
		header.vkGen === state.vk.gen &&
		known !== undefined &&
		equalBytes(header.accHash, known)
	)
}

export function createVaults(ports: DomainPorts, accountStates: AccountStates): Vaults {
	const { unitOfWork, clock } = ports
	return {
		put: async ({ account, device }, vault) => {
			const limited = await withinLimit(ports, 'writeByAccount', account)
			if (!limited.ok) return limited
			const state = await accountStates.get(account)
			if (state === null) return refuse('not-found')
			const header = await checkVault(ports, state, { vault, device })
			if (!header.ok) return header
			const storedAt = clock()
			return unitOfWork.transaction(async ({ vaults }) => {
				const row = { version: header.value.version, device, storedAt, vault }
				if (!(await vaults.insert(account, row))) return refuse('stale-vault')
				await vaults.prune(account, storedAt - VAULT_VERSIONS_KEPT_FOR)
				return ok(null)
			})
		},
	}
}
