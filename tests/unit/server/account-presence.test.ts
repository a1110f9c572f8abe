import { expect, test } from 'vitest'
import { bestState } from '#server/domain/online.ts'

test('[F4] of several connections or nodes the one where somebody looks counts', () => {
	expect(bestState([])).toBe('offline')
	expect(bestState(['offline', 'away'])).toBe('away')
	expect(bestState(['away', 'online', 'offline'])).toBe('online')
	expect(bestState(['offline', 'offline'])).toBe('offline')
})
