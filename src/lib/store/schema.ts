/**
 * The stores of a device, and how they came to be.
 *
 * A row is `key → bytes`, keys are spelled by keys.ts, bytes are opaque here (core wraps them with the device key).
 * A store may have named secondary indexes: a row gives each of them a key or null, and rows without one are not in it.
 *
 * Promise: the shape of a database is the sum of `schemaChanges` up to its number. A released change is never edited;
 * the next one is appended, with a fixture of the version before it (tests/fixtures/store).
 */

/** Name of each store → its secondary indexes. */
export const storeSchema = {
	/** Single rows by name: account, session, counters. */
	meta: [],
	/** account / seq → signed entry. */
	accountLogs: [],
	/** account → verified state and head, pin. */
	accounts: [],
	/** conversation / seq → signed entry. */
	conversationLogs: [],
	/** conversation → verified state and head, list preview. */
	conversations: [],
	/** conversation / epoch → epoch key with its box. */
	boxes: [],
	/** conversation / page / part / stream / clock → item with what we know of it. */
	events: ['id', 'recv'],
	/** As events: items that cannot be judged yet, outside the Y.Doc. */
	held: ['id'],
	/** conversation / page / part → version, digest, how far it is synced. */
	pages: [],
	/** conversation / page / part / incarnation → own stream: next clock, last eventId. Kept for ever. */
	streams: [],
	/** conversation / sequence → wrapped content not yet acked. */
	outbox: ['sequence'],
	/** sequence → what the user asked for besides messages: friend requests, creates, rotations. */
	intents: [],
	/** conversation / kind / account → newest marker. */
	markers: [],
	/** account → state of the friendship. */
	friends: [],
	/** conversation → draft. */
	drafts: [],
	/** name → setting. */
	settings: [],
	/** HMAC(K_name, name)[0..16] as base64url → account entry as the server has it. */
	accountEntries: [],
	/** account → signed profile. */
	profiles: [],
	/** time / key of an event → nothing: when the text of which item goes. */
	expiries: [],
	/** part / segment / number → a part of the search index. */
	searchIndex: [],
	/** conversation / page → nothing: a page that the search index has not looked at since it changed. */
	searchTodo: [],
	/** copy → what it is; copy / generation / page → its messages, as they were imported. */
	copies: [],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type StoreName = keyof typeof storeSchema
export type IndexName<S extends StoreName> = (typeof storeSchema)[S][number]

/** One step of the schema. Names are plain strings: an old step may speak of a store that is gone. */
export interface SchemaChange {
	readonly version: number
	/** New stores, with all their indexes. */
	readonly create?: Readonly<Record<string, readonly string[]>>
	/** Stores to remove with their rows. */
	readonly drop?: readonly string[]
	/** Stores to empty: caches whose rows changed their form and which the server can fill again. */
	readonly clear?: readonly string[]
}

export const schemaChanges: readonly SchemaChange[] = [
	{
		version: 1,
		create: {
			meta: [],
			accountLogs: [],
			accounts: [],
			conversationLogs: [],
			conversations: [],
			boxes: [],
			events: ['id', 'recv'],
			held: ['id'],
			pages: [],
			streams: [],
			outbox: ['sequence'],
			intents: [],
			markers: [],
			friends: [],
			drafts: [],
			settings: [],
			accountEntries: [],
			profiles: [],
		},
	},
	{ version: 2, create: { expiries: [], searchIndex: [], searchTodo: [] } },
	{ version: 3, create: { copies: [] } },
]

export function schemaVersion(changes: readonly SchemaChange[]): number {
	return changes.at(-1)?.version ?? 0
}

/** The stores that a database has after all of `changes`. */
export function schemaAfter(changes: readonly SchemaChange[]): ReadonlyMap<string, readonly string[]> {
	const stores = new Map<string, readonly string[]>()
	for (const change of changes) {
		for (const name of change.drop ?? []) stores.delete(name)
		for (const [name, indexes] of Object.entries(change.create ?? {})) stores.set(name, indexes)
	}
	return stores
}

export function changesSince(version: number, changes: readonly SchemaChange[]): readonly SchemaChange[] {
	return changes.filter((change) => change.version > version)
}
