import Database from 'better-sqlite3'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openNodeStorage } from '#platform/node/node-storage.ts'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { schemaChanges, schemaVersion, type SchemaChange } from '#store/schema.ts'
import {
	expectFixtureRows,
	storeFixture,
	storeFixtureSql,
	storeFixtureVersions,
} from '#tests/support/store-fixtures.ts'

const next: SchemaChange = {
	version: schemaVersion(schemaChanges) + 1,
	create: { stickers: ['pack'] },
	clear: ['pages'],
	drop: ['profiles'],
}

let folder: string
let path: string
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kith-storage-'))
	path = join(folder, 'store.sqlite')
})
afterEach(() => rm(folder, { recursive: true }))

async function restore(version: number): Promise<void> {
	const database = new Database(path)
	database.exec(await storeFixtureSql(version))
	database.close()
}

test('there is a fixture of every schema number', async () => {
	expect(await storeFixtureVersions()).toEqual(schemaChanges.map((change) => change.version))
})

for (const { version } of schemaChanges) {
	test(`SQLite reads what version ${version} wrote, and goes on from its generation`, async () => {
		await restore(version)
		const storage = await openNodeStorage({ path, access: 'lead' })
		await expectFixtureRows(storage, await storeFixture(version), [])
		expect(storage.generation).toBe(2)
		await storage.close()
	})
}

test('SQLite creates, clears and drops by the next number, and keeps the rest', async () => {
	const version = schemaVersion(schemaChanges)
	await restore(version)
	const storage = await openNodeStorage({ path, access: 'lead', changes: [...schemaChanges, next] })
	await expectFixtureRows(storage, await storeFixture(version), ['pages', 'profiles'])
	const pages = await storage.transaction('write', ['pages'], async (tx) => {
		const before = await tx.count('pages')
		await tx.put('pages', 'k', utf8ToBytes('v'))
		return before
	})
	expect(pages).toBe(0)
	await storage.close()
})

test('SQLite refuses a file of a newer version, and leaves it as it is', async () => {
	await (await openNodeStorage({ path, access: 'lead', changes: [...schemaChanges, next] })).close()
	await expect(openNodeStorage({ path, access: 'lead' })).rejects.toMatchObject({ type: 'newer-schema' })
	await (await openNodeStorage({ path, access: 'lead', changes: [...schemaChanges, next] })).close()
})

test('SQLite says that a file is no database', async () => {
	await writeFile(path, 'not a database, but long enough to have a header that says so. '.repeat(20))
	await expect(openNodeStorage({ path, access: 'lead' })).rejects.toMatchObject({ type: 'unavailable' })
})
