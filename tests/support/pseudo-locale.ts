/**
 * Two languages that nobody speaks, made from the English catalogue: `en-XA` with accents and forty percent more room, `ar-XB`
 * the same from right to left. What is not in the catalogue shows itself by being plain; what has no room shows itself cut.
 */
export const pseudoLocales = ['en-XA', 'ar-XB'] as const
export type PseudoLocale = (typeof pseudoLocales)[number]

/** Around every message, so that one that is cut or put together from parts can be seen. */
export const pseudoMarks = ['⟦', '⟧'] as const

const accents: Readonly<Record<string, string>> = Object.fromEntries(
	[...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter, index) => [
		letter,
		[...'åƀçđéƒĝĥîĵķļɱñöþɋŕšţûṽŵẋýžÅƁÇĐÉƑĜĤÎĴĶĻṀÑÖÞɊŔŠŢÛṼŴẊÝŽ'][index] ?? letter,
	]),
)
/** Share of the length that German or Finnish may need besides. */
const growth = 0.4
const filler = ' ñöþé åƀöṽé'

type Catalogue = Readonly<Record<string, unknown>>

/** `catalogue`: a message file of the app. Placeholders stay, every category of plural is there. */
export function pseudoCatalogue(catalogue: Catalogue): Catalogue {
	return Object.fromEntries(
		Object.entries(catalogue).map(([key, message]) => [key, key === '$schema' ? message : pseudoMessage(message)]),
	)
}

function pseudoMessage(message: unknown): unknown {
	if (typeof message === 'string') return pseudoText(message)
	return (message as readonly { match: Readonly<Record<string, string>> }[]).map((variant) => ({
		...variant,
		match: pseudoPlurals(variant.match),
	}))
}

/** A language may have six categories where English has two. */
function pseudoPlurals(match: Readonly<Record<string, string>>): Record<string, string> {
	const [[other, text] = ['', '']] = Object.entries(match).filter(([when]) => when.endsWith('=other'))
	const all = ['zero', 'one', 'two', 'few', 'many', 'other'].map((category) => [
		other.replace(/=other$/u, `=${category}`),
		pseudoText(match[other.replace(/=other$/u, `=${category}`)] ?? text),
	])
	return Object.fromEntries(all) as Record<string, string>
}

function pseudoText(text: string): string {
	const inner = text
		.split(/(\{\w+\})/u)
		.map((part) => (part.startsWith('{') ? part : [...part].map((letter) => accents[letter] ?? letter).join('')))
		.join('')
	const words = text.replaceAll(/\{\w+\}/gu, '').length
	const more = filler
		.repeat(Math.ceil((words * growth) / filler.length))
		.slice(0, Math.ceil(words * growth))
		.trimEnd()
	return `${pseudoMarks[0]}${inner}${more}${pseudoMarks[1]}`
}
