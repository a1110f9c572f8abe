import { expect, test, vi } from 'vitest'
import { befriendAll, runGroupHistory } from '../support/model/group-histories.ts'
import { setup } from '../support/story.ts'

vi.setConfig({ testTimeout: 1_800_000 })

const names = [
	'alice',
	'bob',
	'charlie',
	'dora',
	'eve',
	'frank',
	'grace',
	'heidi',
	'ivan',
	'judy',
	'kim',
	'lea',
] as const

/** 300 seeds, ten to a world, so that one that fails does not hide the others. */
test.each(Array.from({ length: 30 }, (_, i) => i))('[C2] random histories of a group (tens %i)', async (tens) => {
	const { world: _world, ...people } = await setup(...names)
	const everybody = Object.values(people)
	await befriendAll(everybody)
	for (let i = 0; i < 10; i++) {
		const seed = `long ${tens * 10 + i}`
		const tally = await runGroupHistory(everybody, seed, 40)
		process.stdout.write(`${seed}: ${JSON.stringify(tally)}\n`)
		expect(tally.texts).toBeGreaterThan(0)
	}
})
