/**
 * Times in words. `now` and `locale` are handed in; days are those of this device's calendar. Formatters are kept, because
 * making one costs more than a hundred uses.
 */
import { daysBetween } from './day.ts'
import { m } from './catalogue.ts'

export interface Calendar {
	/** ms since the Unix epoch. */
	readonly now: number
	/** BCP 47; undefined takes the device's own, which knows 12 from 24 hours better than a language does. */
	readonly locale?: string | undefined
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function format(at: number, locale: string | undefined, options: Intl.DateTimeFormatOptions): string {
	const key = JSON.stringify([locale, options])
	let formatter = formatters.get(key)
	if (formatter === undefined) formatters.set(key, (formatter = new Intl.DateTimeFormat(locale, options)))
	return formatter.format(at)
}

/** 14:03 */
export function clockTime(at: number, { locale }: Pick<Calendar, 'locale'>): string {
	return format(at, locale, { hour: '2-digit', minute: '2-digit' })
}

/** The shortest that still tells: 14:03, Yesterday, Mon, 3 May, 03/05/2024. */
export function listTime(at: number, { now, locale }: Calendar): string {
	const days = daysBetween(at, now)
	if (days <= 0) return clockTime(at, { locale })
	if (days === 1) return m.time_yesterday()
	if (days < 7) return format(at, locale, { weekday: 'short' })
	if (sameYear(at, now)) return format(at, locale, { day: 'numeric', month: 'short' })
	return format(at, locale, { day: '2-digit', month: '2-digit', year: 'numeric' })
}

/** Above the messages of a day: Today, Yesterday, Monday, Friday 3 May, 3 May 2024. */
export function dayTitle(at: number, { now, locale }: Calendar): string {
	const days = daysBetween(at, now)
	if (days === 0) return m.time_today()
	if (days === 1) return m.time_yesterday()
	if (days > 1 && days < 7) return format(at, locale, { weekday: 'long' })
	if (sameYear(at, now)) return format(at, locale, { weekday: 'long', day: 'numeric', month: 'long' })
	return format(at, locale, { day: 'numeric', month: 'long', year: 'numeric' })
}

/** All of it, for who looks closer: Friday, 3 May 2024 at 14:03. */
export function fullTime(at: number, { locale }: Pick<Calendar, 'locale'>): string {
	return format(at, locale, { dateStyle: 'full', timeStyle: 'short' })
}

/** 3 May. */
export function dayOfYear(at: number, { locale }: Pick<Calendar, 'locale'> = {}): string {
	return format(at, locale, { day: 'numeric', month: 'long' })
}

/** A moment that comes: 14:03, Mon 14:03, 3 May, 14:03. */
export function laterTime(at: number, { now, locale }: Calendar): string {
	const days = -daysBetween(at, now)
	if (days === 0) return clockTime(at, { locale })
	const time = { hour: '2-digit', minute: '2-digit' } as const
	return format(at, locale, days < 7 ? { weekday: 'short', ...time } : { day: 'numeric', month: 'short', ...time })
}

const minute = 60_000
const hour = 60 * minute
const relatives = new Map<string | undefined, Intl.RelativeTimeFormat>()

/** How long ago, roughly: just now, 5 minutes ago, yesterday, 3 May. */
export function ago(at: number, { now, locale }: Calendar): string {
	const passed = now - at
	if (passed < minute) return m.time_now()
	const days = daysBetween(at, now)
	if (days >= 7) return listTime(at, { now, locale })
	let relative = relatives.get(locale)
	if (relative === undefined)
		relatives.set(locale, (relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })))
	if (passed < hour) return relative.format(-Math.floor(passed / minute), 'minute')
	if (days === 0) return relative.format(-Math.floor(passed / hour), 'hour')
	return relative.format(-days, 'day')
}

function sameYear(a: number, b: number): boolean {
	return new Date(a).getFullYear() === new Date(b).getFullYear()
}
