/** Time that moves when the test says so: the `Timers` and `Clock` ports, without sleeping. */
import type { Clock, Timers } from '#protocol/ports.ts'

export interface FakeTime {
	readonly timers: Timers
	readonly clock: Clock
	/** Moves the clock, and runs in order what falls due; lets promises settle before, between and after. */
	readonly advance: (ms: number) => Promise<void>
	readonly pending: () => number
}

interface FakeTimer {
	readonly due: number
	readonly run: () => void
}

/** One turn of the event loop: everything that is promised by now has settled. */
export function settle(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve))
}

export function fakeTime(start = 1_700_000_000_000): FakeTime {
	let now = start
	const waiting = new Set<FakeTimer>()
	const next = (until: number): FakeTimer | undefined =>
		[...waiting].filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due)[0]
	return {
		timers: {
			after: (ms, run) => {
				const timer = { due: now + ms, run }
				waiting.add(timer)
				return () => void waiting.delete(timer)
			},
		},
		clock: () => now,
		advance: async (ms) => {
			const until = now + ms
			await settle()
			for (let timer = next(until); timer !== undefined; timer = next(until)) {
				now = Math.max(now, timer.due)
				waiting.delete(timer)
				timer.run()
				await settle()
			}
			now = until
			await settle()
		},
		pending: () => waiting.size,
	}
}
