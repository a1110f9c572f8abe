import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { markOf, toggleMark, type Mark, type Replacement, type Selection } from '#ui/state/text-style.ts'

function apply({ text }: Selection, { start, end, by, select }: Replacement): Selection {
	return { text: text.slice(0, start) + by + text.slice(end), start: select[0], end: select[1] }
}

describe('marks around a selection', () => {
	test('are put there and taken away, and the selection stays on the words', () => {
		const words = { text: 'the early boat', start: 4, end: 9 }
		const bold = apply(words, toggleMark(words, '**'))
		expect(bold).toEqual({ text: 'the **early** boat', start: 6, end: 11 })
		expect(apply(bold, toggleMark(bold, '**'))).toEqual(words)
		const outside = { ...bold, start: 4, end: 13 }
		expect(apply(outside, toggleMark(outside, '**'))).toEqual(words)
	})

	test('wait for words where nothing is selected', () => {
		const nothing = { text: '', start: 0, end: 0 }
		expect(apply(nothing, toggleMark(nothing, '`'))).toEqual({ text: '``', start: 1, end: 1 })
	})

	test('come and go without a trace', () => {
		const marks = fc.constantFrom<Mark>('**', '_', '`')
		fc.assert(
			fc.property(fc.stringMatching(/^[a-z ]{0,30}$/), fc.nat(30), fc.nat(30), marks, (text, a, b, mark) => {
				const [start, end] = [Math.min(a, b, text.length), Math.min(Math.max(a, b), text.length)]
				const selection = { text, start, end }
				const marked = apply(selection, toggleMark(selection, mark))
				expect(apply(marked, toggleMark(marked, mark))).toEqual(selection)
			}),
		)
	})

	test('have their keys', () => {
		expect(['b', 'I', 'e', 'x'].map(markOf)).toEqual(['**', '_', '`', null])
	})
})
