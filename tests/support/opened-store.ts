/** Every row of a client's store as a thief would read it who has the store and its key. */
import { createStorageWrap, importStorageKey } from '#crypto/storage-wrap.ts'
import { createCrypto } from '#crypto/suite.ts'
import { openNodeStorage } from '#platform/node/node-storage.ts'
import { storageKeyFile } from '#platform/node/storage-key-file.ts'
import { systemRandom } from '#platform/system-ports.ts'
import { storeSchema, type StoreName } from '#store/schema.ts'
import type { Place } from './leak-search.ts'
import type { NodeDevice } from './world.ts'

/** Closes the client. A row that does not open is there as it lies. */
export async function openedStore({ api, store, name }: NodeDevice): Promise<Place[]> {
	await api.close()
	const crypto = await createCrypto({ random: systemRandom, keyForm: 'seed' })
	const key = await importStorageKey(crypto, await storageKeyFile(crypto, `${store}.key`))
	const wrap = createStorageWrap(crypto, key)
	const storage = await openNodeStorage({ path: store, access: 'lead' })
	const places: Place[] = []
	for (const at of Object.keys(storeSchema) as StoreName[]) {
		const rows = await storage.transaction('read', [at], (tx) => tx.range(at, {}))
		for (const row of rows) {
			const bytes = (await wrap.open(at, row.key, row.bytes)) ?? row.bytes
			places.push({ name: `${name}: ${at} ${row.key}`, bytes })
		}
	}
	await storage.close()
	return places
}

/** Keys of all rows in these stores of a client that is closed. */
export async function openRows(path: string, stores: readonly StoreName[]): Promise<string[]> {
	const storage = await openNodeStorage({ path, access: 'observe' })
	const keys = await storage.transaction('read', stores, async (tx) => {
		const all = await Promise.all(stores.map((store) => tx.keys(store)))
		return all.flat()
	})
	await storage.close()
	return keys
}
