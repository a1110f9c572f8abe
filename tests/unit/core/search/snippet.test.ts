import { expect, test } from 'vitest'
import { snippetOf } from '#core/search/snippet.ts'

const around = (text: string, prefix: string) => {
	const snippet = snippetOf(text, [prefix])
	return { ...snippet, found: snippet.marks.map(([from, to]) => snippet.text.slice(from, to)) }
}

test('a short text is shown whole, in one line', () => {
	expect(around('one\ntwo', 'two')).toMatchObject({
		text: 'one two',
		found: ['two'],
		cutBefore: false,
		cutAfter: false,
	})
})

test('of a long one stands what is around the first place, from the beginning of a word', () => {
	const long = `${'before '.repeat(60)}harbour ${'after '.repeat(60)}harbour`
	const { text, found, cutBefore, cutAfter } = around(long, 'harb')
	expect(text.length).toBeLessThanOrEqual(180)
	expect(text.startsWith('before ')).toBe(true)
	expect([found, cutBefore, cutAfter]).toEqual([['harbour'], true, true])
})

test('no character is cut in two', () => {
	const long = `${'𐐨'.repeat(200)}東京${'𐐨'.repeat(200)}`
	for (const prefix of ['東京', '𐐨']) expect(around(long, prefix).text.isWellFormed()).toBe(true)
	expect(around(long, '東京').found).toEqual(['東京'])
})
