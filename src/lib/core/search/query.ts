/**
 * What somebody types into the search field, as a query: words, each as a prefix, and filters `from:`, `in:`, `has:`, `before:`,
 * `after:`, whose values may stand in quotes. What is no filter is searched for as it stands. Pure.
 */
import { hasKinds, type HasKind } from './segment.ts'
import { foldWord, prefixesOf, termsOf } from './terms.ts'

export interface Query {
	/** A message has a term for each of them. */
	readonly prefixes: readonly string[]
	/** Names as typed: any of them. */
	readonly from: readonly string[]
	readonly in: readonly string[]
	/** All of them. */
	readonly has: readonly HasKind[]
	/** ms: at or after, and before. */
	readonly since: number
	readonly until: number
	/** Filters that say nothing, as they were typed. */
	readonly unclear: readonly string[]
}

/** UTF-16 units of a query that are read: nobody types as much. */
export const queryMax = 500
/** Words of a query that are looked for. */
const prefixesMax = 16

const part = /(?<name>from|in|has|before|after):(?:"(?<quoted>[^"]*)"?|(?<bare>\S*))|(?<word>\S+)/giu

/** `dayOf`: the ms at which a day of the device's calendar begins; months from 0, over the ends of months and years too. */
export function parseQuery(text: string, dayOf: (year: number, month: number, day: number) => number): Query {
	const words: string[] = []
	const filters: { name: string; value: string; typed: string }[] = []
	for (const { 0: typed, groups = {} } of text.slice(0, queryMax).matchAll(part)) {
		if (groups['name'] === undefined) words.push(typed)
		else {
			const value = (groups['quoted'] ?? groups['bare'] ?? '').trim()
			if (value !== '') filters.push({ name: groups['name'].toLowerCase(), value, typed })
		}
	}
	const of = (name: string) => filters.filter((filter) => filter.name === name)
	const has = of('has').map(({ value, typed }) => ({ kind: hasKind(value), typed }))
	const before = of('before').map((filter) => ({ ...filter, days: parseDays(filter.value, dayOf) }))
	const after = of('after').map((filter) => ({ ...filter, days: parseDays(filter.value, dayOf) }))
	return {
		prefixes: prefixesOf(words.join(' ')).slice(0, prefixesMax),
		from: of('from').map(({ value }) => value),
		in: of('in').map(({ value }) => value),
		has: has.flatMap(({ kind }) => kind ?? []),
		since: Math.max(-Infinity, ...after.flatMap(({ days }) => days?.end ?? [])),
		until: Math.min(Infinity, ...before.flatMap(({ days }) => days?.start ?? [])),
		unclear: [
			...has.flatMap(({ kind, typed }) => (kind === null ? [typed] : [])),
			...[...before, ...after].flatMap(({ days, typed }) => (days === null ? [typed] : [])),
		],
	}
}

export function isEmpty({ prefixes, from, in: within, has, since, until }: Query): boolean {
	const filters = from.length + within.length + has.length
	return prefixes.length + filters === 0 && since === -Infinity && until === Infinity
}

/** Also in the plural, and by its beginning once that is clear. */
function hasKind(value: string): HasKind | null {
	const typed = value.toLowerCase().replace(/s$/, '')
	return hasKinds.find((kind) => kind === typed) ?? null
}

/** A year, a month or a day, as `2026`, `2026-03`, `2026-03-09`; null for what is none. */
function parseDays(
	value: string,
	dayOf: (year: number, month: number, day: number) => number,
): { readonly start: number; readonly end: number } | null {
	const found = /^(?<year>\d{4})(?:[-/.](?<month>\d{1,2})(?:[-/.](?<day>\d{1,2}))?)?$/.exec(value)?.groups
	if (found === undefined) return null
	const [year, month, day] = [found['year'], found['month'], found['day']].map((digits) =>
		digits === undefined ? null : Number(digits),
	) as [number, number | null, number | null]
	if (month === null) return { start: dayOf(year, 0, 1), end: dayOf(year + 1, 0, 1) }
	if (month < 1 || month > 12) return null
	if (day === null) return { start: dayOf(year, month - 1, 1), end: dayOf(year, month, 1) }
	if (day < 1 || day > 31) return null
	return { start: dayOf(year, month - 1, day), end: dayOf(year, month - 1, day + 1) }
}

/** Each word typed begins a word of the name. */
export function isNamed(name: string, typed: string): boolean {
	const words = termsOf(name).map(({ text }) => text)
	const wanted = prefixesOf(typed)
	if (wanted.length === 0) return foldWord(name).startsWith(foldWord(typed))
	return wanted.every((prefix) => words.some((word) => word.startsWith(prefix)))
}
