/** Calendar days of this device, over ms since the Unix epoch. */

/** The first moment of the day that `at` lies in. */
export function startOfDay(at: number): number {
	return new Date(at).setHours(0, 0, 0, 0)
}

/** Whole calendar days from `at` to `now`: 0 today, 1 yesterday, negative in the future. Right across clock changes. */
export function daysBetween(at: number, now: number): number {
	return Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000)
}
