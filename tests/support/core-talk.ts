/** Alice's client in a direct conversation with Bob, who writes by his keys alone: how tests of the core begin. */
import { afterEach, beforeEach, vi } from 'vitest'
import { corePeople, direct, penOf } from './core-people.ts'
import { memoryDevice, serverEnd, startClient, type ClientOptions } from './core-client.ts'

/** The provider of y-websocket has timers of its own; with them in hand no test waits for time to pass. */
export function holdProviderTimers(): void {
	beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }))
	afterEach(() => void vi.useRealTimers())
}

export async function talkOf(seed: string) {
	const people = await corePeople(seed)
	const [alice, bob] = [await people.person('alice'), await people.person('bob')]
	const talk = await direct(people, bob, alice)
	const server = serverEnd(people, [alice, bob], talk)
	const device = await memoryDevice(people)
	const base: ClientOptions = { people, me: alice, others: [bob], talk, server, device }
	return {
		...{ people, crypto: people.crypto, alice, bob, talk, server, device },
		guid: talk.guid(),
		/** Alice's client on her device; again after another one: a restart. */
		start: (change: Partial<ClientOptions> = {}) => startClient({ ...base, ...change }),
		/** A pen of Bob's first device, at the start of a stream. */
		bobWrites: () => penOf(people.crypto, talk, bob),
	}
}

export type Talk = Awaited<ReturnType<typeof talkOf>>
