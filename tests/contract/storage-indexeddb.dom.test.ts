import 'fake-indexeddb/auto'
import { describe, test } from 'vitest'
import { openIndexedDbStorage } from '#platform/browser/indexeddb-storage.ts'
import { storageContract, type StorageHarness } from '#tests/support/storage-contract.ts'

let databases = 0

function indexedDbHarness(): StorageHarness {
	const name = `contract-${databases++}`
	return {
		open: (options = { access: 'lead' }) => openIndexedDbStorage({ ...options, name }),
		laterTask: () => new Promise<void>((resolve) => setTimeout(resolve, 5)),
	}
}

describe('storage in IndexedDB', () => {
	for (const { title, run } of storageContract) test(title, () => run(indexedDbHarness()))
})
