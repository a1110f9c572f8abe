/** Damaged frames by the thousand against one server, of one seed; what it counted on a line of its own. */
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fuzz } from './fuzz-story.ts'
import { hostileWorld, type HostileWorld } from './hostile-world.ts'

export interface FuzzSize {
	readonly seed: string
	readonly frames: number
	/** Sockets that the server must have closed at least: else the frames were not damaged enough. */
	readonly closed: number
	/** MiB that the server may have grown. */
	readonly growth: number
	/** ms */
	readonly timeout: number
}

export function fuzzSuite({ seed, frames, closed, growth, timeout }: FuzzSize): void {
	let world: HostileWorld
	beforeAll(async () => {
		world = await hostileWorld()
	}, 120_000)
	afterAll(() => world.close())

	const title = `${frames.toLocaleString('en')} damaged frames: the server stays up and small, Alice and Bob notice nothing`
	test(`[seed ${seed}] ${title}`, { timeout }, async () => {
		const counts = await fuzz(world, { frames, seed })
		process.stdout.write(`fuzz: ${JSON.stringify(counts)}\n`)
		await world.aliceSees(['Hello Mallory'])
		expect(counts.frames).toBeGreaterThanOrEqual(frames)
		expect(counts.closed).toBeGreaterThan(closed)
		expect(counts.memoryAfter - counts.memoryBefore).toBeLessThan(growth)
	})
}
