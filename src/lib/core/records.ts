/**
 * Rows of the store as values: encoded by a declared codec and sealed at rest.
 * Sealing is asynchronous and IndexedDB ends a transaction that awaits it, so values are sealed before a
 * transaction and opened after it; `Sealed` is what crosses.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { decode, encode, type Codec } from '#protocol/codec.ts'
import type { StoreName } from '#store/schema.ts'
import type { Row, Storage } from '#store/storage.ts'
import type { StorageWrap } from '#crypto/storage-wrap.ts'

export interface Sealed<S extends StoreName = StoreName> {
	readonly store: S
	readonly key: string
	readonly bytes: Bytes
}

export interface Records {
	readonly seal: <T, S extends StoreName>(
		codec: Codec<T>,
		at: { store: S; key: string },
		value: T,
	) => Promise<Sealed<S>>
	/** Null when there is no such row, or it does not open: the server can give it again. */
	readonly get: <T>(codec: Codec<T>, at: { store: StoreName; key: string }) => Promise<T | null>
	/** Rows that do not open are left out. */
	readonly openAll: <T>(
		codec: Codec<T>,
		store: StoreName,
		rows: readonly Pick<Row, 'key' | 'bytes'>[],
	) => Promise<{ key: string; value: T }[]>
	readonly all: <T>(
		codec: Codec<T>,
		store: StoreName,
		range?: { from?: string; to?: string },
	) => Promise<{ key: string; value: T }[]>
	/** One row in a transaction of its own; for stores without indexes. */
	readonly put: <T>(codec: Codec<T>, at: { store: UnindexedStore; key: string }, value: T) => Promise<void>
	readonly delete: (at: { store: StoreName; key: string }) => Promise<void>
}

export type UnindexedStore = Exclude<StoreName, 'events' | 'held' | 'outbox'>

export function createRecords(storage: Storage, wrap: StorageWrap): Records {
	async function open<T>(codec: Codec<T>, at: { store: StoreName; key: string }, bytes: Bytes): Promise<T | null> {
		const plain = await wrap.open(at.store, at.key, bytes)
		if (plain === null) return null
		const decoded = decode(codec, plain)
		return decoded.ok ? decoded.value : null
	}

	const records: Records = {
		seal: async (codec, at, value) => ({ ...at, bytes: await wrap.seal(at.store, at.key, encode(codec, value)) }),
		get: async (codec, at) => {
			const bytes = await storage.transaction('read', [at.store], (tx) => tx.get(at.store, at.key))
			return bytes === null ? null : open(codec, at, bytes)
		},
		openAll: async (codec, store, rows) => {
			const values = await Promise.all(rows.map((row) => open(codec, { store, key: row.key }, row.bytes)))
			return values.flatMap((value, i) => (value === null ? [] : [{ key: (rows[i] as Pick<Row, 'key'>).key, value }]))
		},
		all: async (codec, store, range = {}) =>
			records.openAll(codec, store, await storage.transaction('read', [store], (tx) => tx.range(store, range))),
		put: async (codec, at, value) => {
			const sealed = await records.seal(codec, at, value)
			await storage.transaction('write', [at.store], (tx) => tx.put(at.store as 'meta', sealed.key, sealed.bytes))
		},
		delete: (at) => storage.transaction('write', [at.store], (tx) => tx.delete(at.store, at.key)),
	}
	return records
}
