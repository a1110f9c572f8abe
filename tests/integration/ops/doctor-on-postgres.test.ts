/** The doctor of a Kith whose database is PostgreSQL. */
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lookAtRedis } from '#server/ops/doctor/look-at-redis.ts'
import { runKith } from '../../support/kith-command.ts'
import { describeOnRedis } from '../../support/on-redis.ts'
import { describeOnPostgres } from '../../support/postgres.ts'
import { redisUrl } from '../../support/redis.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { testDatabase, type TestDatabase } from '../../support/test-database.ts'

interface Finding {
	readonly about: string
	readonly state: string
	readonly is: string
}

describeOnPostgres('the doctor, on PostgreSQL', () => {
	let database: TestDatabase
	let server: TestServer
	beforeEach(async () => {
		database = await testDatabase()
		server = await startTestServer({ env: { DATABASE_URL: database.url } })
	})
	afterEach(async () => {
		await server.close()
		await database.drop()
	})

	const doctor = async (env: Readonly<Record<string, string>> = {}) => {
		const at = { DATABASE_URL: database.url, KITH_ORIGIN: server.origin }
		const end = await runKith(['doctor', '--json'], { data: server.data, env: { ...at, ...env } })
		const { findings } = end.document() as { findings: readonly Finding[] }
		return { code: end.code, findings, of: (about: string) => findings.find((finding) => finding.about === about) }
	}

	it('[S1][S3] finds a sound one well, with all that it looks at', async () => {
		const { code, findings } = await doctor()
		expect(Object.fromEntries(findings.map(({ about, state }) => [about, state]))).toEqual({
			...{ database: 'ok', writing: 'ok', durability: 'ok', clock: 'ok', files: 'ok' },
			...{ secrets: 'ok', permissions: 'ok', disk: 'ok', backups: 'ok' },
			...{ origin: 'ok', websocket: 'ok', proxy: 'ok', mail: 'ok', direct: 'ok', notifications: 'ok' },
		})
		expect(code).toBe(0)
	})

	it('says that the database does not answer, and repeats no password', async () => {
		const away = 'postgres://kith:a-secret-of-the-operator@127.0.0.1:1/kith?sslmode=disable'
		const { code, of, findings } = await doctor({ DATABASE_URL: away })
		expect(code).toBe(1)
		expect(of('database')).toMatchObject({ state: 'problem', is: expect.stringContaining('ECONNREFUSED') as string })
		expect(JSON.stringify(findings)).not.toContain('a-secret-of-the-operator')
		expect(of('secrets')?.state).toBe('ok')
	})

	it('says that it takes no writes', async () => {
		const name = new URL(database.url).pathname.slice(1)
		await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
		const { code, of } = await doctor()
		expect([code, of('writing')?.state]).toEqual([1, 'problem'])
		expect(of('writing')?.is).toContain('25006')
	})

	it('says that it is of a newer Kith, or behind this one', async () => {
		const migrations = 'drizzle.__drizzle_migrations'
		await database.query(`INSERT INTO ${migrations} (hash, created_at) VALUES ('later', 9e14)`)
		expect((await doctor()).of('database')).toMatchObject({ state: 'problem', is: 'of a newer Kith than this one' })
		await database.query(`DELETE FROM ${migrations} WHERE created_at > (SELECT min(created_at) FROM ${migrations})`)
		const behind = await doctor()
		expect(behind.of('database')?.is).toMatch(/[1-9]\d* migrations to come/)
		expect([behind.code, behind.of('database')?.state]).toEqual([0, 'warning'])
	})

	it('says that files are missing, and that a clock is wrong', async () => {
		await database.query(`SET session_replication_role = replica;
			INSERT INTO blobs (blob, conversation, account, device, length, received, used_at)
				VALUES ('\\x0102', '\\x01', '\\x01', '\\x01', 10, 10, 9e14);
			INSERT INTO conversation_counters SELECT (jsonb_populate_record(null::conversation_counters,
				jsonb_build_object('id', 1, 'conversation', '\\x01', 'recv', 1, 'current', 0, 'last_at', 9e14::bigint))).*`)
		const { code, of } = await doctor()
		expect(code).toBe(1)
		expect(of('files')).toMatchObject({ state: 'problem', is: '1 of 1 are missing or too short' })
		expect(of('clock')).toMatchObject({ state: 'problem', is: expect.stringContaining('minutes from now') as string })
	})

	it('says that no Kith is in it, or half of one', async () => {
		const other = await testDatabase()
		try {
			expect((await doctor({ DATABASE_URL: other.url })).of('database')?.is).toBe('no Kith is in it')
			await other.query('CREATE TABLE kith_move (x int)')
			expect((await doctor({ DATABASE_URL: other.url })).of('database')?.is).toContain('was not finished')
		} finally {
			await other.drop()
		}
	})

	it('says what is wrong with the folder beside it', async () => {
		const secrets = join(server.data, 'secrets.json')
		await writeFile(secrets, '{}')
		await chmod(secrets, 0o644)
		const { of } = await doctor()
		expect(of('secrets')).toMatchObject({ state: 'problem', is: expect.stringContaining('damaged') as string })
		expect(of('permissions')?.state).toBe('warning')
	})
})

describeOnRedis('the doctor, with a Redis', () => {
	it('[S1][S3] says whether it answers, and repeats no password', async () => {
		expect(await lookAtRedis(null)).toEqual([])
		expect(await lookAtRedis(redisUrl)).toMatchObject([{ about: 'redis', state: 'ok' }])
		const away = await lookAtRedis('redis://kith:a-secret@127.0.0.1:1')
		expect(away).toMatchObject([{ about: 'redis', state: 'problem' }])
		expect(JSON.stringify(away)).not.toContain('a-secret')
	})
})
