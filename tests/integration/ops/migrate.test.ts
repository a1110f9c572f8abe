/** An update: what was stored by an older Kith is copied before it is changed, and what a newer one wrote is left alone. */
import Database from 'better-sqlite3'
import { cp, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkSqlite } from '#server/data/sqlite/backup.ts'
import { dropOldSnapshot, snapshotDays } from '#server/data/sqlite/migrate.ts'
import { openSqliteData } from '#server/data/sqlite/sqlite.ts'
import { runKith } from '../../support/kith-command.ts'

let data: string
let path: string
beforeEach(async () => {
	data = await mkdtemp(join(tmpdir(), 'kith-migrate-'))
	path = join(data, 'kith.sqlite')
	await cp(resolve('tests/fixtures/versions/0.1.0/server'), data, { recursive: true })
})
afterEach(() => rm(data, { recursive: true, force: true }))

function migrationsOf(file: string) {
	const checked = checkSqlite(file)
	if (checked.type === 'damaged') throw new Error(checked.findings.join())
	return checked.migrations
}

it('keeps the database of before an update, for two weeks', async () => {
	const before = migrationsOf(path)
	expect(before.pending).toBeGreaterThan(0)
	const dry = await runKith(['migrate', '--dry-run', '--json'], { data })
	expect(dry.document()).toEqual({ pending: before.pending })
	expect(migrationsOf(path)).toEqual(before)
	expect(await runKith(['migrate'], { data })).toMatchObject({ code: 0, err: '' })
	expect(migrationsOf(path).pending).toBe(0)
	const snapshot = `${path}.before-update`
	expect(migrationsOf(snapshot)).toEqual(before)
	expect((await stat(snapshot)).mode & 0o777).toBe(0o600)

	const made = (await stat(snapshot)).mtimeMs
	await dropOldSnapshot(path, made + snapshotDays * 86_400_000 - 1000)
	expect(await readdir(data)).toContain('kith.sqlite.before-update')
	await utimes(snapshot, 0, 0)
	await dropOldSnapshot(path, made)
	expect(await readdir(data)).not.toContain('kith.sqlite.before-update')
})

it('makes no copy where nothing is to be done', async () => {
	openSqliteData(path).close()
	await rm(`${path}.before-update`)
	openSqliteData(path).close()
	expect(await readdir(data)).not.toContain('kith.sqlite.before-update')
})

it('opens nothing that a newer Kith wrote', async () => {
	openSqliteData(path).close()
	const file = new Database(path)
	file.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)').run('of tomorrow', 4e12)
	file.close()
	expect(() => openSqliteData(path)).toThrow('was written by a newer Kith')
	expect((await runKith(['stats'], { data })).err).toContain('was written by a newer Kith')
	expect((await runKith(['doctor'], { data })).out).toContain('of a newer Kith than this one')
})
