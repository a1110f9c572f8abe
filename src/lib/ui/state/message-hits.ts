/** What was found, on screen; and where the search stands. Pure. */
import type { ConversationId } from '#core/api.ts'

/** A text in parts, of which some are marked. */
export function markedParts(
	text: string,
	marks: readonly (readonly [number, number])[],
): readonly { readonly text: string; readonly marked: boolean }[] {
	const parts = marks.flatMap(([from, to], i) => [
		{ text: text.slice(marks[i - 1]?.[1] ?? 0, from), marked: false },
		{ text: text.slice(from, to), marked: true },
	])
	return [...parts, { text: text.slice(marks.at(-1)?.[1] ?? 0), marked: false }].filter((part) => part.text !== '')
}

/** Where the search stands in the app. */
export function searchPath(text: string, conversation: ConversationId | null): string {
	const asked = new URLSearchParams()
	if (text.trim() !== '') asked.set('q', text)
	if (conversation !== null) asked.set('in', conversation)
	const query = asked.toString()
	return query === '' ? '/search' : `/search?${query}`
}
