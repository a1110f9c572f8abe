/** An instance moves from SQLite to PostgreSQL: interrupted again and again, compared row by row, and its people notice nothing. */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { movePiece } from '#server/data/postgres/move-from-sqlite.ts'
import { lockFolder } from '#server/ops/control/folder-lock.ts'
import { groupOf } from '../support/groups.ts'
import { runKith } from '../support/kith-command.ts'
import { describeOnPostgres } from '../support/postgres.ts'
import { startTestServer } from '../support/server.ts'
import { peopled, world } from '../support/story.ts'
import { testDatabase, type TestDatabase } from '../support/test-database.ts'
import { textsUntil } from '../support/watching.ts'
import { onlineUntil, post } from '../support/world.ts'

const fillerRows = 12 * movePiece.rows

/** Keys that nobody asks for: so many that a move takes a while. */
function fill(path: string): void {
	const file = new Database(path)
	const insert = file.prepare('INSERT INTO kem_keys (account, hash, key) SELECT account, ?, ? FROM accounts LIMIT 1')
	file.transaction(() => {
		for (let i = 0; i < fillerRows; i++) insert.run(randomBytes(32), randomBytes(1216))
	})()
	file.close()
}

/** Killed as soon as it has noted so many rows. */
async function killedAfter(rows: number, { data, database }: { data: string; database: TestDatabase }): Promise<void> {
	const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', KITH_DATA: data, DATABASE_URL: database.url }
	const child = spawn(process.execPath, [resolve('server/kith.js'), 'migrate-to'], { env, stdio: 'ignore' })
	const ended = once(child, 'exit')
	await database.until(`SELECT 1 WHERE to_regclass('kith_move') IS NOT NULL`)
	await database.until(`SELECT 1 FROM kith_move WHERE "table" = 'kem_keys' AND rows >= ${rows}`)
	child.kill('SIGKILL')
	await ended
}

describeOnPostgres('from SQLite to PostgreSQL', () => {
	test('[S1] killed three times it goes on, every row is compared, and people talk on', async () => {
		const options: { database: 'sqlite' | 'postgres' } = { database: 'sqlite' }
		const opened = await world(options)
		const { alice, bob } = await peopled(opened, ['alice', 'bob'])
		const group = await groupOf(alice, [[bob, 'member']])
		await post(alice, group, 'before the move')
		await textsUntil(bob.api, group, ['before the move'])
		const { data } = opened.server
		const database = await testDatabase(`kith_test_${createHash('sha256').update(data).digest('hex').slice(0, 16)}`)
		const env = { DATABASE_URL: database.url }
		await opened.stop()
		fill(join(data, 'kith.sqlite'))

		expect(await runKith(['migrate-to'], { data })).toMatchObject({ code: 1, out: '' })
		const dry = await runKith(['migrate-to', '--dry-run', '--json'], { data, env })
		expect(dry.document()).toMatchObject({ state: 'would-move' })
		expect(await database.rows().catch(() => [])).toEqual([])

		for (const rows of [2, 5, 8]) await killedAfter(rows * movePiece.rows, { data, database })
		// Half of an instance is none.
		await expect(startTestServer({ data, database: 'postgres' })).rejects.toThrow('is not finished')
		const moved = await runKith(['migrate-to', '--json'], { data, env })
		expect(moved.err).toBe('')
		const { tables } = moved.document() as { tables: readonly { table: string; rows: number }[] }
		const counts = Object.fromEntries(tables.map(({ table, rows }) => [table, rows]))
		expect(counts).toMatchObject({ accounts: 2, events: 1 })
		expect(counts['kem_keys']).toBeGreaterThan(fillerRows)
		expect(existsSync(join(data, 'kith.sqlite'))).toBe(false)

		options.database = 'postgres'
		await opened.start()
		for (const person of [alice, bob]) await onlineUntil(person)
		await post(bob, group, 'after the move')
		for (const { api } of [alice, bob]) await textsUntil(api, group, ['before the move', 'after the move'])
	}, 240_000)

	test('[S1] what was changed in between is found, and what is there already is never overwritten', async () => {
		const server = await startTestServer({ database: 'sqlite' })
		const { data } = server
		const database = await testDatabase()
		onTestFinished(() => database.drop())
		onTestFinished(() => server.close())
		const env = { DATABASE_URL: database.url }
		await server.stop()
		// As a server that runs holds it.
		const lock = lockFolder(data)
		expect((await runKith(['migrate-to'], { data, env })).err).toContain('works on')
		lock?.release()
		// A row that nobody of ours has moved.
		await database.query(
			'CREATE TABLE kith_move ("table" text PRIMARY KEY, last bigint NOT NULL, rows bigint NOT NULL)',
		)
		await database.query(`INSERT INTO kith_move VALUES ('instance_facts', 1000000, 1)`)
		const differing = await runKith(['migrate-to'], { data, env })
		expect(differing).toMatchObject({ code: 1, out: '' })
		expect(differing.err).toContain('instance_facts is not the same in both')
		expect(existsSync(join(data, 'kith.sqlite'))).toBe(true)
		expect(await runKith(['migrate-to', '--again'], { data, env })).toMatchObject({ code: 0, err: '' })
		const second = await startTestServer({ database: 'sqlite' })
		onTestFinished(() => second.close())
		await second.stop()
		const refused = await runKith(['migrate-to'], { data: second.data, env })
		expect(refused).toMatchObject({ code: 1, out: '' })
		expect(refused.err).toContain('there is a Kith already')
	})
})
