/** Which words of a text mention somebody. Pure. */

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
	for (const { 0: said, index } of text.matchAll(saidAs([...selves.keys()]))) {
		if (index > position) words.push({ type: 'text', text: text.slice(position, index) })
		words.push({ type: 'mention', text: said, self: selves.get(said.slice(1).toLowerCase()) === true })
		position = index + said.length
	}
	if (position < text.length) words.push({ type: 'text', text: text.slice(position) })
	return words
}

/**
 * As the device that wrote it found them (core/mentions.ts): not inside a word or an address, the longest name first, and a
 * name may end in the sign that also ends a sentence.
 */
function saidAs(names: readonly string[]): RegExp {
	const longestFirst = names.toSorted((a, b) => b.length - a.length).map(literally)
	return new RegExp(`(?<![\\p{L}\\p{N}._%+@/-])@(?:${longestFirst.join('|')})(?![._-]*[a-z0-9])`, 'giu')
}

const literally = (name: string) => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
