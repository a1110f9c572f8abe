import { describe, expect, test } from 'vitest'
import { groupGapMs, keepUnchanged, timeline, type Row } from '#ui/state/timeline.ts'
import { textMessage } from '#tests/support/fake-kith-api.ts'

const noon = new Date(2026, 4, 4, 12).getTime()
const minute = 60_000
const day = 24 * 60 * minute

const shape = (rows: readonly Row[]) => rows.map((row) => (row.type === 'message' ? row.key : row.type))
const placeOf = (rows: readonly Row[], key: string) => {
	const row = rows.find((one) => one.key === key)
	return row?.type === 'message' ? row.place : undefined
}

describe('days', () => {
	test('stand above the first message of each day, once', () => {
		const rows = timeline(
			[textMessage('a', 'bob', noon), textMessage('b', 'bob', noon + minute), textMessage('c', 'alice', noon + day)],
			null,
		)
		expect(shape(rows)).toEqual(['day', 'a', 'b', 'day', 'c'])
	})

	test('have keys of their own, even where the clock of an author turns back', () => {
		const rows = timeline(
			[textMessage('a', 'bob', noon), textMessage('b', 'alice', noon + day), textMessage('c', 'bob', noon)],
			null,
		)
		const keys = rows.map((row) => row.key)
		expect(shape(rows)).toEqual(['day', 'a', 'day', 'b', 'day', 'c'])
		expect(new Set(keys).size).toBe(keys.length)
	})
})

describe('groups', () => {
	test('join one author, close in time', () => {
		const rows = timeline(
			[
				textMessage('a', 'bob', noon),
				textMessage('b', 'bob', noon + minute),
				textMessage('c', 'bob', noon + 2 * minute),
				textMessage('d', 'alice', noon + 3 * minute),
			],
			null,
		)
		expect(placeOf(rows, 'a')).toMatchObject({ first: true, last: false })
		expect(placeOf(rows, 'b')).toMatchObject({ first: false, last: false })
		expect(placeOf(rows, 'c')).toMatchObject({ first: false, last: true })
		expect(placeOf(rows, 'd')).toMatchObject({ first: true, last: true })
	})

	test('end after a pause, at midnight, and at the line above what is new', () => {
		const pause = timeline([textMessage('a', 'bob', noon), textMessage('b', 'bob', noon + groupGapMs + 1)], null)
		expect(placeOf(pause, 'b')?.first).toBe(true)

		const beforeMidnight = new Date(2026, 4, 4, 23, 59).getTime()
		const midnight = [textMessage('a', 'bob', beforeMidnight), textMessage('b', 'bob', beforeMidnight + 2 * minute)]
		expect(placeOf(timeline(midnight, null), 'a')?.last).toBe(true)

		const fresh = timeline([textMessage('a', 'bob', noon), textMessage('b', 'bob', noon + minute)], 'b')
		expect(shape(fresh)).toEqual(['day', 'a', 'unread', 'b'])
		expect(placeOf(fresh, 'a')?.last).toBe(true)
	})
})

describe('marks', () => {
	test('show where the next message does not share them', () => {
		const rows = timeline(
			[
				textMessage('a', 'alice', noon, { mark: 'read' }),
				textMessage('b', 'alice', noon + 1, { mark: 'read' }),
				textMessage('c', 'alice', noon + 2, { mark: 'sent' }),
				textMessage('d', 'alice', noon + 3, { mark: 'failed' }),
				textMessage('e', 'bob', noon + 4),
			],
			null,
		)
		expect(['a', 'b', 'c', 'd', 'e'].map((key) => placeOf(rows, key)?.showsMark)).toEqual([
			false,
			true,
			true,
			true,
			false,
		])
	})
})

describe('unchanged messages', () => {
	test('keep their objects, changed ones do not', () => {
		const old = [
			textMessage('a', 'alice', noon),
			textMessage('b', 'alice', noon + 1),
			textMessage('c', 'bob', noon + 2),
		]
		const next = structuredClone(old)
		next[1] = { ...next[1]!, mark: 'read' }
		next[2] = { ...next[2]!, content: { type: 'text', text: 'edited' } }
		const kept = keepUnchanged(old, next)
		expect(kept[0]).toBe(old[0])
		expect(kept[1]).toBe(next[1])
		expect(kept[2]).toBe(next[2])
	})
})
