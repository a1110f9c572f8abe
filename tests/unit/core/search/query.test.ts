import { describe, expect, test } from 'vitest'
import { isEmpty, isNamed, parseQuery, queryMax } from '#core/search/query.ts'

const dayOf = (year: number, month: number, day: number) => Date.UTC(year, month, day)
const parsed = (text: string) => parseQuery(text, dayOf)
const nothing = { prefixes: [], from: [], in: [], has: [], since: -Infinity, until: Infinity, unclear: [] }

describe('a query', () => {
	test('is words, and filters whose values may stand in quotes', () => {
		expect(parsed('boat from:"Alice C" IN:trips has:images stove')).toEqual({
			...nothing,
			...{ prefixes: ['boat', 'stove'], from: ['Alice C'], in: ['trips'], has: ['image'] },
		})
		expect(parsed('from:"still typing')).toMatchObject({ from: ['still typing'] })
		expect(parsed('from: ')).toEqual(nothing)
		expect(isEmpty(parsed('  … from:'))).toBe(true)
		expect(isEmpty(parsed('has:link'))).toBe(false)
	})

	test('knows a year, a month and a day; before it, or after it', () => {
		expect(parsed('after:2026-02-28')).toMatchObject({ since: Date.UTC(2026, 2, 1) })
		expect(parsed('before:2026-02')).toMatchObject({ until: Date.UTC(2026, 1, 1) })
		expect(parsed('after:2025 before:2026/7/4')).toMatchObject({
			since: Date.UTC(2026, 0, 1),
			until: Date.UTC(2026, 6, 4),
		})
	})

	test('says which filters say nothing', () => {
		expect(parsed('has:wings before:soon after:2026-13 x').unclear).toEqual([
			'has:wings',
			'before:soon',
			'after:2026-13',
		])
	})

	test('is read only so far, whatever is pasted', () => {
		expect(parsed('word '.repeat(100_000)).prefixes).toEqual(['word'])
		expect(parsed(Array.from({ length: 500 }, (_, i) => `w${i}`).join(' ')).prefixes.length).toBeLessThan(queryMax / 4)
	})

	test('names somebody by the beginnings of words', () => {
		expect(isNamed('Zoë van Dijk', 'zoe')).toBe(true)
		expect(isNamed('Zoë van Dijk', 'dij van')).toBe(true)
		expect(isNamed('Zoë van Dijk', 'ijk')).toBe(false)
		expect(isNamed('🌊', '🌊')).toBe(true)
	})
})
