/** One to three emoji and nothing else: shown large. */
const atMost = 3

/** Cheap, and false for nearly every text: nothing but what emoji are made of. */
const mayBe = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f|\s)+$/u
const pictograph = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}/u

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

export function isOnlyEmoji(text: string): boolean {
	if (text.length > 40 || !mayBe.test(text)) return false
	const signs = [...graphemes.segment(text)].map(({ segment }) => segment).filter((sign) => sign.trim() !== '')
	return signs.length > 0 && signs.length <= atMost && signs.every((sign) => pictograph.test(sign))
}
