/** `npm run test:long`: ten minutes of it (KITH_FAULT_MINUTES). A failure repeats its faults with its seed: KITH_TEST_SEED=1. */
import process from 'node:process'
import { describe, expect, test } from 'vitest'
import { failingNodes } from '../support/fault/failing-nodes.ts'
import { mayOwnPostgres } from '../support/fault/own-postgres.ts'
import { mayOwnRedis } from '../support/fault/own-redis.ts'

const minutes = Number(process.env['KITH_FAULT_MINUTES'] ?? 10)

describe.skipIf(!mayOwnRedis || !mayOwnPostgres)('two nodes, of which parts die', () => {
	test(`[S1] ${minutes} minutes`, { timeout: 2 * minutes * 60_000 }, async () => {
		const seed = Number(process.env['KITH_TEST_SEED'] ?? Date.now() % 1_000_000)
		const ends = Date.now() + minutes * 60_000
		const { messages, faults } = await failingNodes({ seed, goOn: () => Date.now() < ends })
		process.stdout.write(`seed ${seed}: ${messages} messages, ${JSON.stringify(faults)}\n`)
		expect(messages).toBeGreaterThan(0)
	})
})
