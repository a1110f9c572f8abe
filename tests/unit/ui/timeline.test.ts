import { describe, expect, test } from 'vitest'
import type { LogLineView } from '#core/api.ts'
import { groupGapMs, keepRows, keepUnchanged, linesAmong, rowsOf, timeline, type Row } from '#ui/state/timeline.ts'
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

const line = (key: string, at: number): LogLineView => ({
	key,
	at,
	by: 'bob',
	what: { type: 'joined', people: ['bob'] },
})

describe('[C2] what happened in a group', () => {
	test('stands before the first message that is later, below its day, and ends a run of bubbles', () => {
		const messages = [textMessage('a', 'bob', noon), textMessage('b', 'bob', noon + minute)]
		const lines = [line('0', noon - day), line('1', noon + 1), line('2', noon + 2 * minute), line('3', noon + day)]
		const rows = timeline(messages, null, lines)
		expect(shape(rows)).toEqual(['day', 'line', 'day', 'a', 'line', 'b', 'line', 'day', 'line'])
		expect(placeOf(rows, 'a')).toMatchObject({ first: true, last: true })
		expect(placeOf(rows, 'b')).toMatchObject({ first: true, last: true })
		expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length)
	})

	test('is all there is where nobody has written', () => {
		const rows = timeline([], null, [line('0', noon)])
		expect(shape(rowsOf(rows, [], { from: 0, to: 0 }))).toEqual(['day', 'line'])
	})

	test('is shown with the messages around it, and below the last one only at the end', () => {
		const messages = [textMessage('a', 'bob', noon), textMessage('b', 'alice', noon + minute)]
		const lines = [line('0', noon - minute), line('1', noon + 1), line('2', noon + 2 * minute)]
		const rows = timeline(messages, null, lines)
		expect(shape(rowsOf(rows, messages, { from: 0, to: 1 }))).toEqual(['day', 'line', 'a'])
		expect(shape(rowsOf(rows, messages, { from: 1, to: 2 }))).toEqual(['line', 'b', 'line'])
		const among = (more: { earlier: boolean; later: boolean }) =>
			linesAmong(lines, messages, more).map(({ key }) => key)
		expect(among({ earlier: false, later: false })).toEqual(['0', '1', '2'])
		expect(among({ earlier: true, later: false })).toEqual(['1', '2'])
		expect(among({ earlier: true, later: true })).toEqual(['1'])
		expect(linesAmong(lines, [], { earlier: true, later: false })).toEqual(lines)
	})

	test('keeps its row while it says the same', () => {
		const before = timeline([], null, [line('0', noon)])
		expect(keepRows(before, timeline([], null, [line('0', noon)]))[1]).toBe(before[1])
		const more: LogLineView = { ...line('0', noon), what: { type: 'joined', people: ['bob', 'carol'] } }
		expect(keepRows(before, timeline([], null, [more]))[1]).not.toBe(before[1])
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
