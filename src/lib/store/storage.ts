/**
 * The port behind which a device keeps its rows: memory, IndexedDB in the browser, SQLite in Node.
 *
 * What it promises (tests/support/storage-contract.ts runs on every adapter):
 * - A transaction over several stores is all or nothing; it is committed when its promise resolves, and any throw aborts it.
 * - `write` is on disk by then. `write-relaxed` survives the process but perhaps not the machine: only for what the server
 *   can give again.
 * - Transactions that overlap in a store and of which one writes run one after the other.
 * - Bytes are copied on the way in and out. Keys are printable ASCII without space and compare by byte.
 * - One writer. Opening with access `lead` takes the next generation; from then on every transaction of an earlier leader
 *   aborts with `stale-leader` and changes nothing, however late it wakes up. `observe` only reads.
 *
 * The rule for callers: inside a transaction await nothing but its own calls. IndexedDB commits as soon as no request is
 * under way, so fetch, crypto and timers belong before or after it: read, compute outside, write (and compare what was
 * read, if it matters). Every adapter throws `TransactionEnded` when the rule is broken, so that a test finds it.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { IndexName, SchemaChange, StoreName } from './schema.ts'

export type TransactionMode = 'read' | 'write' | 'write-relaxed'

/** Index name → key in that index, null where the row stays out of it. */
export type RowIndexes = Readonly<Record<string, string | null>>

export interface Row {
	readonly key: string
	readonly bytes: Bytes
	readonly indexes: RowIndexes
}

/** `from` is in, `to` is out; without them the range is open. `keys.ts` makes them. */
export interface KeyRange {
	readonly from?: string
	readonly to?: string
}

export interface RangeOptions<S extends StoreName = StoreName> extends KeyRange {
	/** Walk this index instead of the keys: `from` and `to` are index keys, ties come in the order of keys. */
	readonly index?: IndexName<S>
	readonly limit?: number
	/** Last first; `limit` then counts from the end. */
	readonly reverse?: boolean
}

/** A key in each index of the store, null to stay out of it. */
export type IndexKeys<S extends StoreName> = { readonly [I in IndexName<S>]: string | null }

export interface Transaction {
	get(store: StoreName, key: string): Promise<Bytes | null>
	put<S extends StoreName>(
		store: S,
		key: string,
		bytes: Bytes,
		...indexes: [IndexName<S>] extends [never] ? [] : [indexes: IndexKeys<S>]
	): Promise<void>
	delete(store: StoreName, key: string): Promise<void>
	deleteRange(store: StoreName, range: KeyRange): Promise<void>
	range<S extends StoreName>(store: S, options?: RangeOptions<S>): Promise<Row[]>
	/** As `range`, without loading the bytes. */
	keys<S extends StoreName>(store: S, options?: RangeOptions<S>): Promise<string[]>
	/** Stops counting at `limit`: an unread badge of "99+" needs no more. */
	count<S extends StoreName>(store: S, options?: Omit<RangeOptions<S>, 'reverse'>): Promise<number>
	clear(store: StoreName): Promise<void>
}

export interface Storage {
	/** Null when opened to observe. */
	readonly generation: number | null
	/** Throws StorageError; what `run` throws aborts and is thrown on. */
	transaction<T>(mode: TransactionMode, stores: readonly StoreName[], run: (tx: Transaction) => Promise<T>): Promise<T>
	/** Waits for transactions under way; later ones fail with `closed`. */
	close(): Promise<void>
	/** Sign-out: removes every row in one transaction and closes. Whoever has it open elsewhere becomes stale. */
	destroy(): Promise<void>
}

export interface OpenOptions {
	/** `lead` takes the next generation and may write; `observe` only reads. */
	readonly access: 'lead' | 'observe'
	/** Other than the released schema only in tests of migrations. */
	readonly changes?: readonly SchemaChange[]
}

/**
 * - stale-leader: another leader has taken over; stop, this core's memory is out of date.
 * - full: the device has no room; free some or tell the user.
 * - closed: used after close, destroy, or after the browser took the database away.
 * - newer-schema: written by a newer version of the app; reload it.
 * - unavailable: the platform cannot open it (private mode, damaged file); the message says what it said.
 */
export type StorageErrorType = 'stale-leader' | 'full' | 'closed' | 'newer-schema' | 'unavailable'

export class StorageError extends Error {
	readonly type: StorageErrorType

	constructor(type: StorageErrorType, message: string = type, options?: { readonly cause?: unknown }) {
		super(message, options)
		this.name = 'StorageError'
		this.type = type
	}
}

/** A bug of the caller: a transaction was used after its end, or awaited something that is not its own. */
export class TransactionEnded extends Error {
	constructor() {
		super('This transaction has ended: inside one, await nothing but its own calls.')
		this.name = 'TransactionEnded'
	}
}

const keyShape = /^[\x21-\x7e]{1,512}$/

/** Keys of this shape have one order in JavaScript, IndexedDB and SQLite; any other key is a bug. */
export function assertKey(key: string): void {
	if (!keyShape.test(key)) throw new TypeError(`not a storage key: ${JSON.stringify(key)}`)
}
