import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergeArrangements } from '#core/arrangements.ts'

const word = fc.record({ at: fc.nat(3), on: fc.boolean() })
const arrangement = fc.record({ pinned: word, archived: word, unread: word })

it('ends at one arrangement in whatever order devices speak, and however often', () => {
	fc.assert(
		fc.property(arrangement, arrangement, arrangement, (a, b, c) => {
			expect(mergeArrangements(a, b)).toEqual(mergeArrangements(b, a))
			expect(mergeArrangements(mergeArrangements(a, b), c)).toEqual(mergeArrangements(a, mergeArrangements(b, c)))
			expect(mergeArrangements(a, a)).toEqual(a)
		}),
	)
})
