/**
 * Which blocks of code are looked at for colours. The patterns of a language may take the square of a line's length for a text
 * made to be slow, and look at blank lines again and again: within these limits the slowest that was found takes a quarter
 * of a second on a slow machine, once.
 */
/** Of a drawn block: the language that its fence names. */
export const languageAttribute = 'data-language'

const codeMax = 6_000
const lineMax = 240

/** As long as all blocks of one message together may be. */
export interface CodeAllowance {
	readonly allows: (code: string) => boolean
}

export function codeAllowance(): CodeAllowance {
	let left = codeMax
	return {
		allows: (code) => {
			if (code.length > left || code.split('\n').some((line) => line.length > lineMax)) return false
			left -= code.length
			return true
		},
	}
}
