/** The calls of one storage transaction over one IDBTransaction (https://www.w3.org/TR/IndexedDB-3/). */
import { copyBytes, type Bytes } from '#protocol/bytes.ts'
import { storeSchema, type StoreName } from '#store/schema.ts'
import {
	assertKey,
	StorageError,
	TransactionEnded,
	type KeyRange,
	type RangeOptions,
	type Row,
	type Transaction,
} from '#store/storage.ts'

/** Stores with indexes keep the index keys beside the bytes, the others the bytes alone. */
type StoredValue = Bytes | ({ readonly bytes: Bytes } & Readonly<Record<string, unknown>>)

/** Every caller may leave a promise behind when its transaction fails: nobody is to hear of it twice. */
function quiet<T>(promise: Promise<T>): Promise<T> {
	promise.catch(() => undefined)
	return promise
}

export function requestToPromise<T>(request: IDBRequest<T>): Promise<T> {
	return quiet(
		new Promise<T>((resolve, reject) => {
			request.onsuccess = () => resolve(request.result)
			request.onerror = () => reject(errorToStorageError(request.error))
		}),
	)
}

export function errorToStorageError(error: unknown): unknown {
	if (!(error instanceof DOMException)) return error
	const message = `${error.name}: ${error.message}`
	if (error.name === 'QuotaExceededError') return new StorageError('full', message, { cause: error })
	if (error.name === 'VersionError') return new StorageError('newer-schema', message, { cause: error })
	if (error.name === 'TransactionInactiveError') return new TransactionEnded()
	return new StorageError('unavailable', message, { cause: error })
}

/** Null for a range that holds nothing, which IDBKeyRange refuses to spell. */
function keyRange(range: KeyRange): IDBKeyRange | undefined | null {
	const { from, to } = range
	if (from !== undefined && to !== undefined) return from < to ? IDBKeyRange.bound(from, to, false, true) : null
	if (from !== undefined) return IDBKeyRange.lowerBound(from)
	return to === undefined ? undefined : IDBKeyRange.upperBound(to, true)
}

/** What something else wrote into our database is no row; as empty bytes it opens for nobody, like any damaged one. */
function valueToBytes(value: StoredValue): Bytes {
	const bytes: unknown = value instanceof Uint8Array ? value : (value as { bytes?: unknown } | null)?.bytes
	return bytes instanceof Uint8Array ? (bytes as Bytes) : (new Uint8Array() as Bytes)
}

function toRow(store: StoreName, key: string, value: StoredValue): Row {
	const kept = value as Readonly<Record<string, unknown>> | null
	const indexes = storeSchema[store].map((name: string) => {
		const entered = kept?.[name]
		return [name, typeof entered === 'string' ? entered : null] as const
	})
	return { key, bytes: valueToBytes(value), indexes: Object.fromEntries(indexes) }
}

interface Scan {
	readonly store: StoreName
	readonly source: IDBObjectStore | IDBIndex
	readonly range: IDBKeyRange | undefined
	readonly limit: number | undefined
}

async function scanForward(scan: Scan): Promise<Row[]> {
	const [keys, values] = await Promise.all([
		requestToPromise(scan.source.getAllKeys(scan.range, scan.limit)),
		requestToPromise<StoredValue[]>(scan.source.getAll(scan.range, scan.limit)),
	])
	return keys.map((key, i) => toRow(scan.store, key as string, values[i] as StoredValue))
}

/** The last `limit` entries, last first: getAll has no direction, so a cursor walks. */
function scanBackward<C extends IDBCursor, T>(
	request: IDBRequest<C | null>,
	limit: number,
	take: (cursor: C) => T,
): Promise<T[]> {
	return quiet(
		new Promise<T[]>((resolve, reject) => {
			const taken: T[] = []
			request.onerror = () => reject(errorToStorageError(request.error))
			request.onsuccess = () => {
				const cursor = request.result
				if (cursor !== null) taken.push(take(cursor))
				if (cursor === null || taken.length >= limit) resolve(taken)
				else cursor.continue()
			}
		}),
	)
}

const cursorToKey = (cursor: IDBCursor): string => cursor.primaryKey as string
const cursorToRow =
	(store: StoreName) =>
	(cursor: IDBCursorWithValue): Row =>
		toRow(store, cursor.primaryKey as string, cursor.value as StoredValue)

