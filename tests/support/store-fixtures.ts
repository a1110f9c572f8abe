/** Databases as earlier versions of the app left them, and the check that today's app reads every row of them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { bytesToUtf8 } from '#protocol/bytes.ts'
import { storeSchema, type StoreName } from '#store/schema.ts'
import type { Storage } from '#store/storage.ts'
import type { StoreFixture } from '#tests/fixtures/store/make-fixture.ts'

const folder = join(import.meta.dirname, '../fixtures/store')

export async function storeFixtureVersions(): Promise<number[]> {
	const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))
	return files.map((name) => Number.parseInt(name.slice(1), 10)).sort((a, b) => a - b)
}

export async function storeFixture(version: number): Promise<StoreFixture> {
	return JSON.parse(await readFile(join(folder, `v${version}.json`), 'utf8')) as StoreFixture
}

export function storeFixtureSql(version: number): Promise<string> {
	return readFile(join(folder, `v${version}.sql`), 'utf8')
}

/** Stores that a later change dropped or cleared are named in `gone`. */
export async function expectFixtureRows(
	storage: Storage,
	fixture: StoreFixture,
	gone: readonly string[],
): Promise<void> {
	const names = Object.keys(fixture.stores).filter((name) => name in storeSchema && !gone.includes(name)) as StoreName[]
	expect(names.length).toBeGreaterThan(0)
	await storage.transaction('read', names, async (tx) => {
		for (const name of names) {
			const { indexes, rows } = fixture.stores[name]!
			const found = await tx.range(name)
			expect(found.map((row) => [row.key, bytesToUtf8(row.bytes)])).toEqual(rows.map((row) => [row.key, row.text]))
			for (const index of indexes) {
				const entered = rows.filter((row) => row.indexes[index] !== null).map((row) => row.key)
				expect(await tx.keys(name, { index: index as never })).toEqual(entered)
			}
		}
	})
}
