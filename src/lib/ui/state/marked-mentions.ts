/** Which words of a text mention somebody. Pure. */
import { namesSaid } from '#core/names-said.ts'

export interface Mentioned {
	/** The username. */
	readonly name: string
	/** It is ours. */
	readonly self: boolean
}

export type Words =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'mention'; readonly text: string; readonly self: boolean }

/** `mentioned`: whom the message names by its own list; a name alone mentions nobody. */
export function markMentions(text: string, mentioned: readonly Mentioned[]): readonly Words[] {
	if (mentioned.length === 0) return [{ type: 'text', text }]
	const selves = new Map(mentioned.map(({ name, self }) => [name, self]))
	const words: Words[] = []
	let position = 0
	for (const { start, end, name } of namesSaid(text, (one) => selves.has(one))) {
		if (start > position) words.push({ type: 'text', text: text.slice(position, start) })
		words.push({ type: 'mention', text: text.slice(start, end), self: selves.get(name) === true })
		position = end
	}
	if (position < text.length) words.push({ type: 'text', text: text.slice(position) })
	return words
}
