/** One server that lies to Bob, for all that it tells him. */
import { afterAll, afterEach, beforeAll, test } from 'vitest'
import { liedTo, type LiedTo } from '#tests/support/fault/lied-to.ts'

export let story: LiedTo

/** By what it says; it ends with `story.afterwards()`: what he had he keeps, and what was written is everywhere once. */
export type Lie = readonly [name: string, tells: () => Promise<void>]

export function liesAre(lies: readonly Lie[]): void {
	beforeAll(async () => {
		story = await liedTo()
	}, 120_000)
	afterEach(() => story.afterwards(), 60_000)
	afterAll(() => story.close())
	test.each(lies)('%s', { timeout: 60_000 }, (_name, tells) => tells())
}
