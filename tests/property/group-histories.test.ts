import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { runGroupHistory, withTwoDevices } from '../support/model/group-histories.ts'
import { emptyTally, type Tally } from '../support/model/group-run.ts'
import { peopled, world as openWorld } from '../support/story.ts'

vi.setConfig({ testTimeout: 300_000 })

const names = ['alice', 'bob', 'charlie', 'dora', 'eve'] as const
/** Some of them failed once. */
const seeds = ['1', '2', '3', '4']
/** Of the long run: they failed once, with so many people and of this length. */
const pinned = { length: 16, seeds: ['long 9', 'long 33'] } as const

async function everybodyOf(count: number) {
	const { world, ...people } = await peopled(await openWorld({ lines: true }), names.slice(0, count))
	return { world, everybody: await withTwoDevices(world, Object.values(people)) }
}

test('[C2] random histories of a group: everybody reads what he must on both devices, and nothing else', async () => {
	const { world, everybody } = await everybodyOf(5)
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

test('[C2] histories that failed once, and one that was never run', async () => {
	const { world, everybody } = await everybodyOf(4)
	const fresh = `fresh ${randomUUID().slice(0, 8)}`
	for (const seed of [...pinned.seeds, fresh]) {
		const tally = await runGroupHistory(world, everybody, { seed, length: pinned.length })
		process.stdout.write(`seed ${seed}: ${JSON.stringify(tally)}\n`)
		expect(tally.texts, seed).toBeGreaterThan(0)
	}
})
