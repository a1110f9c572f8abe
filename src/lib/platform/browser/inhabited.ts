/** Whether an account is kept in this browser, asked without the storage's code. */
import { metaKeys } from '#store/keys.ts'
import { storageName } from './storage-names.ts'

/** Null where there is no such database: asking must not make one. */
function openExisting(name: string): Promise<IDBDatabase | null> {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(name)
		let absent = false
		request.onupgradeneeded = () => {
			absent = true
			request.transaction?.abort()
		}
		request.onsuccess = () => resolve(request.result)
		request.onerror = () => (absent ? resolve(null) : reject(request.error as DOMException))
	})
}

/** Rejects where the browser keeps nothing at all; the storage says why. */
export async function isInhabited(name = storageName): Promise<boolean> {
	const db = await openExisting(name)
	if (db === null) return false
	try {
		if (!db.objectStoreNames.contains('meta')) return false
		const request = db.transaction('meta').objectStore('meta').count(metaKeys.account)
		return await new Promise<boolean>((resolve, reject) => {
			request.onsuccess = () => resolve(request.result > 0)
			request.onerror = () => reject(request.error as DOMException)
		})
	} finally {
		db.close()
	}
}
