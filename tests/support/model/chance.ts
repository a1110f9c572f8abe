/** Chance that repeats: numbers that follow from a seed. For schedules, never for keys. */
export interface Chance {
	/** 0 to below 1. */
	next(): number
	/** A whole number from 0 to below `count`. */
	below(count: number): number
	/** True in `percent` of 100. */
	percent(percent: number): boolean
	/** Throws for an empty list. */
	pick<T>(values: readonly T[]): T
}

/** FNV-1a over the text. */
function hashOf(seed: string): number {
	let hash = 0x811c9dc5
	for (const char of seed) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193)
	return hash >>> 0
}

/** mulberry32: 32 bits of state are enough for a schedule. */
export function chanceOf(seed: string): Chance {
	let state = hashOf(seed)
	const next = (): number => {
		state = (state + 0x6d2b79f5) | 0
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
	}
	const below = (count: number) => Math.floor(next() * count)
	return {
		next,
		below,
		percent: (percent) => next() * 100 < percent,
		pick: (values) => {
			const value = values[below(values.length)]
			if (value === undefined) throw new RangeError('nothing to pick from')
			return value
		},
	}
}
