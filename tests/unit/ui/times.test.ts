import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { daysBetween } from '#ui/messages/day.ts'
import { ago, clockTime, dayTitle, fullTime, listTime } from '#ui/messages/times.ts'

const zone = process.env['TZ']
beforeAll(() => void (process.env['TZ'] = 'Europe/Berlin'))
afterAll(() => {
	if (zone === undefined) delete process.env['TZ']
	else process.env['TZ'] = zone
})

const at = (text: string) => new Date(text).getTime()
const british = (now: string) => ({ now: at(now), locale: 'en-GB' })

describe('days', () => {
	test('are those of the calendar, not of 24 hours', () => {
		expect(daysBetween(at('2026-05-03T23:59'), at('2026-05-04T00:01'))).toBe(1)
		expect(daysBetween(at('2026-05-04T00:01'), at('2026-05-04T23:59'))).toBe(0)
		expect(daysBetween(at('2026-05-05T01:00'), at('2026-05-04T23:59'))).toBe(-1)
	})

	test('survive the changes of the clock', () => {
		expect(daysBetween(at('2026-03-28T12:00'), at('2026-03-29T12:00'))).toBe(1)
		expect(daysBetween(at('2026-10-24T12:00'), at('2026-10-25T12:00'))).toBe(1)
		expect(daysBetween(at('2026-03-01T00:30'), at('2026-04-01T00:30'))).toBe(31)
	})
})

describe('times in words', () => {
	const now = '2026-05-07T15:00'

	test.each([
		['2026-05-07T08:05', '08:05', 'Today'],
		['2026-05-06T23:59', 'Yesterday', 'Yesterday'],
		['2026-05-04T10:00', 'Mon', 'Monday'],
		['2026-04-30T10:00', '30 Apr', 'Thursday 30 April'],
		['2025-12-31T10:00', '31/12/2025', '31 December 2025'],
	])('%s is %s in a list and %s above its messages', (time, inList, above) => {
		expect(listTime(at(time), british(now))).toBe(inList)
		expect(dayTitle(at(time), british(now))).toBe(above)
	})

	test('a clock that runs ahead shows its time, not a date of tomorrow', () => {
		expect(listTime(at('2026-05-08T00:10'), british(now))).toBe('00:10')
	})

	test('12 or 24 hours follow the locale', () => {
		expect(clockTime(at('2026-05-07T15:04'), { locale: 'en-US' })).toMatch(/^03:04\sPM$/)
		expect(clockTime(at('2026-05-07T15:04'), { locale: 'de' })).toBe('15:04')
		expect(fullTime(at('2026-05-07T15:04'), { locale: 'en-GB' })).toContain('Thursday')
	})

	test.each([
		['2026-05-07T14:59:30', 'just now'],
		['2026-05-07T14:48', '12 minutes ago'],
		['2026-05-07T11:30', '3 hours ago'],
		['2026-05-06T23:00', 'yesterday'],
		['2026-05-03T23:00', '4 days ago'],
		['2026-04-01T23:00', '1 Apr'],
	])('%s was %s', (time, words) => {
		expect(ago(at(time), british(now))).toBe(words)
	})
})
