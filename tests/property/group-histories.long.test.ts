import { expect, test, vi } from 'vitest'
import { runGroupHistory, withTwoDevices } from '../support/model/group-histories.ts'
import { peopled, world as openWorld } from '../support/story.ts'

vi.setConfig({ testTimeout: 1_800_000 })

const names = [
	...(['alice', 'bob', 'charlie', 'dora', 'eve', 'frank'] as const),
	...(['grace', 'heidi', 'ivan', 'judy', 'kim', 'lea'] as const),
] as const

/** How many there are in a world, ten seeds each: from three to all twelve. */
const sizes = [4, 5, 6, 3, 8, 12] as const

const total = { joins: 0, reorders: 0 }

/**
 * 300 seeds, five to a world: one that fails does not hide the others, and whoever loses a device in each of them signs in no more
 * often than one may from one address.
 */
test.each(Array.from({ length: 60 }, (_, i) => i))('[C2] random histories of a group (fives %i)', async (fives) => {
	const size = sizes[Math.floor(fives / 2) % sizes.length] ?? 12
	const { world, ...people } = await peopled(await openWorld({ lines: true }), names.slice(0, size))
	const everybody = await withTwoDevices(world, Object.values(people))
	for (let i = 0; i < 5; i++) {
		const seed = `long ${fives * 5 + i}`
		const tally = await runGroupHistory(world, everybody, { seed, length: 16 })
		process.stdout.write(`seed ${seed}: ${JSON.stringify(tally)}\n`)
		const { texts, removes, rotations, conflicts, drops, holds } = tally
		expect([seed, texts >= 5, rotations >= 2], seed).toEqual([seed, true, true])
		for (const count of [removes, conflicts, drops, holds]) expect(count, seed).toBeGreaterThan(0)
		total.joins += tally.joins
		total.reorders += tally.reorders
	}
})

test('[C2] and all of them together brought enough in by links, and enough out of order', () => {
	expect(total.joins).toBeGreaterThanOrEqual(300)
	expect(total.reorders).toBeGreaterThanOrEqual(100)
})
