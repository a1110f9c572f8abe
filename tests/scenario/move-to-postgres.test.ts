/** An instance moves from SQLite to PostgreSQL: interrupted again and again, compared row by row, and its people notice nothing. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { movePiece } from '#server/data/postgres/move-from-sqlite.ts'
import { lockFolder } from '#server/ops/control/folder-lock.ts'
import { groupOf } from '../support/groups.ts'
import { runKith } from '../support/kith-command.ts'
import { killedMove } from '../support/moving.ts'
import { describeOnPostgres } from '../support/postgres.ts'
import { startTestServer } from '../support/server.ts'
import { peopled, world } from '../support/story.ts'
import { testDatabase } from '../support/test-database.ts'
import { textsUntil } from '../support/watching.ts'
import { onlineUntil, onSqlite, post } from '../support/world.ts'

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

describeOnPostgres('from SQLite to PostgreSQL', () => {
	test('[S1] killed three times it goes on, every row is compared, and people talk on', async () => {
		const options: { nodes: 1; database: 'sqlite' | 'postgres' } = { ...onSqlite }
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

		for (const rows of [2, 5, 8]) await killedMove({ data, database, table: 'kem_keys', rows: rows * movePiece.rows })
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

	test('[S1] what was changed since a move ahead is put right, and what is there already is never overwritten', async () => {
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
		expect(await runKith(['migrate-to', '--ahead'], { data, env })).toMatchObject({ code: 0, err: '' })
		// What is there no more, what has changed, and what came.
		const file = new Database(join(data, 'kith.sqlite'))
		await database.query(`INSERT INTO instance_facts (fact, value) VALUES ('gone', '\\x01')`)
		await database.query(`UPDATE instance_facts SET value = '\\x02' WHERE fact = 'epoch'`)
		file.prepare("INSERT INTO instance_facts (fact, value) VALUES ('came', x'03')").run()
		const facts = file.prepare('SELECT fact, hex(value) AS value FROM instance_facts ORDER BY fact').all()
		file.close()
		await expect(startTestServer({ data, env })).rejects.toThrow('is not finished')
		expect(await runKith(['migrate-to'], { data, env })).toMatchObject({ code: 0, err: '' })
		expect(
			await database.query("SELECT fact, upper(encode(value, 'hex')) AS value FROM instance_facts ORDER BY fact"),
		).toEqual(facts)
		expect(existsSync(join(data, 'kith.sqlite'))).toBe(false)
		const second = await startTestServer({ database: 'sqlite' })
		onTestFinished(() => second.close())
		await second.stop()
		const refused = await runKith(['migrate-to'], { data: second.data, env })
		expect(refused).toMatchObject({ code: 1, out: '' })
		expect(refused.err).toContain('there is a Kith already')
	}, 240_000)
})
