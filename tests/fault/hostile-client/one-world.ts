/** One server, Alice, Bob and Mallory for all that he tries: the world that every story beside this file is about. */
import { afterAll, beforeAll } from 'vitest'
import { hostileWorld, type HostileWorld } from '#tests/support/fault/hostile-world.ts'

export let world: HostileWorld

beforeAll(async () => {
	world = await hostileWorld()
}, 120_000)
afterAll(() => world.close())

/** Alice and Bob talk as before. */
export const heard = () => world.stillTalk()
