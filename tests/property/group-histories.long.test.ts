import { expect, test, vi } from 'vitest'
import { runGroupHistory, withTwoDevices } from '../support/model/group-histories.ts'
import { setup } from '../support/story.ts'

vi.setConfig({ testTimeout: 1_800_000 })

const names = [
	...(['alice', 'bob', 'charlie', 'dora', 'eve', 'frank'] as const),
	...(['grace', 'heidi', 'ivan', 'judy', 'kim', 'lea'] as const),
] as const

/** How many there are in a world of ten seeds: from three to all twelve. */
const sizes = [3, 4, 5, 6, 8, 12] as const

/** 300 seeds, ten to a world, so that one that fails does not hide the others. */
test.each(Array.from({ length: 30 }, (_, i) => i))('[C2] random histories of a group (tens %i)', async (tens) => {
	const size = sizes[tens % sizes.length] ?? 12
	const { world, ...people } = await setup(...names.slice(0, size))
	const everybody = await withTwoDevices(world, Object.values(people))
	let [removes, rotations, conflicts] = [0, 0, 0]
	for (let i = 0; i < 10; i++) {
		const seed = `long ${tens * 10 + i}`
		const tally = await runGroupHistory(world, everybody, seed, 40)
		process.stdout.write(`seed ${seed}: ${JSON.stringify(tally)}\n`)
		expect(tally.texts).toBeGreaterThan(0)
		expect(tally.rotations).toBeGreaterThan(0)
		removes += tally.removes
		rotations += tally.rotations
		conflicts += tally.conflicts
	}
	expect(removes).toBeGreaterThanOrEqual(10)
	expect(rotations).toBeGreaterThanOrEqual(20)
	expect(conflicts).toBeGreaterThanOrEqual(size < 5 ? 1 : 5)
})
