/**
 * A Storage over rows that are read and written synchronously (memory, SQLite): one transaction after the other.
 *
 * It holds callers to the rule of IndexedDB: a transaction in which nothing of its own is under way ends. Here that
 * means: after `patience` turns of the microtask queue without a call. Promises of the transaction settle in a handful of
 * turns; fetch, WebCrypto and timers settle in a later task, which is always too late.
 */
import type { Bytes } from '#protocol/bytes.ts'
import { storeSchema, type StoreName } from './schema.ts'
import {
	assertKey,
	StorageError,
	TransactionEnded,
	type KeyRange,
	type OpenOptions,
	type RangeOptions,
	type Row,
	type RowIndexes,
	type Storage,
	type Transaction,
	type TransactionMode,
} from './storage.ts'

const patience = 200

export interface Scan extends KeyRange {
	readonly index?: string
	readonly limit?: number
	readonly reverse?: boolean
}

/** Rows as the platform keeps them. Calls come between `begin` and `commit` or `rollback`, never from two transactions. */
export interface SerialRows {
	begin(mode: TransactionMode): void
	commit(mode: TransactionMode): void
	rollback(): void
	generation(): number
	setGeneration(generation: number): void
	get(store: string, key: string): Bytes | null
	put(store: string, key: string, bytes: Bytes, indexes: RowIndexes): void
	delete(store: string, key: string): void
	deleteRange(store: string, range: KeyRange): void
	range(store: string, scan: Scan): Row[]
	keys(store: string, scan: Scan): string[]
	count(store: string, scan: Scan): number
	close(): void
	/** After close: whatever is left outside of the rows, as files. */
	remove(): Promise<void>
}

interface Scope {
	readonly mode: TransactionMode
	readonly stores: ReadonlySet<string>
	/** Calls made so far: how `untilIdle` sees that the transaction is still at work. */
	calls: number
	ended: boolean
}

function checkScope(scope: Scope, store: string, writes: boolean): void {
	if (scope.ended) throw new TransactionEnded()
	if (!scope.stores.has(store)) throw new TypeError(`store ${store} is not part of this transaction`)
	if (writes && scope.mode === 'read') throw new TypeError(`a read transaction writes to ${store}`)
	scope.calls++
}

function checkIndexes(store: StoreName, indexes: RowIndexes): void {
	for (const name of storeSchema[store] ?? []) {
		const key = indexes[name]
		if (key === undefined) throw new TypeError(`a row of ${store} without index ${name}`)
		if (key !== null) assertKey(key)
	}
}

function createTransaction(rows: SerialRows, scope: Scope): Transaction {
	const read = async <T>(store: string, answer: () => T): Promise<T> => {
		checkScope(scope, store, false)
		return answer()
	}
	const write = async (store: string, change: () => void): Promise<void> => {
		checkScope(scope, store, true)
		change()
	}
	return {
		get: (store, key) => read(store, () => rows.get(store, key)),
		put: (store, key, bytes, ...rest) =>
			write(store, () => {
				const indexes: RowIndexes = rest[0] ?? {}
				assertKey(key)
				checkIndexes(store, indexes)
				rows.put(store, key, bytes, indexes)
			}),
		delete: (store, key) => write(store, () => rows.delete(store, key)),
		deleteRange: (store, range) => write(store, () => rows.deleteRange(store, range)),
		range: (store, options: RangeOptions<typeof store> = {}) => read(store, () => rows.range(store, options)),
		keys: (store, options: RangeOptions<typeof store> = {}) => read(store, () => rows.keys(store, options)),
		count: (store, options: RangeOptions<typeof store> = {}) => read(store, () => rows.count(store, options)),
		clear: (store) => write(store, () => rows.deleteRange(store, {})),
	}
}

/** Resolves when the transaction has waited `patience` turns for something that is not its own. */
async function untilIdle(scope: Scope): Promise<'idle'> {
	let seen = scope.calls
	for (let turn = 0; turn < patience && !scope.ended; turn++) {
		await Promise.resolve()
		if (scope.calls !== seen) {
			seen = scope.calls
			turn = 0
		}
	}
	return 'idle'
}

async function runToEnd<T>(scope: Scope, work: Promise<T>): Promise<T> {
	work.catch(() => undefined)
	const outcome = await Promise.race([work.then((value) => ({ value })), untilIdle(scope)])
	if (outcome === 'idle') throw new TransactionEnded()
	return outcome.value
}

/** One thing after the other. Storages on one database share one. */
export class SerialQueue {
	/** The end of the queue; never rejects. */
	#last: Promise<unknown> = Promise.resolve()

	run<T>(work: () => Promise<T>): Promise<T> {
		const result = this.#last.then(work)
		this.#last = result.catch(() => undefined)
		return result
	}
}

class SerialStorage implements Storage {
	readonly generation: number | null
	readonly #rows: SerialRows
	readonly #queue: SerialQueue
	#closed = false

	constructor(rows: SerialRows, queue: SerialQueue, generation: number | null) {
		this.#rows = rows
		this.#queue = queue
		this.generation = generation
	}

	transaction<T>(
		mode: TransactionMode,
		stores: readonly StoreName[],
		run: (tx: Transaction) => Promise<T>,
	): Promise<T> {
		if (this.#closed) return Promise.reject(new StorageError('closed'))
		if (mode !== 'read' && this.generation === null) return Promise.reject(new TypeError('opened to observe'))
		const scope: Scope = { mode, stores: new Set(stores), calls: 0, ended: false }
		return this.#queue.run(() => this.#attempt(scope, run))
	}

	async close(): Promise<void> {
		this.#closed = true
		await this.#queue.run(async () => this.#rows.close()).catch(() => undefined)
	}

	async destroy(): Promise<void> {
		const scope: Scope = { mode: 'write', stores: new Set(Object.keys(storeSchema)), calls: 0, ended: false }
		await this.#queue.run(() =>
			this.#attempt(scope, async (tx) => {
				for (const store of Object.keys(storeSchema) as StoreName[]) await tx.clear(store)
				this.#rows.setGeneration(this.#rows.generation() + 1)
			}),
		)
		await this.close()
		await this.#rows.remove()
	}

	async #attempt<T>(scope: Scope, run: (tx: Transaction) => Promise<T>): Promise<T> {
		this.#rows.begin(scope.mode)
		try {
			if (this.generation !== null && this.#rows.generation() !== this.generation) {
				throw new StorageError('stale-leader')
			}
			const value = await runToEnd(scope, run(createTransaction(this.#rows, scope)))
			this.#rows.commit(scope.mode)
			return value
		} catch (error) {
			this.#rows.rollback()
			throw error
		} finally {
			scope.ended = true
		}
	}
}

/** `rows` stand at the current schema already. Access `lead` takes the next generation. */
export function openSerialStorage(
	rows: SerialRows,
	options: OpenOptions,
	queue: SerialQueue = new SerialQueue(),
): Promise<Storage> {
	return queue.run(async () => {
		if (options.access === 'observe') return new SerialStorage(rows, queue, null)
		rows.begin('write')
		const generation = rows.generation() + 1
		rows.setGeneration(generation)
		rows.commit('write')
		return new SerialStorage(rows, queue, generation)
	})
}
