/** Ports of accounts: who there is, what they keep here, and what they sign in with. */
import type { Bytes } from '#protocol/bytes.ts'

export type Role = 'admin' | 'user'

export interface AccountRow {
	readonly account: Bytes
	/** Case-folded; unique on the instance. */
	readonly name: string
	readonly role: Role
	readonly createdAt: number
	readonly disabledAt: number | null
	/** Whose bot it is; null: a person's own. */
	readonly owner: Bytes | null
}

export interface Accounts {
	byId(account: Bytes): Promise<AccountRow | null>
	byName(name: string): Promise<AccountRow | null>
	hasAdmin(): Promise<boolean>
	/** Administrators who may sign in. */
	admins(): Promise<Bytes[]>
	/** In order of names, beyond `after`; `search` is a part of the name. */
	page(about: { readonly search: string; readonly after: string; readonly limit: number }): Promise<AccountRow[]>
	/** How many have `search` in their name. */
	count(search: string): Promise<number>
	setRole(account: Bytes, role: Role): Promise<void>
	/** Null: may sign in again. */
	setDisabled(account: Bytes, disabledAt: number | null): Promise<void>
	/** False, and nothing stored, when the name or the account is there already. */
	insert(row: AccountRow): Promise<boolean>
	profile(account: Bytes): Promise<Bytes | null>
	setProfile(account: Bytes, profile: Bytes): Promise<void>
	/** Null when there is no such account. */
	presence(account: Bytes): Promise<PresenceRow | null>
	setHidden(account: Bytes, hidden: boolean): Promise<void>
	setLastSeen(account: Bytes, lastSeen: number | null): Promise<void>
}

/** What friends may learn of somebody who is not here. */
export interface PresenceRow {
	/** Nothing at all. */
	readonly hidden: boolean
	/** ms, to the minute; null: never told. */
	readonly lastSeen: number | null
}

/** Account entries (SPEC ENT) as they came. */
export interface SealedEntries {
	get(account: Bytes, name: Bytes): Promise<Bytes | null>
	/** With a version after `since`, oldest change first. */
	since(account: Bytes, since: number, limit: number): Promise<{ readonly version: number; readonly entry: Bytes }[]>
	/** Of the newest change; 0 before the first. */
	version(account: Bytes): Promise<number>
	count(account: Bytes): Promise<number>
	/** Stores or replaces, under the next version. */
	put(account: Bytes, name: Bytes, entry: Bytes): Promise<void>
	/** Of all accounts: every version grows by RECV_SEQ_RESTORE_STEP, so that devices fetch all entries anew. */
	leap(): Promise<void>
}

/** Entries as they came: body ‖ signatures. */
export interface AccountLogs {
	entries(account: Bytes, from: number): Promise<Bytes[]>
	/** False, and nothing stored, when `seq` is not the next one. */
	append(account: Bytes, seq: number, entry: Bytes): Promise<boolean>
}

/** A deviceId is unique on the instance for ever: rows are never deleted. */
export interface Devices {
	owner(device: Bytes): Promise<Bytes | null>
	/** False when the id was ever taken. */
	insert(device: Bytes, account: Bytes, addedAt: number): Promise<boolean>
	/** It signed what does not verify; once and for ever. */
	bar(device: Bytes, barredAt: number): Promise<void>
	/** All that were ever barred. */
	barred(): Promise<Bytes[]>
}

/** X-Wing public keys (1,216 bytes), which stand in entries as SHA-256. */
export interface KemKeys {
	byHash(account: Bytes, hash: Bytes): Promise<Bytes | null>
	insert(account: Bytes, hash: Bytes, key: Bytes): Promise<void>
}

/** What OPAQUE keeps: never shown, and the identifier never taken from a client (protocol.md §6). */
export interface CredentialRow {
	readonly identifier: Bytes
	readonly record: string
	readonly stretching: number
}

export interface Credentials {
	get(account: Bytes): Promise<CredentialRow | null>
	set(account: Bytes, row: CredentialRow): Promise<void>
}

export interface VaultRow {
	readonly version: number
	readonly device: Bytes
	readonly storedAt: number
	/** Header, ciphertext, signature, as vault.ts encodes them. */
	readonly vault: Bytes
}

/** VK sealed to one method or device; `recipient` is SHA-256 of its X-Wing key. */
export interface VkBoxRow {
	readonly recipient: Bytes
	readonly vkGen: number
	readonly box: Bytes
}

export interface BindRow {
	readonly method: Bytes
	readonly bind: Bytes
}

export interface Vaults {
	newest(account: Bytes): Promise<VaultRow | null>
	/** False, and nothing stored, when `version` is not the next one. */
	insert(account: Bytes, row: VaultRow): Promise<boolean>
	/** Drops versions stored before `before`, but the newest and the last of each device stay. */
	prune(account: Bytes, before: number): Promise<void>
	boxes(account: Bytes): Promise<VkBoxRow[]>
	/** False when there is one for this recipient and vkGen: a stored box is never replaced by this. */
	insertBox(account: Bytes, row: VkBoxRow): Promise<boolean>
	deleteBox(account: Bytes, recipient: Bytes): Promise<void>
	binds(account: Bytes): Promise<BindRow[]>
	insertBind(account: Bytes, row: BindRow): Promise<void>
}
