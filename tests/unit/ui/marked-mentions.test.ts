import { expect, test } from 'vitest'
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

test('a name that the message does not list mentions nobody', () => {
	expect(markMentions('@alice', [])).toEqual([{ type: 'text', text: '@alice' }])
})
