import { afterAll, beforeAll } from 'vitest'
import { openPostgresData } from '#server/data/postgres/postgres.ts'
import { describeOnPostgres } from '#tests/support/postgres.ts'
import { repositoriesContract } from '#tests/support/repositories-contract.ts'
import { testDatabase, type TestDatabase } from '#tests/support/test-database.ts'

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
