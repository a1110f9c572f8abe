/** What of a text is shown around the first place where it was found. Pure. */
import type { SearchHit } from '../api.ts'
import { placesOf } from './terms.ts'

/** UTF-16 units shown at most, and before the first place. */
const shownMax = 180
const beforeMax = 50

export function snippetOf(
	whole: string,
	prefixes: readonly string[],
): Pick<SearchHit, 'text' | 'marks' | 'cutBefore' | 'cutAfter'> {
	const text = whole.replace(/\s/g, ' ')
	const places = placesOf(text, prefixes)
	const from = beginAt(text, places[0]?.[0] ?? 0)
	const to = wholeCharacter(text, Math.min(text.length, from + shownMax))
	const marks = places.flatMap(([start, end]): [number, number][] =>
		start >= to ? [] : [[start - from, Math.min(end, to) - from]],
	)
	return { text: text.slice(from, to), marks, cutBefore: from > 0, cutAfter: to < text.length }
}

/** At the beginning of a word, not far before the place. */
function beginAt(text: string, place: number): number {
	if (place <= beforeMax || text.length <= shownMax) return 0
	const space = text.indexOf(' ', place - beforeMax)
	return space === -1 || space >= place ? wholeCharacter(text, place) : space + 1
}

/** Not between the halves of a character. */
function wholeCharacter(text: string, at: number): number {
	return /[\udc00-\udfff]/.test(text[at] ?? '') && at > 0 ? at - 1 : at
}
