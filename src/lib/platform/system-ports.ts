/** The ports that browsers and Node fill alike: real time and real randomness. */
import type { Clock, RandomBytes, Timers } from '#protocol/ports.ts'

export const systemTimers: Timers = {
	after: (ms, run) => {
		const timer = setTimeout(run, ms)
		return () => clearTimeout(timer)
	},
}

export const systemClock: Clock = () => Date.now()

/** At most 65,536 bytes at once (https://www.w3.org/TR/webcrypto-2/ §10.1.1). */
export const systemRandom: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))
