import { describe, expect, test } from 'vitest'
import { foldWord, matches, placesOf, prefixesOf, termMax, termsOf } from '#core/search/terms.ts'

const words = (text: string) => termsOf(text).map((term) => term.text)
const marked = (text: string, query: string) =>
	placesOf(text, prefixesOf(query)).map(([from, to]) => text.slice(from, to))

describe('terms', () => {
	test.each([
		['Café CAFE cafe\u0301', ['cafe', 'cafe', 'cafe']],
		['Straße, œuvre Łódź', ['strasse', 'oeuvre', 'lodz']],
		['Ὀδυσσεύς Ёлка', ['οδυσσευσ', 'елка']],
		['كِتَاب שָׁלוֹם', ['كتاب', 'שלום']],
		['किताब हिन्दी', ['किताब', 'हिन्दी']],
		['ﬁne ＡＢＣ', ['fine', 'abc']],
		["don't 3.14 a_b", ['don', 't', '3', '14', 'a', 'b']],
		['https://ferries.example/7', ['https', 'ferries', 'example', '7']],
		['東京都', ['東京', '京都', '都']],
		['がか', ['がか', 'か']],
		['한국어 배', ['한국', '국어', '어', '배']],
		['👍 …', []],
	])('%s', (text, expected) => expect(words(text)).toEqual(expected.map((word) => word.normalize('NFC'))))

	test('are the same folded twice', () => {
		for (const word of ['İstanbul', 'ẞ', 'ﬃ', 'Ǆ', 'ŉ', '½', 'ΌΣΟΣ', 'ｶﾞ'])
			expect(foldWord(foldWord(word))).toBe(foldWord(word))
	})

	test('of any length are cut where no character is cut', () => {
		expect(words('x'.repeat(100_000))).toEqual(['x'.repeat(termMax)])
		const [long] = words('𐐨'.repeat(100))
		expect(long).toBe('𐐨'.repeat(termMax / 2))
		expect(words(`a${'𐐨'.repeat(100)}`)[0]).toBe(`a${'𐐨'.repeat(termMax / 2 - 1)}`)
	})

	test('of a query are prefixes; of a run of characters its pairs', () => {
		expect(prefixesOf('Caf caf thé')).toEqual(['caf', 'the'])
		expect(prefixesOf('東京都')).toEqual(['東京', '京都'])
		expect(prefixesOf('都')).toEqual(['都'])
		expect(matches('我在東京都', prefixesOf('京'))).toBe(true)
		expect(matches('我在東京都', prefixesOf('都'))).toBe(true)
		expect(matches('我在東京都', prefixesOf('京東'))).toBe(false)
	})

	test('are marked where they stand in what was written', () => {
		expect(marked('The Café, cafeteria', 'caf')).toEqual(['Café', 'cafeteria'])
		expect(marked('cafe\u0301s', 'cafe')).toEqual(['cafe\u0301s'])
		expect(marked('我在東京都', '東京都')).toEqual(['東京都'])
		expect(marked('我在東京都', '京')).toEqual(['京'])
	})
})
