/** One clock for a server and its clients. It runs, and it can be put forward: a token grows old without anybody waiting. */
import type { Clock } from '#protocol/ports.ts'

export interface StoryClock {
	readonly clock: Clock
	readonly advance: (ms: number) => void
}

export function storyClock(): StoryClock {
	let ahead = 0
	return {
		clock: () => Date.now() + ahead,
		advance: (ms) => {
			ahead += ms
		},
	}
}
