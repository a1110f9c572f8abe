import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
	after,
	boxKey,
	conversationLogKey,
	eventKey,
	eventRecvKey,
	keyToNumber,
	keyToPage,
	keyToPlace,
	logRange,
	outboxKey,
	pageKey,
	pageRange,
	partRange,
	recvRange,
	streamRange,
	under,
	unreadRange,
	type PlaceId,
} from '#store/keys.ts'
import { assertKey, type KeyRange } from '#store/storage.ts'

const conversations = ['AAAAAAAAAAAAAAAAAAAAAA', '-_-_-_-_-_-_-_-_-_-_-w', 'zzzzzzzzzzzzzzzzzzzzzw']
const place = fc.record({
	conversation: fc.constantFrom(...conversations),
	page: fc.integer({ min: 0, max: 0xffffffff }),
	part: fc.integer({ min: 0, max: 16 }),
	clientId: fc.maxSafeNat(),
	clock: fc.integer({ min: 0, max: 0xffffffff }),
})
const inRange = (key: string, range: KeyRange) =>
	(range.from === undefined || key >= range.from) && (range.to === undefined || key < range.to)
const compare = (a: PlaceId, b: PlaceId) =>
	a.page - b.page || a.part - b.part || a.clientId - b.clientId || a.clock - b.clock

describe('keys', () => {
	test('of events sort as page, part, stream, clock inside a conversation, and read back', () => {
		fc.assert(
			fc.property(place, place, (a, b) => {
				const other = { ...b, conversation: a.conversation }
				expect(Math.sign(compare(a, other))).toBe(
					eventKey(a) < eventKey(other) ? -1 : eventKey(a) > eventKey(other) ? 1 : 0,
				)
				expect(keyToPlace(eventKey(a))).toEqual(a)
				assertKey(eventKey(a))
			}),
		)
	})

	test('lie in the ranges of their page, document and stream, and in no other', () => {
		fc.assert(
			fc.property(place, place, (a, b) => {
				const key = eventKey(a)
				const samePage = a.conversation === b.conversation && a.page === b.page
				const samePart = samePage && a.part === b.part
				const sameStream = samePart && a.clientId === b.clientId
				expect(inRange(key, under(b.conversation))).toBe(a.conversation === b.conversation)
				expect(inRange(key, pageRange(b.conversation, b.page))).toBe(samePage)
				expect(inRange(key, partRange(b))).toBe(samePart)
				expect(inRange(key, streamRange(b, b.clientId, b.clock))).toBe(sameStream && a.clock >= b.clock)
			}),
		)
	})

	test('of logs, boxes, outbox and recv carry their number', () => {
		expect(keyToNumber(conversationLogKey('c', 300))).toBe(300)
		expect(keyToNumber(boxKey('c', 7))).toBe(7)
		expect(keyToNumber(outboxKey('c', Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER)
		expect(keyToPage(pageKey({ conversation: 'c', page: 5, part: 16 }))).toEqual({
			conversation: 'c',
			page: 5,
			part: 16,
		})
		expect(inRange(conversationLogKey('c', 9), logRange('c', 10))).toBe(false)
		expect(inRange(conversationLogKey('c', 4_294_967_295), logRange('c', 10))).toBe(true)
	})

	test('count as unread only what came after the marker, and only of the unread class', () => {
		const range = unreadRange('c', 41)
		expect(inRange(eventRecvKey('c', 'unread', 41), range)).toBe(false)
		expect(inRange(eventRecvKey('c', 'unread', 42), range)).toBe(true)
		expect(inRange(eventRecvKey('c', 'unread', Number.MAX_SAFE_INTEGER), range)).toBe(true)
		expect(inRange(eventRecvKey('c', 'other', 42), range)).toBe(false)
		expect(inRange(eventRecvKey('d', 'unread', 42), range)).toBe(false)
		expect(inRange(eventRecvKey('c', 'other', 42), recvRange('c', 'other'))).toBe(true)
	})

	test('go on after a key without it', () => {
		expect(inRange('a/1', after('a/1'))).toBe(false)
		expect(inRange('a/1/0', after('a/1'))).toBe(true)
	})

	test('refuse numbers that would break the order', () => {
		for (const bad of [-1, 0.5, Number.NaN, 2 ** 32]) expect(() => boxKey('c', bad)).toThrow(RangeError)
		expect(() => outboxKey('c', 2 ** 53)).toThrow(RangeError)
	})
})
