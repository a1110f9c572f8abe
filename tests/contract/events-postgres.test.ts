import { afterAll, beforeAll } from 'vitest'
import { openPostgresData } from '#server/data/postgres/postgres.ts'
import { eventsContract } from '#tests/support/events-contract.ts'
import { describeOnPostgres } from '#tests/support/postgres.ts'
import { testDatabase, type TestDatabase } from '#tests/support/test-database.ts'

describeOnPostgres('events in PostgreSQL', () => {
	let database: TestDatabase
	beforeAll(async () => {
		database = await testDatabase()
	})
	afterAll(() => database.drop())

	eventsContract('PostgreSQL', async () => {
		const data = await openPostgresData(database.server)
		await database.empty()
		return data
	})
})
