/** How long messages live that disappear, in words. */
import { getLocale } from './catalogue.ts'

const units = [
	['week', 7 * 24 * 60 * 60_000],
	['day', 24 * 60 * 60_000],
	['hour', 60 * 60_000],
	['minute', 60_000],
	['second', 1_000],
] as const

/** What is offered; whoever writes a client of his own may set another. */
export const offeredLifetimes: readonly number[] = [units[2][1], units[1][1], units[0][1], 4 * units[0][1]]

/** After reading, on one device. */
export const offeredDelays: readonly number[] = [units[3][1], 5 * units[3][1], units[2][1], units[1][1]]

/** In the largest unit that says it exactly: "1 day", "90 minutes". */
export function lifetimeWords(ms: number): string {
	const [unit, length] = units.find(([, one]) => ms % one === 0) ?? units[4]
	return new Intl.NumberFormat(getLocale(), { style: 'unit', unit, unitDisplay: 'long' }).format(
		Math.round(ms / length),
	)
}
