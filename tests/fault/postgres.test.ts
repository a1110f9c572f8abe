/** A PostgreSQL that breaks off, stands still, refuses or forgets: nothing is lost, nothing is told that is not so, and it goes on. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Data } from '#server/data/data.ts'
import { openPostgres, postgresLimits } from '#server/data/postgres/connection.ts'
import { openPostgresData } from '#server/data/postgres/postgres.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import { describeOnPostgres } from '#tests/support/postgres.ts'
import { startTcpProxy, type TcpProxy } from '#tests/support/tcp-proxy.ts'
import { testDatabase, type TestDatabase } from '#tests/support/test-database.ts'

const person = (name: string) => ({
	...{ account: bytesOf(name, 32), name, role: 'user' as const, createdAt: 1, disabledAt: null, owner: null },
})

describeOnPostgres('PostgreSQL', () => {
	let database: TestDatabase
	let wire: TcpProxy
	let data: Data
	beforeAll(async () => {
		database = await testDatabase()
	})
	beforeEach(async () => {
		wire = await startTcpProxy({ port: database.server.port })
		data = await openPostgresData({ ...database.server, host: '127.0.0.1', port: wire.port })
		await database.empty()
	})
	afterEach(async () => {
		await data.close()
		await wire.close()
	})
	afterAll(() => database.drop())

	const insert = (name: string) => data.unitOfWork.transaction(({ accounts }) => accounts.insert(person(name)))
	const stored = async () =>
		(await database.query<{ name: string }>('SELECT name FROM accounts ORDER BY name')).map(({ name }) => name)
	const until = async (holds: () => Promise<boolean>) => {
		while (!(await holds()));
	}
	/** Ends every connection but the one that asks. */
	const endAll = () =>
		database.query(
			'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
		)

	test('a connection that ends under a transaction fails it, and the next one gets another', async () => {
		const failing = data.unitOfWork.transaction(async ({ accounts }, afterCommit) => {
			afterCommit(() => expect.unreachable('nothing was committed'))
			await accounts.insert(person('alice'))
			await endAll()
			await accounts.insert(person('bob'))
		})
		await expect(failing).rejects.toThrow()
		expect(await insert('charlie')).toBe(true)
		expect(await stored()).toEqual(['charlie'])
	})

	test('connections that end while nobody uses them are not missed', async () => {
		await insert('alice')
		await data.repositories.accounts.byName('alice')
		await endAll()
		await until(async () => (await data.unitOfWork.checkWritable().catch(() => 'broken')) === undefined)
		expect(await insert('bob')).toBe(true)
		await until(async () => (await data.repositories.accounts.byName('bob').catch(() => null)) !== null)
	})

	test('a commit that came through without an answer is told before the next transaction begins', async () => {
		const told: string[] = []
		const unanswered = data.unitOfWork.transaction(async ({ accounts }, afterCommit) => {
			await accounts.insert(person('alice'))
			afterCommit(() => told.push('alice'))
			wire.hold('down')
		})
		const failed = expect(unanswered).rejects.toThrow()
		await database.until("SELECT 1 FROM accounts WHERE name = 'alice'")
		wire.cut()
		await failed
		expect(told).toEqual([])
		wire.resume()
		await data.unitOfWork.transaction(async ({ accounts }) => {
			expect(told).toEqual(['alice'])
			expect(await accounts.insert(person('alice'))).toBe(false)
		})
		expect(told).toEqual(['alice'])
	})

	test('a commit that never came through is told by nobody', async () => {
		const lost = data.unitOfWork.transaction(async ({ accounts }, afterCommit) => {
			await accounts.insert(person('alice'))
			afterCommit(() => expect.unreachable('nothing was committed'))
			wire.hold('up')
		})
		const failed = expect(lost).rejects.toThrow()
		const sent = wire.bytes.up
		await wire.until(() => wire.bytes.up > sent)
		wire.cut()
		await failed
		wire.resume()
		expect(await insert('bob')).toBe(true)
		expect(await stored()).toEqual(['bob'])
	})

	test('it is not ready while it cannot be reached, or takes no writes', async () => {
		await expect(data.unitOfWork.checkWritable()).resolves.toBeUndefined()
		wire.cut()
		await expect(data.unitOfWork.checkWritable()).rejects.toThrow()
		await expect(data.repositories.accounts.byName('alice')).rejects.toThrow()
		wire.resume()
		await expect(data.unitOfWork.checkWritable()).resolves.toBeUndefined()
		const readOnly = (value: string) =>
			database.query(`ALTER DATABASE ${database.server.database} SET default_transaction_read_only = ${value}`)
		await readOnly('on')
		await endAll()
		await until(() =>
			data.unitOfWork.checkWritable().then(
				() => false,
				(error: unknown) => String(error).includes('read-only'),
			),
		)
		await database.query(
			`BEGIN READ WRITE; ALTER DATABASE ${database.server.database} RESET default_transaction_read_only; COMMIT`,
		)
		await endAll()
		await until(async () => (await data.unitOfWork.checkWritable().catch(() => 'broken')) === undefined)
	})

	test('a conflict that the database resolves against us is tried again, and not for ever', async () => {
		await database.query(`
			CREATE SEQUENCE tries;
			CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				IF NEW.name = 'never' OR nextval('tries') < 3 THEN RAISE EXCEPTION USING ERRCODE = '40P01'; END IF;
				RETURN NEW;
			END $$;
			CREATE TRIGGER conflict BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION conflict()`)
		try {
			const told: string[] = []
			await data.unitOfWork.transaction(async ({ accounts }, afterCommit) => {
				afterCommit(() => told.push('alice'))
				await accounts.insert(person('alice'))
			})
			expect([told, await stored()]).toEqual([['alice'], ['alice']])
			await expect(insert('never')).rejects.toMatchObject({ code: '40P01' })
		} finally {
			await database.query('DROP TRIGGER conflict ON accounts; DROP FUNCTION conflict; DROP SEQUENCE tries')
		}
	})

	test('who goes on after a statement that failed is not told that it was committed', async () => {
		const going = data.unitOfWork.transaction(async ({ accounts, vaults }, afterCommit) => {
			afterCommit(() => expect.unreachable('nothing was committed'))
			await accounts.insert(person('alice'))
			await vaults
				.insertBind(bytesOf('nobody', 32), { method: bytesOf('m', 16), bind: bytesOf('b', 32) })
				.catch(() => {})
		})
		await expect(going).rejects.toThrow()
		expect(await stored()).toEqual([])
	})

	test('what is acknowledged is on the disk, whatever the database was set to, and no wait is without end', async () => {
		await database.query(`ALTER DATABASE ${database.server.database} SET synchronous_commit = off`)
		const connections = openPostgres(database.server)
		try {
			const client = await connections.writer.connect()
			const shown = async (name: string) =>
				(await client.query<Record<string, string>>(`SELECT setting FROM pg_settings WHERE name = '${name}'`))
					.rows[0]?.['setting']
			expect(await shown('synchronous_commit')).toBe('on')
			expect(await shown('transaction_isolation')).toBe('read committed')
			expect(await shown('lock_timeout')).toBe(String(postgresLimits.lockWaitMs))
			expect(await shown('idle_in_transaction_session_timeout')).toBe(String(postgresLimits.idleInTransactionMs))
			client.release()
			const readers = await Promise.all(
				Array.from({ length: postgresLimits.readers }, () => connections.reader.connect()),
			)
			expect(connections.reader.totalCount).toBe(postgresLimits.readers)
			for (const reader of readers) reader.release()
		} finally {
			await connections.close()
			await database.query(`ALTER DATABASE ${database.server.database} RESET synchronous_commit`)
		}
	})

	test('what was deleted cannot go while somebody still reads it, and goes when he has ended', async () => {
		const reading = openPostgres(database.server)
		const reader = await reading.reader.connect()
		await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM events')
		await insert('alice')
		expect(await data.unitOfWork.scrub()).toBe(false)
		await reader.query('COMMIT')
		reader.release()
		await reading.close()
		expect(await data.unitOfWork.scrub()).toBe(true)
	})

	test('who starts with an address that is wrong is told what is wrong with it, and no password', async () => {
		const { server } = database
		const sentenceFor = (over: Partial<typeof server>) =>
			openPostgresData({ ...server, password: 'secret', ...over }).then(
				() => 'opened',
				(error: unknown) => (error as Error).message,
			)
		const nobody = await startTcpProxy({ port: 1 })
		await nobody.close()
		const sentences = [
			await sentenceFor({ database: 'kith_of_nobody' }),
			await sentenceFor({ port: nobody.port }),
			await sentenceFor({ tls: 'verified' }),
		]
		expect(sentences.join()).not.toContain('secret')
		expect(sentences[0]).toBe(
			'DATABASE_URL: there is no database kith_of_nobody. Make it with: createdb kith_of_nobody',
		)
		expect(sentences[1]).toMatch(/^DATABASE_URL: PostgreSQL at .*, port \d+, cannot be reached \(ECONNREFUSED\)\.$/)
		// It speaks none, or nobody here has signed its certificate.
		expect(sentences[2]).toMatch(/^DATABASE_URL: PostgreSQL at .* (speaks no TLS|cannot be reached \([A-Z_]+\))/)
	})

	test('text that it cannot hold is stored as what it can, and found by it', async () => {
		const conversation = bytesOf('room', 16)
		await data.unitOfWork.transaction(async ({ conversations, rooms }) => {
			await conversations.insert({ conversation, kind: 'room', createdAt: 1 })
			const rest = { link: bytesOf('link', 16), secret: bytesOf('secret', 32) }
			await rooms.putListing({ conversation, name: 'a\0b', topic: '\ud800', ...rest })
		})
		const listing = await data.repositories.rooms.listing(conversation)
		expect([listing?.name, listing?.topic]).toEqual(['a\ufffdb', '\ufffd'])
		expect(await data.repositories.accounts.page({ search: '\0', after: '\0', limit: 5 })).toEqual([])
	})
})
