import { expect, test, vi } from 'vitest'
import { runGroupHistory, withTwoDevices } from '../support/model/group-histories.ts'
import { emptyTally, type Tally } from '../support/model/group-run.ts'
import { peopled, world as openWorld } from '../support/story.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Some of them failed once. */
const seeds = ['1', '2', '3', '4']

test('[C2] random histories of a group: everybody reads what he must on both devices, and nothing else', async () => {
	const { world, ...people } = await peopled(await openWorld({ lines: true }), [
		'alice',
		'bob',
		'charlie',
		'dora',
		'eve',
	])
	const everybody = await withTwoDevices(world, Object.values(people))
	const sum: { -readonly [K in keyof Tally]: number } = { ...emptyTally }
	for (const seed of seeds) {
		const tally = await runGroupHistory(world, everybody, { seed, length: 12 })
		for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tally[key]
		process.stdout.write(`seed ${seed}: ${JSON.stringify(tally)}\n`)
	}
	// Schedules follow from seeds: what they did not do is not tested.
	for (const [what, count] of Object.entries(sum)) expect(count, what).toBeGreaterThan(0)
	expect(sum.texts).toBeGreaterThan(20)
	expect(sum.rotations).toBeGreaterThan(8)
})
