import { describe, test } from 'vitest'
import { createMemoryDatabase, openMemoryStorage } from '#store/memory-storage.ts'
import { storageContract, type StorageHarness } from '#tests/support/storage-contract.ts'

const laterTask = () => new Promise<void>((resolve) => setImmediate(resolve))

function memoryHarness(): StorageHarness {
	const database = createMemoryDatabase()
	return { open: (options) => openMemoryStorage(database, options), laterTask }
}

describe('storage in memory', () => {
	for (const { title, run } of storageContract) test(title, () => run(memoryHarness()))
})
