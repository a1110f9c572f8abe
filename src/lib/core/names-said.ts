/** Where usernames are said in a text, as `@username`: for the device that writes it, and for the screens that show it. */

/** Not inside a word or an address. */
const said = /(?<![\p{L}\p{N}._%+@/-])@([a-z0-9._-]+)/giu

export interface NameSaid {
	/** Of the at sign, and after the last letter. */
	readonly start: number
	readonly end: number
	/** In small letters. */
	readonly name: string
}

/** Only names that are known, in their order. */
export function namesSaid(text: string, isKnown: (name: string) => boolean): NameSaid[] {
	return [...text.matchAll(said)].flatMap(({ index, 1: letters = '' }) => {
		const name = longestName(letters.toLowerCase(), isKnown)
		return name === null ? [] : [{ start: index, end: index + 1 + name.length, name }]
	})
}

/** A name may end in the sign that also ends a sentence. */
function longestName(letters: string, isKnown: (name: string) => boolean): string | null {
	for (let name = letters; ; name = name.slice(0, -1)) {
		if (isKnown(name)) return name
		if (!/[._-]$/.test(name)) return null
	}
}
