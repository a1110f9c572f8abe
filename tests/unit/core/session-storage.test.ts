import { expect, it } from 'vitest'
import { createSessionStorage } from '#core/session-storage.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { openMemoryStorage } from '#store/memory-storage.ts'
import { StorageError } from '#store/storage.ts'

const row = new Uint8Array([1]) as Bytes

it('writes nothing after its session ended, and finishes what was under way', async () => {
	const storage = await openMemoryStorage()
	const session = createSessionStorage(storage)
	const put = (key: string) => session.storage.transaction('write', ['settings'], (tx) => tx.put('settings', key, row))
	await put('before')
	const underWay = put('under-way')
	session.end()
	await underWay
	await expect(put('after')).rejects.toThrow(StorageError)
	const late = await put('late').catch((error: unknown) => error)
	expect(late instanceof StorageError && late.type).toBe('closed')
	await expect(session.storage.transaction('read', ['settings'], (tx) => tx.keys('settings'))).rejects.toThrow()
	// Whoever comes next has the storage to himself.
	expect(await storage.transaction('read', ['settings'], (tx) => tx.keys('settings'))).toEqual(['before', 'under-way'])
	expect(session.storage.generation).toBe(storage.generation)
})
