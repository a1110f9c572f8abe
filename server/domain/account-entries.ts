/**
 * Account entries (SPEC ENT): settings, drafts, own marks, sealed by the account's devices for each other. The server knows
 * neither names nor values; it keeps the newest under each name, and tells the account's other devices.
 */
import { isIgnoredEntry, encodeAccountEntryBody, replacesEntry, signedAccountEntry } from '#protocol/account-entry.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { isAhead } from '#protocol/hlc.ts'
import { ACCOUNT_ENTRIES_MAX } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { Access, AccountStates, DomainPorts } from './domain.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface EntryList {
	readonly entries: readonly Bytes[]
	/** To ask with `since` next time. */
	readonly version: number
	/** There are more after that version. */
	readonly more: boolean
}

export interface AccountEntries {
	since(access: Access, since: number): Promise<EntryList>
	/** Refused: bad-signature, hold-ahead, too-large, rate-limited. One that is older than the stored changes nothing. */
	put(access: Access, entry: Bytes): Promise<Decided<null>>
}

/** An answer is at most 8 MiB. */
const entriesPerAnswer = 128

export function createAccountEntries(ports: DomainPorts, accountStates: AccountStates): AccountEntries {
	return {
		since: async ({ account }, since) => {
			const { sealedEntries } = ports.repositories
			// A restored backup may know less than who asks: then all is told.
			const from = since > (await sealedEntries.version(account)) ? 0 : since
			const rows = await sealedEntries.since(account, from, entriesPerAnswer)
			const version = rows.at(-1)?.version ?? from
			return { entries: rows.map(({ entry }) => entry), version, more: rows.length === entriesPerAnswer }
		},
		put: (access, entry) => put(ports, accountStates, { access, bytes: entry }),
	}
}

async function put(
	ports: DomainPorts,
	accountStates: AccountStates,
	{ access: { account, device }, bytes }: { access: Access; bytes: Bytes },
): Promise<Decided<null>> {
	const limited = await withinLimit(ports, 'writeByAccount', account)
	if (!limited.ok) return limited
	const decoded = decode(signedAccountEntry, bytes)
	const state = await accountStates.get(account)
	if (!decoded.ok || state === null) return refuse('bad-signature')
	const entry = decoded.value
	const signer = deviceOf(state, entry.device)
	const isOwn = equalBytes(entry.idHash, account) && equalBytes(entry.device, device)
	if (!isOwn || signer === null || isIgnoredEntry(entry, state)) return refuse('bad-signature')
	if (isAhead(entry.hlc, ports.clock())) return refuse('hold-ahead')
	const claim = { key: signer.signingKey, body: encodeAccountEntryBody(entry), signature: entry.signature }
	if ((await ports.verify([claimOver(ports.hash, 'entry', claim)]))[0] !== true) return refuse('bad-signature')
	return ports.unitOfWork.transaction(async ({ sealedEntries }, afterCommit) => {
		const stored = await sealedEntries.get(account, entry.name)
		const before = stored === null ? null : decode(signedAccountEntry, stored)
		if (before?.ok === true && !replacesEntry(entry, before.value)) return ok(null)
		if (before === null && (await sealedEntries.count(account)) >= ACCOUNT_ENTRIES_MAX) return refuse('too-large')
		await sealedEntries.put(account, entry.name, bytes)
		afterCommit(() => ports.cluster.publish('entries-changed', { account: bytesToBase64url(account) }))
		return ok(null)
	})
}
