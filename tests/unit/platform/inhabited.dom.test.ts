import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { openIndexedDbStorage } from '#platform/browser/indexeddb-storage.ts'
import { isInhabited } from '#platform/browser/inhabited.ts'
import { metaKeys } from '#store/keys.ts'

test('asking makes no database', async () => {
	expect(await isInhabited('empty')).toBe(false)
	expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('empty')
})

test('a storage is inhabited from the row of its account on, until that is gone', async () => {
	const storage = await openIndexedDbStorage({ name: 'home', access: 'lead' })
	expect(await isInhabited('home')).toBe(false)
	await storage.transaction('write', ['meta'], (tx) => tx.put('meta', metaKeys.account, new Uint8Array([1])))
	expect(await isInhabited('home')).toBe(true)
	await storage.transaction('write', ['meta'], (tx) => tx.clear('meta'))
	expect(await isInhabited('home')).toBe(false)
	await storage.close()
})
