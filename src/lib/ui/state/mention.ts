/** What is being named in a text, and who it may be. Pure. */
import { matches } from './search.ts'
import type { PersonView } from './views.ts'

export interface MentionQuery {
	/** Of the at sign. */
	readonly start: number
	readonly query: string
}

/** Offered at once. */
const mentionsShown = 6

/** The name that ends at the caret; null where none is begun. Not inside a word or an address. */
export function mentionAt(text: string, caret: number): MentionQuery | null {
	const found = /(?<![\p{L}\p{N}._%+@/-])@([\p{L}\p{N}._-]*)$/u.exec(text.slice(0, caret))
	return found === null ? null : { start: found.index, query: found[1] ?? '' }
}

export function mentionable(people: readonly PersonView[], query: string): readonly PersonView[] {
	const begins = ({ name }: PersonView) => (name.toLowerCase().startsWith(query.toLowerCase()) ? 0 : 1)
	return people
		.filter(({ name, displayName }) => name !== '' && (query === '' || matches(query, displayName, name)))
		.toSorted((a, b) => begins(a) - begins(b) || a.displayName.localeCompare(b.displayName))
		.slice(0, mentionsShown)
}
