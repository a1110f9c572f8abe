import { expect, test } from 'vitest'
import { presenceWords } from '#ui/messages/presence.ts'

const calendar = { now: new Date('2026-05-04T12:00').getTime(), locale: 'en-GB' }

test('[F4] presence in words', () => {
	expect(presenceWords(null, calendar)).toBeNull()
	expect(presenceWords({ type: 'online' }, calendar)).toBe('online')
	expect(presenceWords({ type: 'away' }, calendar)).toBe('away')
	expect(presenceWords({ type: 'offline', lastSeen: null }, calendar)).toBe('offline')
	expect(presenceWords({ type: 'offline', lastSeen: calendar.now - 5 * 60_000 }, calendar)).toBe(
		'last seen 5 minutes ago',
	)
})
