/**
 * CryptoKeys of this browser, kept as IndexedDB clones them: a script can use them and never read them.
 * In a database of their own, since a storage holds bytes only.
 */
import type { KeyHandles } from '#core/deps.ts'
import { errorToStorageError, requestToPromise } from './indexeddb-transaction.ts'

export interface KeyStore {
	/** Keys of the signed-in device: core's. */
	readonly deviceKeys: KeyHandles
	/**
	 * The key that rows are wrapped with; made at the first call. It outlives sign-out, which removes the rows.
	 * AES-256-GCM, not extractable.
	 */
	readonly storageKey: () => Promise<CryptoKey>
	readonly close: () => void
}

const deviceStore = 'device'
const storageStore = 'storage'
const storageKeyName = 'rows'

function openKeyDatabase(name: string): Promise<IDBDatabase> {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(name, 1)
		request.onupgradeneeded = () => {
			request.result.createObjectStore(deviceStore)
			request.result.createObjectStore(storageStore)
		}
		request.onsuccess = () => resolve(request.result)
		request.onerror = () => reject(errorToStorageError(request.error))
	})
}

/** Runs `work` in a transaction of one store; resolves with its answer when that is on disk. */
async function write<T>(db: IDBDatabase, name: string, work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
	const tx = db.transaction(name, 'readwrite', { durability: 'strict' })
	const end = new Promise<void>((resolve, reject) => {
		tx.oncomplete = () => resolve()
		tx.onabort = () => reject(errorToStorageError(tx.error))
	})
	const [answer] = await Promise.all([work(tx.objectStore(name)), end])
	return answer
}

function createDeviceKeys(db: IDBDatabase): KeyHandles {
	return {
		keep: (name, handle) =>
			write(db, deviceStore, async (store) => void (await requestToPromise(store.put(handle, name)))),
		get: async (name) => {
			const store = db.transaction(deviceStore).objectStore(deviceStore)
			return (await requestToPromise<CryptoKey | undefined>(store.get(name))) ?? null
		},
		clear: () => write(db, deviceStore, (store) => requestToPromise(store.clear())),
	}
}

/** Throws StorageError. */
export async function openKeyStore(name: string): Promise<KeyStore> {
	const db = await openKeyDatabase(name)
	db.onversionchange = () => db.close()
	return {
		deviceKeys: createDeviceKeys(db),
		storageKey: async () => {
			const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
			// Two leaders may come here at once: whose key is stored first has made it for both.
			return write(db, storageStore, async (store) => {
				const kept = await requestToPromise<CryptoKey | undefined>(store.get(storageKeyName))
				if (kept === undefined) await requestToPromise(store.put(fresh, storageKeyName))
				return kept ?? fresh
			})
		},
		close: () => db.close(),
	}
}
