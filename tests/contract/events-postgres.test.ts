import { afterAll, beforeAll } from 'vitest'
import { openPostgresData } from '#server/data/postgres/postgres.ts'
import { eventsContract } from '#tests/support/events-contract.ts'
import { describeOnPostgres, testDatabase, type TestDatabase } from '#tests/support/postgres.ts'

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
