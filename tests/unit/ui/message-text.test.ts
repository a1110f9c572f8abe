import { describe, expect, test } from 'vitest'
import { codeAllowance } from '#ui/state/code-block.ts'
import { isOnlyEmoji } from '#ui/state/emoji-text.ts'
import { mayBeMarkdown } from '#ui/state/markdown.ts'
import { plainText } from '#ui/state/plain-text.ts'

describe('a text', () => {
	test('is taken for Markdown by its signs alone', () => {
		const marked = ['**a**', '_a_', '`a`', '# a', '> a', 'so:\n- a', '1. a', '[a](https://b.example)', '~~a~~', '|a|b|']
		const plain = ['hello', 'https://a.example/b?c=1', '5 - 3', 'a > b', 'me@home.example', 'C#', '']
		expect(marked.filter((text) => !mayBeMarkdown(text))).toEqual([])
		expect(plain.filter(mayBeMarkdown)).toEqual([])
	})

	test('loses the signs where it stands in one line', () => {
		expect(plainText('About **Saturday**:\n> the *early* `boat`\n- [map](https://m.example)')).toBe(
			'About Saturday: the early boat map',
		)
		expect(plainText('```js\nlet a = 1\n```')).toBe('let a = 1')
		expect(plainText('snake_case_name 2*3*4 **')).toBe('snake_case_name 2*3*4 **')
		expect(plainText('x'.repeat(1_000))).toHaveLength(300)
	})

	test('has so much code coloured, of lines so long, and no more', () => {
		const { allows } = codeAllowance()
		expect(allows('a'.repeat(241))).toBe(false)
		expect(allows(`${'a'.repeat(240)}\n`.repeat(20))).toBe(true)
		expect(allows('\n'.repeat(1_181))).toBe(false)
		expect(allows('\n'.repeat(1_180))).toBe(true)
		expect(allows('a')).toBe(false)
		expect(codeAllowance().allows('\n'.repeat(6_001))).toBe(false)
	})

	test('of a few emoji and nothing else is shown large', () => {
		const large = ['😀', '👍🏽', '👨‍👩‍👧 🎉', '❤️🎈🏁', '🇩🇪']
		const small = ['', 'a', '😀 yes', '😀😀😀😀', '12']
		expect(large.filter((text) => !isOnlyEmoji(text))).toEqual([])
		expect(small.filter(isOnlyEmoji)).toEqual([])
	})
})
