import { describe, expect, it } from 'vitest'
import { messageToView, outboxMessageKey, outboxSequence, outboxToView } from '#core/message-views.ts'
import { plainPost } from '#core/outbox-row.ts'
import type { OutboxEntry } from '#core/outbox.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { Message, MessageState } from '#protocol/fold.ts'
import { hlcOf } from '#protocol/hlc.ts'

const id = (byte: number, length = 16) => new Uint8Array(length).fill(byte) as Bytes
const me = id(1, 32)
const self = { account: bytesToBase64url(me), idHash: me }
const shown: MessageState = {
	type: 'shown',
	text: 'hello',
	mentions: [],
	attachments: [],
	replyTo: null,
	forwarded: false,
	writtenAt: 5,
	versions: [],
	reactions: [],
	pinned: false,
}
const message = (change: Partial<Message> = {}): Message => ({
	eventId: id(9),
	ids: [id(9)],
	author: me,
	deviceId: id(2),
	page: 0,
	hlc: hlcOf(1000),
	recvSeq: 4,
	expiresAt: null,
	state: shown,
	...change,
})
const facts = {
	...{ self, others: [{ read: 0, delivered: 0 }], sequences: new Map<string, number>() },
	...{ quotes: new Map(), refused: new Map(), direct: new Set<string>() },
}

describe('a message', () => {
	it('is sent, delivered or read by how far the other has come, and only the own ones have marks', () => {
		const mark = (read: number, delivered: number) =>
			messageToView(message(), { ...facts, others: [{ read, delivered }] }).mark
		expect([mark(0, 0), mark(0, 3), mark(0, 4), mark(4, 0), mark(9, 9)]).toEqual([
			'sent',
			'sent',
			'delivered',
			'read',
			'read',
		])
		expect(messageToView(message({ author: id(3, 32) }), facts)).toMatchObject({ mine: false, mark: null })
		expect(messageToView(message({ recvSeq: null }), facts).mark).toBe('queued')
	})

	it('keeps the key that it had in the outbox, whatever id it is known by', () => {
		const sequences = new Map([[bytesToBase64url(id(9)), 12]])
		expect(messageToView(message(), { ...facts, sequences }).key).toBe('own-12')
		// Sealed again after a refusal that others saw: the fold calls it by its first id.
		const resealed = message({ eventId: id(8), ids: [id(8), id(9)] })
		expect(messageToView(resealed, { ...facts, sequences })).toMatchObject({
			key: 'own-12',
			event: bytesToBase64url(id(8)),
		})
		expect(messageToView(message(), facts).key).toBe(bytesToBase64url(id(9)))
	})

	it('shows when it was written, and of what does not open when it was sent', () => {
		expect(messageToView(message(), facts).at).toBe(5)
		expect(messageToView(message({ state: { type: 'unreadable', why: 'fetching-key' } }), facts)).toMatchObject({
			at: 1000,
			content: { type: 'unreadable', why: 'fetching-key' },
		})
	})

	it('that was deleted or has expired shows nothing of what it said', () => {
		for (const state of [{ type: 'redacted', by: me, eventId: id(7) }, { type: 'expired' }] as const) {
			expect(messageToView(message({ state }), facts).content).toEqual({
				type: 'deleted',
				by: state.type === 'redacted' ? self.account : null,
			})
		}
	})
})

describe('what waits', () => {
	const entry = (change: Partial<OutboxEntry['row']> = {}) => ({
		conversation: 'c',
		sequence: 3,
		row: {
			writtenAt: 6,
			state: 'waiting' as const,
			placed: null,
			was: [],
			code: null,
			attempts: 0,
			...change,
			content: plainPost('hi'),
		},
	})

	it('is queued, or failed with its reason', () => {
		expect(outboxToView(entry(), self.account, new Map())).toMatchObject({
			key: 'own-3',
			event: null,
			mine: true,
			at: 6,
			mark: 'queued',
			problem: null,
		})
		expect(outboxToView(entry({ state: 'placed' }), self.account, new Map()).mark).toBe('queued')
		expect(outboxToView(entry({ state: 'failed', code: 'item-not-friends' }), self.account, new Map())).toMatchObject({
			mark: 'failed',
			problem: 'item-not-friends',
		})
		expect(outboxToView(entry({ state: 'failed', code: 'of a later version' }), self.account, new Map()).problem).toBe(
			null,
		)
	})

	it('is found by its key, and by no other', () => {
		expect(outboxSequence(outboxMessageKey(41))).toBe(41)
		for (const key of ['own-', 'own-1x', 'x-own-1', bytesToBase64url(id(9)), '']) expect(outboxSequence(key)).toBe(null)
	})
})
