import { afterAll, beforeAll } from 'vitest'
import { openPostgresData } from '#server/data/postgres/postgres.ts'
import { describeOnPostgres, testDatabase, type TestDatabase } from '#tests/support/postgres.ts'
import { repositoriesContract } from '#tests/support/repositories-contract.ts'

describeOnPostgres('repositories in PostgreSQL', () => {
	let database: TestDatabase
	beforeAll(async () => {
		database = await testDatabase()
	})
	afterAll(() => database.drop())

	repositoriesContract('PostgreSQL', async () => {
		const data = await openPostgresData(database.server)
		await database.empty()
		return data
	})
})
