/**
 * A text as the terms by which it is found. Words are folded: compatibility forms, case and the marks of Latin, Greek, Cyrillic,
 * Hebrew and Arabic go, so that "Café", "CAFE" and "cafe\u0301" are one; vowel signs of other scripts stay, they make the word.
 * Scripts that are written without spaces (Chinese, Japanese, Korean compounds, Thai …) become pairs of neighbouring characters.
 *
 * A query asks by the same terms, each as a prefix. Where a term stands in the text is kept, to show it.
 */

interface Term {
	readonly text: string
	/** In the text as it was written, UTF-16 units; `head` is where the first character of a pair ends. */
	readonly from: number
	readonly head: number
	readonly to: number
}

/** UTF-16 units of a folded term: what is longer is found by its beginning. */
export const termMax = 32

const spaceless =
	'[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Bopomofo}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\u30fc]'
const wordOrRun = new RegExp(`(?<run>(?:${spaceless}\\p{M}*)+)|(?:(?!${spaceless})[\\p{L}\\p{N}\\p{M}])+`, 'gu')
const characters = /.\p{M}*/gsu
/** Nothing in it needs more than lower case. */
const isPlain = /^[\0-~]*$/
const plainWord = /[a-z0-9]+/g
const strippedMarks =
	/[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]/g
/** Letters that Unicode does not take apart. */
const letters: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', ħ: 'h', ı: 'i', þ: 'th', ς: 'σ' } // prettier-ignore
const isLetter = /[ßæœøđðłħıþς]/g

/** Idempotent. */
export function foldWord(word: string): string {
	const folded = word
		.normalize('NFKD')
		.replace(strippedMarks, '')
		.toLowerCase()
		.normalize('NFKD')
		.replace(strippedMarks, '')
		.replace(isLetter, (letter) => letters[letter] as string)
	return folded.normalize('NFC')
}

function cut(term: string): string {
	return term.length <= termMax ? term : term.slice(0, termMax).replace(/[\ud800-\udbff]$/, '')
}

/** As often as they stand there, in order. */
export function termsOf(text: string): Term[] {
	const terms: Term[] = []
	if (isPlain.test(text)) {
		for (const { 0: word, index } of text.toLowerCase().matchAll(plainWord))
			terms.push({ text: cut(word), from: index, head: index + word.length, to: index + word.length })
		return terms
	}
	for (const { 0: word, index, groups } of text.matchAll(wordOrRun)) {
		if (groups?.['run'] !== undefined) terms.push(...pairsOf(word, index))
		else {
			const folded = cut(foldWord(word))
			const to = index + word.length
			if (folded !== '') terms.push({ text: folded, from: index, head: to, to })
		}
	}
	return terms
}

/** Each character with its neighbour; the last alone, so that it too begins a term. */
function pairsOf(run: string, at: number): Term[] {
	const units = [...run.matchAll(characters)].map(({ 0: unit, index }) => ({
		folded: foldWord(unit),
		from: at + index,
		to: at + index + unit.length,
	}))
	return units.flatMap(({ folded, from, to }, i) => {
		const next = units[i + 1]
		const text = folded + (next?.folded ?? '')
		return text === '' ? [] : [{ text: cut(text), from, head: to, to: next?.to ?? to }]
	})
}

/** The prefixes that a text must have terms for, each once: of a run of several characters its pairs, which say it all. */
export function prefixesOf(text: string): readonly string[] {
	const terms = termsOf(text)
	const needed = terms.filter((term, i) => !(terms[i - 1]?.to === term.to && terms[i - 1]?.from !== term.from))
	return [...new Set(needed.map((term) => term.text))]
}

/** Where in the text its terms begin with one of the prefixes; apart, ascending. */
export function placesOf(text: string, prefixes: readonly string[]): readonly (readonly [number, number])[] {
	const places: [number, number][] = []
	for (const term of termsOf(text)) {
		const found = prefixes.filter((prefix) => term.text.startsWith(prefix))
		if (found.length === 0) continue
		const isWhole = term.head === term.to || found.includes(term.text)
		const to = isWhole ? term.to : term.head
		const last = places.at(-1)
		if (last !== undefined && last[1] >= term.from) last[1] = Math.max(last[1], to)
		else places.push([term.from, to])
	}
	return places
}

export function matches(text: string, prefixes: readonly string[]): boolean {
	const terms = termsOf(text)
	return prefixes.every((prefix) => terms.some((term) => term.text.startsWith(prefix)))
}
