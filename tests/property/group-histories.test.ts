import { expect, test, vi } from 'vitest'
import { befriendAll, runGroupHistory } from '../support/model/group-histories.ts'
import { setup } from '../support/story.ts'

vi.setConfig({ testTimeout: 240_000 })

test('[C2] random histories of a group: everybody reads what he must, and nothing else (seeds 1 to 5)', async () => {
	const { world: _world, ...people } = await setup('alice', 'bob', 'charlie', 'dora', 'eve')
	const everybody = Object.values(people)
	await befriendAll(everybody)
	const sum = { texts: 0, removes: 0, epochs: 0, races: 0, joins: 0, drops: 0 }
	for (const seed of ['1', '2', '3', '4', '5']) {
		const tally = await runGroupHistory(everybody, seed, 14)
		for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += tally[key]
	}
	// Schedules follow from seeds: what they did not do is not tested.
	expect(sum.texts).toBeGreaterThan(8)
	expect(sum.epochs).toBeGreaterThan(6)
	expect(sum.removes).toBeGreaterThan(2)
	expect([sum.races, sum.joins, sum.drops].every((count) => count > 0)).toBe(true)
	process.stdout.write(`group histories: ${JSON.stringify(sum)}\n`)
})
