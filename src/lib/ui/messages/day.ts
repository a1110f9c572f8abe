/** Calendar days of this device, over ms since the Unix epoch. */

/** The first moment of the day that `at` lies in. */
export function startOfDay(at: number): number {
	return new Date(at).setHours(0, 0, 0, 0)
}

/** Whole calendar days from `at` to `now`: 0 today, 1 yesterday, negative in the future. Right across clock changes. */
export function daysBetween(at: number, now: number): number {
	return Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000)
}

/** As a date field spells a day: 2026-03-09. */
export function dayValue(at: number): string {
	const date = new Date(at)
	const part = (value: number, digits: number) => String(value).padStart(digits, '0')
	return `${part(date.getFullYear(), 4)}-${part(date.getMonth() + 1, 2)}-${part(date.getDate(), 2)}`
}

/** The first moment of a day so spelled; null for what is none. */
export function dayStart(value: string): number | null {
	const [year, month, day] = value.split('-').map(Number)
	if (year === undefined || month === undefined || day === undefined) return null
	const at = new Date(year, month - 1, day).getTime()
	return Number.isNaN(at) ? null : at
}
