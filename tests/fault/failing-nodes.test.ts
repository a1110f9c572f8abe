/** A short slice of the fault run; ten minutes of it are in failing-nodes.long.test.ts. */
import { describe, expect, test } from 'vitest'
import { failingNodes } from '../support/fault/failing-nodes.ts'
import { mayOwnPostgres } from '../support/fault/own-postgres.ts'
import { mayOwnRedis } from '../support/fault/own-redis.ts'

describe.skipIf(!mayOwnRedis || !mayOwnPostgres)('two nodes, of which parts die', () => {
	test('[S1] lose nothing that was acked, and everybody heals', { timeout: 240_000 }, async () => {
		const { faults } = await failingNodes({ seed: 1, goOn: () => false })
		expect(faults).toEqual({ node: 1, redis: 1, postgres: 1, connections: 1 })
	})
})
