/** A short slice of the fault run; ten minutes of it are in failing-nodes.long.test.ts. */
import { expect, test } from 'vitest'
import { failingNodes } from '../support/fault/failing-nodes.ts'
import { mayOwnRedis } from '../support/fault/own-redis.ts'
import { describeOnPostgres } from '../support/postgres.ts'

describeOnPostgres('two nodes, of which parts die', () => {
	test.skipIf(!mayOwnRedis)('[S1] lose nothing that was acked, and everybody heals', { timeout: 240_000 }, async () => {
		const { faults } = await failingNodes({ seed: 1, goOn: () => false })
		expect(faults).toEqual({ node: 1, redis: 1, postgres: 1 })
	})
})
