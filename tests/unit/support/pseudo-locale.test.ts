import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pseudoCatalogue } from '../../support/pseudo-locale.ts'

test('a pseudo-catalogue keeps keys and placeholders, and makes every text longer', () => {
	const english = JSON.parse(readFileSync('src/lib/ui/messages/en.json', 'utf8')) as Record<string, unknown>
	const pseudo = pseudoCatalogue(english)
	expect(Object.keys(pseudo)).toEqual(Object.keys(english))
	for (const [key, text] of Object.entries(english)) {
		if (typeof text !== 'string' || key === '$schema') continue
		const made = pseudo[key] as string
		expect(made.match(/\{\w+\}/gu)).toEqual(text.match(/\{\w+\}/gu))
		const letters = text.replaceAll(/\{\w+\}/gu, '').length
		expect(made.length - text.length).toBeGreaterThanOrEqual(letters * 0.4)
	}
})

test('a pseudo-catalogue has every category of plural that a language can have', () => {
	const english = { days: [{ match: { 'n=one': '{n} day', 'n=other': '{n} days' } }] }
	const [made] = pseudoCatalogue(english)['days'] as [{ match: Record<string, string> }]
	expect(Object.keys(made.match)).toEqual(['n=zero', 'n=one', 'n=two', 'n=few', 'n=many', 'n=other'])
	expect(made.match['n=one']).toContain('{n} đåý')
	expect(made.match['n=many']).toContain('{n} đåýš')
})
