import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mentionsIn } from '#core/mentions.ts'
import { markMentions } from '#ui/state/marked-mentions.ts'

const mentioned = [
	{ name: 'alice', self: true },
	{ name: 'a.b-', self: false },
]
/** Own names in double brackets, others in single ones. */
const marked = (text: string) =>
	markMentions(text, mentioned)
		.map((words) => (words.type === 'text' ? words.text : words.self ? `[[${words.text}]]` : `[${words.text}]`))
		.join('')

test.each([
	['@alice', '[[@alice]]'],
	['Look, @Alice: @a.b- knows', 'Look, [[@Alice]]: [@a.b-] knows'],
	['(@alice.) and @alice', '([[@alice]].) and [[@alice]]'],
	['@bob is not meant, nor is x@alice or @alice2', '@bob is not meant, nor is x@alice or @alice2'],
	['', ''],
])('%o is marked as %o', (text, as) => {
	expect(marked(text)).toBe(as)
})

test('what is marked is what the writing device found', () => {
	const people = mentioned.map(({ name }, i) => ({ name, idHash: new Uint8Array(32).fill(i) }))
	const letters = fc.constantFrom('@', 'alice', 'a.b-', 'ALICE', '.', '-', '_', ' ', 'x', '/', ',', '!', '7')
	fc.assert(
		fc.property(fc.array(letters, { maxLength: 12 }), (parts) => {
			const text = parts.join('')
			const found = new Set(mentionsIn(text, people).map(([first]) => mentioned[first ?? 0]?.name))
			const shown = markMentions(text, mentioned).flatMap((one) =>
				one.type === 'mention' ? [one.text.slice(1).toLowerCase()] : [],
			)
			expect(new Set(shown)).toEqual(found)
			expect(
				markMentions(text, mentioned)
					.map((one) => one.text)
					.join(''),
			).toBe(text)
		}),
	)
})

test('a name with signs of a pattern is a name', () => {
	expect(markMentions('@a+(', [{ name: 'a+(', self: false }])).toEqual([{ type: 'mention', text: '@a+(', self: false }])
})

test('a name that the message does not list mentions nobody', () => {
	expect(markMentions('@alice', [])).toEqual([{ type: 'text', text: '@alice' }])
})
