import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { openNodeStorage } from '#platform/node/node-storage.ts'
import { storageContract, type StorageHarness } from '#tests/support/storage-contract.ts'

let folder: string
let files = 0

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kith-storage-'))
})
afterAll(() => rm(folder, { recursive: true }))

function sqliteHarness(): StorageHarness {
	const path = join(folder, `${files++}.sqlite`)
	return {
		open: (options = { access: 'lead' }) => openNodeStorage({ ...options, path }),
		laterTask: () => new Promise<void>((resolve) => setImmediate(resolve)),
	}
}

describe('storage in SQLite', () => {
	for (const { title, run } of storageContract) test(title, () => run(sqliteHarness()))
})