function indexKeys(store: StoreName, given: Readonly<Record<string, string | null>>): Record<string, string> {
	const entered: Record<string, string> = {}
	for (const name of storeSchema[store]) {
		const key = given[name]
		if (key === undefined) throw new TypeError(`a row of ${store} without index ${name}`)
		if (key === null) continue
		assertKey(key)
		entered[name] = key
	}
	return entered
}

export class IndexedDbTransaction implements Transaction {
	readonly #tx: IDBTransaction

	constructor(tx: IDBTransaction) {
		this.#tx = tx
	}

	#store(name: StoreName): IDBObjectStore {
		try {
			return this.#tx.objectStore(name)
		} catch (error) {
			// InvalidStateError: the transaction is over. NotFoundError: the store is not part of it.
			if (error instanceof DOMException && error.name === 'InvalidStateError') throw new TransactionEnded()
			throw new TypeError(`store ${name} is not part of this transaction`, { cause: error })
		}
	}

	#call<T>(work: () => Promise<T>): Promise<T> {
		return quiet(
			work().catch((error: unknown) => {
				throw errorToStorageError(error)
			}),
		)
	}

	/** Null when the range holds nothing. */
	#scan(store: StoreName, options: RangeOptions): Scan | null {
		const range = keyRange(options)
		if (range === null || options.limit === 0) return null
		const objectStore = this.#store(store)
		const source = options.index === undefined ? objectStore : objectStore.index(options.index)
		return { store, source, range, limit: options.limit }
	}

	get(store: StoreName, key: string): Promise<Bytes | null> {
		return this.#call(async () => {
			const value = await requestToPromise<StoredValue | undefined>(this.#store(store).get(key))
			return value === undefined ? null : valueToBytes(value)
		})
	}

	put<S extends StoreName>(store: S, key: string, bytes: Bytes, ...rest: readonly unknown[]): Promise<void> {
		return this.#call(async () => {
			assertKey(key)
			const indexes = indexKeys(store, (rest[0] ?? {}) as Readonly<Record<string, string | null>>)
			// A copy: the structured clone of a view would store the whole buffer behind it.
			const copy = bytes.byteLength === bytes.buffer.byteLength ? bytes : copyBytes(bytes)
			const value: StoredValue = storeSchema[store].length === 0 ? copy : { ...indexes, bytes: copy }
			await requestToPromise(this.#store(store).put(value, key))
		})
	}

	delete(store: StoreName, key: string): Promise<void> {
		return this.#call(async () => requestToPromise(this.#store(store).delete(key)))
	}

	deleteRange(store: StoreName, range: KeyRange): Promise<void> {
		return this.#call(async () => {
			const bounds = keyRange(range)
			if (bounds === null) return
			const objectStore = this.#store(store)
			await requestToPromise(bounds === undefined ? objectStore.clear() : objectStore.delete(bounds))
		})
	}

	range<S extends StoreName>(store: S, options: RangeOptions<S> = {}): Promise<Row[]> {
		return this.#call(async () => {
			const scan = this.#scan(store, options)
			if (scan === null) return []
			if (!options.reverse) return scanForward(scan)
			if (scan.limit === undefined) return (await scanForward(scan)).reverse()
			return scanBackward(scan.source.openCursor(scan.range, 'prev'), scan.limit, cursorToRow(store))
		})
	}

	keys<S extends StoreName>(store: S, options: RangeOptions<S> = {}): Promise<string[]> {
		return this.#call(async () => {
			const scan = this.#scan(store, options)
			if (scan === null) return []
			if (options.reverse && scan.limit !== undefined) {
				return scanBackward(scan.source.openKeyCursor(scan.range, 'prev'), scan.limit, cursorToKey)
			}
			const keys = (await requestToPromise(scan.source.getAllKeys(scan.range, scan.limit))) as string[]
			return options.reverse ? keys.reverse() : keys
		})
	}

	count<S extends StoreName>(store: S, options: Omit<RangeOptions<S>, 'reverse'> = {}): Promise<number> {
		return this.#call(async () => {
			const scan = this.#scan(store, options)
			if (scan === null) return 0
			if (scan.limit === undefined) return requestToPromise(scan.source.count(scan.range))
			return (await requestToPromise(scan.source.getAllKeys(scan.range, scan.limit))).length
		})
	}

	clear(store: StoreName): Promise<void> {
		return this.deleteRange(store, {})
	}
}
