/** The waits of a client pass faster, and all of them end when somebody says so: nothing is tested by sitting through. */
import type { Timers } from '#protocol/ports.ts'

export function hastyTimers(): Timers & { hurry(): void } {
	const waiting = new Map<NodeJS.Timeout, () => void>()
	return {
		after: (ms, run) => {
			const timer = setTimeout(() => due(), ms < 10_000 ? ms / 20 : ms / 4)
			const end = () => {
				waiting.delete(timer)
				clearTimeout(timer)
			}
			const due = () => {
				end()
				run()
			}
			waiting.set(timer, due)
			return end
		},
		hurry: () => {
			for (const due of [...waiting.values()]) due()
		},
	}
}
