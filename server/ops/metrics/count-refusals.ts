/** What a limit refuses is counted by its name. Apart from the numbers themselves, which only a server that is asked for them loads. */
import type { Limiter } from '#server/domain/cluster-ports.ts'
import type { Meter } from '#server/domain/meter-ports.ts'

export function countRefusals(limiter: Limiter, meter: Meter): Limiter {
	return {
		consume: async (limit, key) => {
			const exceeded = await limiter.consume(limit, key)
			if (exceeded !== null) meter.refused(limit.name)
			return exceeded
		},
	}
}
