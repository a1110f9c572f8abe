/**
 * Account entries on this device (SPEC ENT): small named values that all devices of the account share, sealed under SK_v.
 * What another device wrote counts only when that device signed it and had the right to; of two the later hlc stands.
 * Entries are kept sealed as the server has them, so that they are there without a network.
 */
import { accountEntryClaim, accountEntryName, openAccountEntry, sealAccountEntry } from '#crypto/account-entry-seal.ts'
import type { Crypto } from '#crypto/suite.ts'
import { isIgnoredEntry, replacesEntry, signedAccountEntry, type SignedAccountEntry } from '#protocol/account-entry.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { HttpClient } from '#sync/http-client.ts'
import { accountEntryRow } from './account-rows.ts'
import type { KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import type { HybridClock } from './hybrid-clock.ts'
import type { Accounts, Self } from './identity.ts'
import { createQueue } from './queue.ts'
import type { Records } from './records.ts'
import type { VaultKeeper } from './vault-keeper.ts'

export interface AccountEntries {
	readonly restore: () => Promise<void>
	/** What stands under this name; null when nothing does, or it cannot be opened. */
	readonly value: (name: string) => Bytes | null
	/** At the server before it resolves. */
	readonly put: (name: string, value: Bytes) => Promise<Result<null, KithError>>
	/** What changed at the server. */
	readonly refresh: () => Promise<void>
	readonly onChange: (listener: () => void) => () => void
}

export interface AccountEntriesDeps {
	readonly records: Records
	readonly crypto: Crypto
	readonly http: HttpClient
	readonly self: Self
	readonly accounts: Accounts
	readonly vault: VaultKeeper
	readonly hybridClock: HybridClock
}

interface Known {
	readonly entry: SignedAccountEntry
	/** Null: sealed under a key that the vault does not hold. */
	readonly value: Bytes | null
}

function decodeEntry(text: string): SignedAccountEntry[] {
	const raw = base64urlToBytes(text)
	const entry = raw === null ? null : decode(signedAccountEntry, raw)
	return entry?.ok === true ? [entry.value] : []
}

export function createAccountEntries(deps: AccountEntriesDeps): AccountEntries {
	const { records, crypto, http, self, accounts, vault, hybridClock } = deps
	const known = new Map<string, Known>()
	const listeners = new Set<() => void>()
	const queue = createQueue()
	/** Of the server's newest answer; after a start all is asked once. */
	let version = 0

	const keyOf = (name: string) => bytesToBase64url(accountEntryName(vault.plaintext().nameKey, name))

	async function open(entry: SignedAccountEntry): Promise<Known> {
		const key = vault.plaintext().entryKeys[entry.v - 1]
		return { entry, value: key === undefined ? null : await openAccountEntry(crypto, key, entry) }
	}

	async function isOurs(entry: SignedAccountEntry): Promise<boolean> {
		const state = accounts.known(self.account)
		const device = state === null ? null : deviceOf(state, entry.device)
		if (state === null || device === null || !equalBytes(entry.idHash, self.idHash) || isIgnoredEntry(entry, state))
			return false
		return (await crypto.verify([accountEntryClaim(crypto, entry, device.signingKey)]))[0] === true
	}

	/**
	 * A device that is new to us may write before its certificate has come: then the log is asked for. False where that failed,
	 * and nothing is known of who wrote.
	 */
	async function knowsAuthors(entries: readonly SignedAccountEntry[]): Promise<boolean> {
		const state = accounts.known(self.account)
		if (state !== null && entries.every(({ device }) => deviceOf(state, device) !== null)) return true
		return (await accounts.refresh(self.account)).ok
	}

	/** True when it stands now. */
	async function take(entry: SignedAccountEntry): Promise<boolean> {
		const key = bytesToBase64url(entry.name)
		const before = known.get(key)
		if (before !== undefined && !replacesEntry(entry, before.entry)) return false
		const opened = await open(entry)
		await records.put(accountEntryRow, { store: 'accountEntries', key }, { entry: encode(signedAccountEntry, entry) })
		known.set(key, opened)
		return true
	}

	async function ask(): Promise<void> {
		let more = true
		let changed = false
		while (more) {
			const answer = await http.call((api) => api.accounts.entries({ since: version }))
			if (!answer.ok) break
			const entries = answer.value.entries.flatMap(decodeEntry)
			if (!(await knowsAuthors(entries))) break
			for (const entry of entries) if ((await isOurs(entry)) && (await take(entry))) changed = true
			version = answer.value.version
			more = answer.value.more
		}
		if (changed) for (const listener of listeners) listener()
	}

	async function put(name: string, value: Bytes): Promise<Result<null, KithError>> {
		const { entryKeys, nameKey } = vault.plaintext()
		const entryKey = entryKeys.at(-1)
		if (entryKey === undefined) throw new Error('a vault holds a key for account entries')
		const { hlc } = await hybridClock.next()
		const place = { idHash: self.idHash, name: accountEntryName(nameKey, name), hlc, value }
		const entry = await sealAccountEntry(crypto, { device: self.keys, v: entryKeys.length, entryKey }, place)
		const text = bytesToBase64url(encode(signedAccountEntry, entry))
		const answer = await http.call((api) => api.accounts.putEntry({ entry: text }))
		if (!answer.ok) return fail(toKithError(answer.error))
		if (await take(entry)) for (const listener of listeners) listener()
		return ok(null)
	}

	return {
		restore: async () => {
			for (const { key, value } of await records.all(accountEntryRow, 'accountEntries')) {
				const entry = decode(signedAccountEntry, value.entry)
				if (entry.ok) known.set(key, await open(entry.value))
			}
		},
		value: (name) => known.get(keyOf(name))?.value ?? null,
		put: (name, value) => queue.run('entries', () => put(name, value)),
		refresh: () => queue.run('entries', ask),
		onChange: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
	}
}
