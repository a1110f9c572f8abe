import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blocksFor, buildSegment, readBlock, type IndexedPage } from '#core/search/segment.ts'

const page = (terms: readonly string[][]): IndexedPage => ({
	...{ conversation: 'talk', page: 0, lockedBy: [] },
	messages: terms.map((each, i) => ({
		...{ post: { part: 0, clientId: 2 ** 53 - 1, clock: i }, edit: null, at: i, author: 'a', has: [], expiresAt: null },
		terms: [...new Set(each)],
	})),
})

test('a prefix is looked for in the blocks where it may stand, and in no other', () => {
	const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '東', '𐐨', '𐐩'), minLength: 1, maxLength: 6 })
	const filler = Array.from({ length: 4_000 }, (_, i) => `w${i.toString(36)}`)
	fc.assert(
		fc.property(fc.array(fc.array(word), { minLength: 1, maxLength: 20 }), word, (terms, prefix) => {
			const { head, blocks } = buildSegment([page([...terms, filler])])
			const found = new Map<string, number[]>()
			for (const i of blocksFor(head, prefix))
				readBlock(blocks[i]!, prefix, (term, each) => each((n) => found.set(term, [...(found.get(term) ?? []), n])))
			const expected = [...new Set(terms.flat())].filter((term) => term.startsWith(prefix))
			expect([...found.keys()].toSorted()).toEqual(expected.toSorted())
			for (const [term, numbers] of found)
				expect(numbers).toEqual(terms.flatMap((each, i) => (each.includes(term) ? [i] : [])))
			expect(blocksFor(head, 'w1').length).toBeLessThan(blocks.length)
		}),
		{ seed: 5, numRuns: 40 },
	)
})
