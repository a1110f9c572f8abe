import { describe, expect, test } from 'vitest'
import { hlcCounter, hlcOf, hlcTime, isAhead, observe, tick } from '#protocol/hlc.ts'

const now = 1_767_225_600_000

describe('hybrid logical clock', () => {
	test('[EV12] 48-bit ms and a 16-bit counter', () => {
		const hlc = hlcOf(now, 7)
		expect(hlc).toBe((BigInt(now) << 16n) | 7n)
		expect([hlcTime(hlc), hlcCounter(hlc)]).toEqual([now, 7])
		expect(() => hlcOf(2 ** 48)).toThrow(RangeError)
		expect(() => hlcOf(-1)).toThrow(RangeError)
		expect(() => hlcOf(now, 65_536)).toThrow(RangeError)
	})

	test('[EV12] each event is later than the last, also while the time stands still or goes back', () => {
		let last = 0n
		for (const time of [now, now, now - 5_000, now + 1, now + 0.9]) {
			const next = tick(last, time)
			expect(next > last).toBe(true)
			last = next
		}
		expect(hlcTime(last)).toBe(now + 1)
	})

	test('[EV12] a full counter carries into the milliseconds', () => {
		expect(tick(hlcOf(now, 65_535), now)).toBe(hlcOf(now + 1, 0))
		expect(() => tick((1n << 64n) - 1n, now)).toThrow(RangeError)
	})

	test('[EV12] an answer sorts after what was seen, even from a faster clock', () => {
		const seen = hlcOf(now + 30_000, 3)
		const last = observe(hlcOf(now), seen, now)
		expect(tick(last, now + 1)).toBe(hlcOf(now + 30_000, 4))
		expect(observe(seen, hlcOf(now), now)).toBe(seen)
	})

	test('[EV12] a clock more than 60 s ahead drags nobody along', () => {
		const last = hlcOf(now)
		expect(observe(last, hlcOf(now + 60_000), now)).toBe(hlcOf(now + 60_000))
		expect(observe(last, hlcOf(now + 60_001), now)).toBe(last)
		expect([isAhead(hlcOf(now + 60_000, 9), now), isAhead(hlcOf(now + 60_001), now)]).toEqual([false, true])
	})
})
