import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { openIndexedDbStorage } from '#platform/browser/indexeddb-storage.ts'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { schemaChanges, schemaVersion, type SchemaChange } from '#store/schema.ts'
import { expectFixtureRows, storeFixture } from '#tests/support/store-fixtures.ts'

const next: SchemaChange = {
	version: schemaVersion(schemaChanges) + 1,
	create: { stickers: ['pack'] },
	clear: ['pages'],
	drop: ['profiles'],
}

let databases = 0
const freshName = () => `migration-${databases++}`

/** Written by hand, not by our code: the layout that released versions left in browsers. */
async function restore(name: string, version: number): Promise<void> {
	const fixture = await storeFixture(version)
	await new Promise<void>((resolve, reject) => {
		const request = indexedDB.open(name, version)
		request.onerror = () => reject(request.error)
		request.onupgradeneeded = () => {
			const db = request.result
			db.createObjectStore('kith-generation').put(1, 'generation')
			for (const [storeName, { indexes, rows }] of Object.entries(fixture.stores)) {
				const store = db.createObjectStore(storeName)
				for (const index of indexes) store.createIndex(index, index)
				for (const row of rows) {
					const bytes = utf8ToBytes(row.text)
					store.put(indexes.length === 0 ? bytes : { ...row.indexes, bytes }, row.key)
				}
			}
		}
		request.onsuccess = () => {
			request.result.close()
			resolve()
		}
	})
}

for (const { version } of schemaChanges) {
	test(`IndexedDB reads what version ${version} wrote, and goes on from its generation`, async () => {
		const name = freshName()
		await restore(name, version)
		const storage = await openIndexedDbStorage({ name, access: 'lead' })
		await expectFixtureRows(storage, await storeFixture(version), [])
		expect(storage.generation).toBe(2)
		await storage.close()
	})
}

test('IndexedDB creates, clears and drops by the next number; a tab with the old one closes', async () => {
	const name = freshName()
	const version = schemaVersion(schemaChanges)
	await restore(name, version)
	const old = await openIndexedDbStorage({ name, access: 'lead' })
	const storage = await openIndexedDbStorage({ name, access: 'lead', changes: [...schemaChanges, next] })
	await expectFixtureRows(storage, await storeFixture(version), ['pages', 'profiles'])
	expect(await storage.transaction('read', ['pages'], (tx) => tx.count('pages'))).toBe(0)
	await expect(old.transaction('read', ['meta'], (tx) => tx.count('meta'))).rejects.toMatchObject({ type: 'closed' })
	await storage.close()
})

test('IndexedDB refuses a database of a newer version', async () => {
	const name = freshName()
	await (await openIndexedDbStorage({ name, access: 'lead', changes: [...schemaChanges, next] })).close()
	await expect(openIndexedDbStorage({ name, access: 'lead' })).rejects.toMatchObject({ type: 'newer-schema' })
})
