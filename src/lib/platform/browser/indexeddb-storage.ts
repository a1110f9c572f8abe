/**
 * The browser's Storage: one IndexedDB database per account.
 *
 * - `write` asks for durability `strict`: complete means on disk. Chromium's default is relaxed.
 * - Each transaction also reads the generation, as its first request: a replaced leader's aborts before any answer reaches it.
 * - When another tab upgrades the database, or the person clears site data, this side closes and says `closed`.
 * - `destroy` empties the database and leaves it in place: deleting would wait for every tab that has it open, a frozen one too.
 */
import {
	schemaChanges,
	changesSince,
	schemaVersion,
	storeSchema,
	type SchemaChange,
	type StoreName,
} from '#store/schema.ts'
import {
	StorageError,
	TransactionEnded,
	type OpenOptions,
	type Storage,
	type Transaction,
	type TransactionMode,
} from '#store/storage.ts'
import { errorToStorageError, IndexedDbTransaction, requestToPromise } from './indexeddb-transaction.ts'

const generationStore = 'kith-generation'
const generationKey = 'generation'

export interface IndexedDbOptions extends OpenOptions {
	readonly name: string
}

function upgrade(db: IDBDatabase, tx: IDBTransaction, changes: readonly SchemaChange[]): void {
	if (!db.objectStoreNames.contains(generationStore)) db.createObjectStore(generationStore)
	for (const change of changes) {
		for (const name of change.drop ?? []) db.deleteObjectStore(name)
		for (const [name, indexes] of Object.entries(change.create ?? {})) {
			const store = db.createObjectStore(name)
			for (const index of indexes) store.createIndex(index, index)
		}
		for (const name of change.clear ?? []) tx.objectStore(name).clear()
	}
}

function openDatabase(name: string, changes: readonly SchemaChange[]): Promise<IDBDatabase> {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(name, schemaVersion(changes))
		request.onupgradeneeded = (event) => {
			upgrade(request.result, request.transaction as IDBTransaction, changesSince(event.oldVersion, changes))
		}
		request.onsuccess = () => resolve(request.result)
		request.onerror = () => reject(errorToStorageError(request.error))
	})
}

/** Settles with the fate of the transaction on disk. */
function transactionEnd(tx: IDBTransaction): Promise<void> {
	const end = new Promise<void>((resolve, reject) => {
		tx.oncomplete = () => resolve()
		tx.onabort = () => reject(errorToStorageError(tx.error))
	})
	end.catch(() => undefined)
	return end
}

function abort(tx: IDBTransaction): void {
	try {
		tx.abort()
	} catch {
		// It is over already: an abort of its own, or it ended while `run` waited for something else.
	}
}

async function nextGeneration(db: IDBDatabase): Promise<number> {
	const tx = db.transaction([generationStore], 'readwrite', { durability: 'strict' })
	const end = transactionEnd(tx)
	const store = tx.objectStore(generationStore)
	const before = (await requestToPromise<number | undefined>(store.get(generationKey))) ?? 0
	await requestToPromise(store.put(before + 1, generationKey))
	await end
	return before + 1
}

class IndexedDbStorage implements Storage {
	readonly generation: number | null
	readonly #db: IDBDatabase
	readonly #underWay = new Set<Promise<unknown>>()
	#closed = false

	constructor(db: IDBDatabase, generation: number | null) {
		this.#db = db
		this.generation = generation
		db.onversionchange = () => void this.close()
		db.onclose = () => {
			this.#closed = true
		}
	}

	transaction<T>(
		mode: TransactionMode,
		stores: readonly StoreName[],
		run: (tx: Transaction) => Promise<T>,
	): Promise<T> {
		if (mode !== 'read' && this.generation === null) return Promise.reject(new TypeError('opened to observe'))
		return this.#track(() => this.#attempt(this.#begin(mode, stores), run))
	}

	async close(): Promise<void> {
		this.#closed = true
		await Promise.allSettled(this.#underWay)
		this.#db.close()
	}

	async destroy(): Promise<void> {
		await this.#track(async () => {
			const names = Object.keys(storeSchema) as StoreName[]
			const tx = this.#begin('write', names)
			await this.#attempt(tx, async () => {
				for (const name of names) tx.objectStore(name).clear()
				await requestToPromise(tx.objectStore(generationStore).put((this.generation ?? 0) + 1, generationKey))
			})
		})
		await this.close()
	}

	#track<T>(work: () => Promise<T>): Promise<T> {
		if (this.#closed) return Promise.reject(new StorageError('closed'))
		const promise = work()
		const settled = promise.catch(() => undefined)
		this.#underWay.add(settled)
		void settled.then(() => this.#underWay.delete(settled))
		return promise
	}

	#begin(mode: TransactionMode, stores: readonly StoreName[]): IDBTransaction {
		try {
			return this.#db.transaction([...stores, generationStore], mode === 'read' ? 'readonly' : 'readwrite', {
				durability: mode === 'write' ? 'strict' : 'relaxed',
			})
		} catch (error) {
			// InvalidStateError: the connection is closing.
			if (error instanceof DOMException && error.name === 'InvalidStateError') throw new StorageError('closed')
			throw errorToStorageError(error)
		}
	}

	async #attempt<T>(tx: IDBTransaction, run: (tx: Transaction) => Promise<T>): Promise<T> {
		const end = transactionEnd(tx)
		let over = false
		tx.addEventListener('complete', () => (over = true))
		let stale = false
		// Requests are answered in order: a stale leader is stopped before `run` sees its first answer.
		if (this.generation !== null) {
			const request = tx.objectStore(generationStore).get(generationKey)
			request.onsuccess = () => {
				stale = request.result !== this.generation
				if (stale) abort(tx)
			}
		}
		try {
			const value = await run(new IndexedDbTransaction(tx))
			if (over) throw new TransactionEnded()
			if (!stale) tx.commit()
			await end
			return value
		} catch (error) {
			abort(tx)
			if (stale) throw new StorageError('stale-leader')
			// Requests of a transaction that the browser aborted say only that; why stands in the transaction.
			throw error instanceof StorageError && tx.error !== null ? errorToStorageError(tx.error) : error
		}
	}
}

/** Opens or makes the database `name`, brought to the current schema. Throws StorageError. */
export async function openIndexedDbStorage(options: IndexedDbOptions): Promise<Storage> {
	let db: IDBDatabase
	try {
		db = await openDatabase(options.name, options.changes ?? schemaChanges)
	} catch (error) {
		throw errorToStorageError(error)
	}
	return new IndexedDbStorage(db, options.access === 'lead' ? await nextGeneration(db) : null)
}
