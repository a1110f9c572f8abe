/**
 * Group commit: what comes in while the loop turns, while the turn before is being written, or before the next one is due,
 * is decided together. One turn at a time, so that everybody's order is the order of arrival.
 *
 * The pace is a bucket: after a pause a turn begins at once, and only where one follows the other without end do they keep
 * the bucket's distance. A turn that is full waits for nothing.
 */
import type { Timers } from '#protocol/ports.ts'

export interface Turns<T> {
	add(entry: T): void
	/** Resolves when nothing waits and nothing is under way; what waits for its turn begins now. */
	drained(): Promise<void>
}

/** How often a turn may begin. */
export interface Pace {
	readonly timers: Timers
	/** How long until the next one may begin, ms; null when it may begin now. */
	readonly wait: () => number | null
	/** One begins. */
	readonly take: () => void
}

export interface TurnOptions<T> {
	/** Runs its argument after the frames that are already here were read: `setImmediate`. */
	readonly defer: (run: () => void) => void
	/** Null: as soon as the turn before has ended. */
	readonly pace: Pace | null
	/** How much an entry weighs; a turn takes entries until `weightMax` is reached. */
	readonly weigh: (entry: T) => number
	readonly weightMax: number
	/** Must not reject. */
	readonly run: (entries: readonly T[]) => Promise<void>
}

export function createTurns<T>({ defer, pace, weigh, weightMax, run }: TurnOptions<T>): Turns<T> {
	let waiting: T[] = []
	let weight = 0
	/** A turn is under way, or will begin. */
	let isBusy = false
	/** Cancels the timer that it waits for. */
	let waits: (() => void) | null = null
	let whenDrained: (() => void)[] = []

	const takeTurn = (): T[] => {
		let taken = 0
		const end = waiting.findIndex((entry) => (taken += weigh(entry)) >= weightMax)
		const turn = end < 0 ? waiting : waiting.slice(0, end + 1)
		waiting = end < 0 ? [] : waiting.slice(end + 1)
		weight -= taken
		return turn
	}

	const go = async (): Promise<void> => {
		pace?.take()
		await run(takeTurn())
		// Not at once: what has come in meanwhile is read first, and goes along.
		if (waiting.length > 0) return begin()
		isBusy = false
		for (const resolve of whenDrained) resolve()
		whenDrained = []
	}

	const goSoon = (): void => {
		waits?.()
		waits = null
		defer(() => void go())
	}

	const begin = (): void => {
		const mayWait = weight < weightMax && whenDrained.length === 0
		const wait = mayWait ? (pace?.wait() ?? null) : null
		if (pace === null || wait === null) return goSoon()
		waits = pace.timers.after(wait, goSoon)
	}

	return {
		add: (entry) => {
			waiting.push(entry)
			weight += weigh(entry)
			if (!isBusy) {
				isBusy = true
				begin()
			} else if (waits !== null && weight >= weightMax) goSoon()
		},
		drained: () => {
			if (!isBusy) return Promise.resolve()
			if (waits !== null) goSoon()
			return new Promise((resolve) => whenDrained.push(resolve))
		},
	}
}
