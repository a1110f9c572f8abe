/** Token buckets by key, in memory: what one author or device may do on this node. */
import type { Clock } from '#protocol/ports.ts'

export interface Rate {
	readonly perSecond: number
	/** How much may come at once after a pause. */
	readonly burst: number
}

export interface Rates {
	/** How long until `cost` is there, ms; null when it is there now. Takes nothing. */
	wait(key: string, cost: number): number | null
	/** Takes `cost`, into debt where need be. */
	take(key: string, cost: number): void
}

interface Bucket {
	level: number
	at: number
}

const bucketsMax = 100_000

export function createRates({ perSecond, burst }: Rate, clock: Clock): Rates {
	const buckets = new Map<string, Bucket>()

	const level = (key: string): number => {
		const bucket = buckets.get(key)
		if (bucket === undefined) return burst
		return Math.min(burst, bucket.level + (Math.max(0, clock() - bucket.at) / 1000) * perSecond)
	}

	return {
		wait: (key, cost) => {
			const missing = Math.min(cost, burst) - level(key)
			return missing <= 0 ? null : Math.ceil((missing / perSecond) * 1000)
		},
		take: (key, cost) => {
			const left = level(key) - cost
			const bucket = buckets.get(key) ?? { level: 0, at: 0 }
			bucket.level = left
			bucket.at = clock()
			buckets.delete(key)
			buckets.set(key, bucket)
			// The least recently used one is most likely full again.
			if (buckets.size > bucketsMax) buckets.delete(buckets.keys().next().value as string)
		},
	}
}
