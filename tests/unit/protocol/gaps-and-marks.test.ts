import { describe, expect, test } from 'vitest'
import { findGaps } from '#protocol/gaps.ts'
import { foldEvents, type Message } from '#protocol/fold.ts'
import { deliveryOf, isUnread, reachedBy } from '#protocol/marks.ts'
import { account, idOf, post, redact, skeletonOf } from '#tests/support/folding.ts'

describe('gaps', () => {
	const prev = { page: 1, part: 0, eventId: idOf('dropped') }
	const next = post('next', 'Alice', { page: 2, says: { prev } })

	test('[FOLD11] shows where the named page is complete and the id is not there', () => {
		expect(findGaps([next], (page, part) => page === 1 && part === 0)).toEqual([
			{ eventId: idOf('next'), deviceId: next.deviceId, missing: prev },
		])
	})

	test('[FOLD11] is silent while the page is not complete, or the event is known in any form', () => {
		expect(findGaps([next], () => false)).toEqual([])
		const known = post('dropped', 'Alice', { page: 1 })
		expect(findGaps([next, known], () => true)).toEqual([])
		expect(findGaps([next, skeletonOf(known, 'removed')], () => true)).toEqual([])
	})

	test('[FOLD11] a sender that is not believed names nothing', () => {
		expect(findGaps([{ ...next, valid: false }], () => true)).toEqual([])
	})
})

describe('marks', () => {
	const message = (by: string, recvSeq: number | null) =>
		foldEvents([post(`${by} ${recvSeq}`, by, { recvSeq })], 0).messages[0] as Message
	const self = account('Alice')

	test('[MRK4] unread are others’ posts beyond the marker, however early they sort', () => {
		expect([4, 5, 6].map((recv) => isUnread(message('Bob', recv), self, 5))).toEqual([false, false, true])
		expect(isUnread(message('Alice', 9), self, 5)).toBe(false)
		expect(isUnread(message('Bob', null), self, 5)).toBe(true)
	})

	test('[MRK4] what was deleted is not unread', () => {
		const [gone] = foldEvents([post('x', 'Bob', { recvSeq: 9 }), redact('r', 'Bob', { of: ['x'] })], 0).messages
		expect(isUnread(gone as Message, self, 5)).toBe(false)
	})

	test('[MRK5] markers merge by the maximum over an account’s devices', () => {
		const markers = [
			{ account: self, recvSeq: 4 },
			{ account: account('Bob'), recvSeq: 9 },
			{ account: self, recvSeq: 2 },
		]
		expect([reachedBy(markers, self), reachedBy(markers, account('Charlie'))]).toEqual([4, 0])
	})

	test('[MRK6] delivered and read mean by every other member', () => {
		const at = (...others: { read: number; delivered: number }[]) => deliveryOf(5, others)
		expect(deliveryOf(null, [])).toBe('queued')
		expect(at()).toBe('sent')
		expect(at({ read: 0, delivered: 4 })).toBe('sent')
		expect(at({ read: 0, delivered: 5 })).toBe('delivered')
		expect(at({ read: 5, delivered: 0 }, { read: 0, delivered: 6 })).toBe('delivered')
		expect(at({ read: 5, delivered: 0 }, { read: 6, delivered: 6 })).toBe('read')
	})
})
