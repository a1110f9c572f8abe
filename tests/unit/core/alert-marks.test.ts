import { describe, expect, it } from 'vitest'
import { mergeMarks, type AlertMark } from '#core/alert-marks.ts'

const seen = (at: number, id = `id ${at}`) => ({ at, id })
const mark = (upTo: number, ...times: readonly number[]): AlertMark => ({ upTo, singles: times.map((at) => seen(at)) })

describe('what was seen', () => {
	it('never goes back, whichever of two devices speaks first', () => {
		const one = mark(10, 12, 20)
		const other = mark(15, 16)
		expect(mergeMarks(one, other)).toEqual(mark(15, 16, 20))
		expect(mergeMarks(other, one)).toEqual(mergeMarks(one, other))
		expect(mergeMarks(mergeMarks(one, other), one)).toEqual(mergeMarks(one, other))
	})

	it('needs no word for what the time says already', () => {
		expect(mergeMarks(mark(0, 1, 2, 3), mark(2))).toEqual(mark(2, 3))
	})

	it('stays small: with more than a hundred one by one the time moves on, and nothing seen is unseen again', () => {
		const many = Array.from({ length: 130 }, (_, i) => i + 1)
		const merged = mergeMarks(mark(0, ...many), mark(0))
		expect(merged.upTo).toBe(30)
		expect(merged.singles).toHaveLength(100)
		expect(merged.singles.map(({ at }) => at)).toEqual(many.slice(30))
	})

	it('tells two of one millisecond apart', () => {
		const merged = mergeMarks({ upTo: 0, singles: [seen(5, 'b')] }, { upTo: 0, singles: [seen(5, 'a')] })
		expect(merged.singles).toEqual([seen(5, 'a'), seen(5, 'b')])
	})
})
