/**
 * Rows in memory: tests, bots that keep nothing, and the reference of the contract suite.
 *
 * `createMemoryDatabase()` stands for the disk: close a storage and open another on the same database to play a restart,
 * open two to play two tabs.
 */
import { copyBytes, type Bytes } from '#protocol/bytes.ts'
import { schemaAfter, schemaChanges } from './schema.ts'
import { openSerialStorage, SerialQueue, type Scan, type SerialRows } from './serial-storage.ts'
import { SortedKeys } from './sorted-keys.ts'
import { type KeyRange, type OpenOptions, type Row, type RowIndexes, type Storage } from './storage.ts'

/** Between an index key and a row key; below every character that a key may have. */
const indexSeparator = ' '

interface MemoryRow {
	readonly bytes: Bytes
	readonly indexes: RowIndexes
}

class MemoryStore {
	readonly #rows = new Map<string, MemoryRow>()
	readonly #order = new SortedKeys()
	readonly #indexes = new Map<string, SortedKeys>()

	constructor(indexNames: readonly string[]) {
		for (const name of indexNames) this.#indexes.set(name, new SortedKeys())
	}

	get(key: string): MemoryRow | undefined {
		return this.#rows.get(key)
	}

	/** Returns the row that stood there before. */
	set(key: string, row: MemoryRow | undefined): MemoryRow | undefined {
		const before = this.#rows.get(key)
		for (const [name, sorted] of this.#indexes) {
			const left = before?.indexes[name] ?? null
			if (left !== null) sorted.remove(left + indexSeparator + key)
			const entered = row?.indexes[name] ?? null
			if (entered !== null) sorted.add(entered + indexSeparator + key)
		}
		if (row === undefined) {
			this.#rows.delete(key)
			this.#order.remove(key)
		} else {
			this.#rows.set(key, row)
			if (before === undefined) this.#order.add(key)
		}
		return before
	}

	keys(scan: Scan): string[] {
		if (scan.index === undefined) return this.#order.slice(scan, scan.limit, scan.reverse)
		const sorted = this.#indexes.get(scan.index)
		if (sorted === undefined) throw new TypeError(`no index ${scan.index}`)
		const entries = sorted.slice(scan, scan.limit, scan.reverse)
		return entries.map((entry) => entry.slice(entry.indexOf(indexSeparator) + 1))
	}
}

/** What survives a restart. */
export interface MemoryDatabase {
	readonly stores: ReadonlyMap<string, MemoryStore>
	readonly queue: SerialQueue
	generation: number
}

export function createMemoryDatabase(changes = schemaChanges): MemoryDatabase {
	const stores = new Map<string, MemoryStore>()
	for (const [name, indexes] of schemaAfter(changes)) stores.set(name, new MemoryStore(indexes))
	return { stores, queue: new SerialQueue(), generation: 0 }
}

class MemoryRows implements SerialRows {
	readonly #database: MemoryDatabase
	/** How to take back what the open transaction did, oldest first. */
	#undo: (() => void)[] = []

	constructor(database: MemoryDatabase) {
		this.#database = database
	}

	#store(name: string): MemoryStore {
		const store = this.#database.stores.get(name)
		if (store === undefined) throw new TypeError(`no store ${name}`)
		return store
	}

	#set(name: string, key: string, row: MemoryRow | undefined): void {
		const store = this.#store(name)
		const before = store.set(key, row)
		this.#undo.push(() => store.set(key, before))
	}

	begin(): void {
		this.#undo = []
	}
	commit(): void {
		this.#undo = []
	}
	rollback(): void {
		for (const takeBack of this.#undo.reverse()) takeBack()
		this.#undo = []
	}

	generation(): number {
		return this.#database.generation
	}
	setGeneration(generation: number): void {
		this.#database.generation = generation
	}

	get(store: string, key: string): Bytes | null {
		const row = this.#store(store).get(key)
		return row === undefined ? null : copyBytes(row.bytes)
	}
	put(store: string, key: string, bytes: Bytes, indexes: RowIndexes): void {
		this.#set(store, key, { bytes: copyBytes(bytes), indexes: { ...indexes } })
	}
	delete(store: string, key: string): void {
		if (this.#store(store).get(key) !== undefined) this.#set(store, key, undefined)
	}
	deleteRange(store: string, range: KeyRange): void {
		// From the end: each removal then is at the end of the sorted list.
		for (const key of this.#store(store).keys({ ...range, reverse: true })) this.#set(store, key, undefined)
	}
	range(store: string, scan: Scan): Row[] {
		const rows = this.#store(store)
		return rows.keys(scan).map((key) => {
			const { bytes, indexes } = rows.get(key) as MemoryRow
			return { key, bytes: copyBytes(bytes), indexes: { ...indexes } }
		})
	}
	keys(store: string, scan: Scan): string[] {
		return this.#store(store).keys(scan)
	}
	count(store: string, scan: Scan): number {
		return this.#store(store).keys(scan).length
	}

	close(): void {}
	async remove(): Promise<void> {}
}

/** A database of its own unless one is given. */
export function openMemoryStorage(
	database: MemoryDatabase = createMemoryDatabase(),
	options: OpenOptions = { access: 'lead' },
): Promise<Storage> {
	return openSerialStorage(new MemoryRows(database), options, database.queue)
}
