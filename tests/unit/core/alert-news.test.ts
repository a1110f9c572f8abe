import { describe, expect, it } from 'vitest'
import { isSilent, newsOf } from '#core/alert-news.ts'
import type { PersonView } from '#core/api.ts'
import type { ConversationSnapshot, People } from '#core/conversation-views.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { ConversationKind } from '#protocol/conversation-log.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { Message, MessageState } from '#protocol/fold.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { noticeIdOf } from '#protocol/ids.ts'
import { nodeHash } from '../../support/crypto-ports.ts'

const id = (byte: number, length = 16) => new Uint8Array(length).fill(byte) as Bytes
const [me, bob] = [id(1, 32), id(2, 32)]
const mine = bytesToBase64url(me)
const person = (account: string): PersonView => ({
	account,
	displayName: 'B',
	name: '',
	verified: false,
	presence: null,
})
const now = 1000
const asItCame = { isPinned: () => false, isArchived: () => false, isMarkedUnread: () => false }
const people: People = {
	...{ self: { account: mine, idHash: me }, person, friend: () => 'accepted', accounts: () => null },
	...{ muted: () => null, arranged: asItCame, operates: () => false, hash: nodeHash, now: () => now },
}

function post(byte: number, by: Bytes, change: Partial<Extract<MessageState, { type: 'shown' }>> = {}): Message {
	const state = {
		type: 'shown',
		...{ text: `text ${byte}`, mentions: [], attachments: [], replyTo: null, forwarded: false },
		...{ writtenAt: byte, versions: [], reactions: [], pinned: false, ...change },
	} as const
	const place = { deviceId: id(9), page: 0, hlc: hlcOf(byte), recvSeq: byte, expiresAt: null }
	return { eventId: id(byte), ids: [id(byte)], author: by, ...place, state }
}

/** Read up to `read`, with as many unread as are told. */
function news(kind: ConversationKind, messages: readonly Message[], { read = 0, unread = 0, by = bob } = {}) {
	const noticeId = by === bob ? noticeIdOf(nodeHash, bob, me) : noticeIdOf(nodeHash, me, bob)
	const members = new Map([me, bob].map((idHash) => [bytesToBase64url(idHash), { idHash }]))
	const state = { id: noticeId, kind, members, roles: new Map(), acc: new Map(), epochs: [], archived: [] }
	const snapshot = {
		state: state as unknown as ConversationState,
		...{ fold: { messages, due: [] }, reached: () => read, unread, canSend: true, title: null, forked: false },
	} as unknown as ConversationSnapshot
	return newsOf('c', snapshot, people).map((alert) => {
		const count = 'count' in alert ? alert.count : 1
		return `${alert.unread ? '*' : ''}${alert.type} ${count} at ${alert.at}`
	})
}

const naming = { mentions: [me] }

describe('the news of a conversation', () => {
	it('are its unread messages as one, at the newest of them', () => {
		expect(news('dm', [post(1, bob), post(2, bob), post(3, me)], { unread: 2 })).toEqual(['*messages 2 at 2'])
		expect(news('dm', [post(1, bob), post(2, bob)], { read: 2 })).toEqual([])
	})

	it('are a mention by itself, which is not counted a second time, and is there when it was read', () => {
		const messages = [post(1, bob, naming), post(2, bob), post(3, bob, naming)]
		expect(news('dm', messages, { unread: 3 })).toEqual(['*mention 1 at 1', '*mention 1 at 3', '*messages 1 at 2'])
		expect(news('dm', messages, { unread: 1, read: 2 })).toEqual(['mention 1 at 1', '*mention 1 at 3'])
		expect(news('dm', messages, { read: 3 })).toEqual(['mention 1 at 1', 'mention 1 at 3'])
	})

	it('are a notice where the operator wrote, and messages where somebody answers our own', () => {
		expect(news('notice', [post(1, bob)], { unread: 1 })).toEqual(['*notice 1 at 1'])
		expect(news('notice', [post(1, bob)], { unread: 1, by: me })).toEqual(['*messages 1 at 1'])
	})

	it('are not what one wrote oneself', () => {
		expect(news('dm', [post(1, me, naming)])).toEqual([])
	})

	it('are not on top for ever, whatever time their author claims', () => {
		expect(news('dm', [post(1, bob, { writtenAt: 10 ** 12 })], { unread: 1 })).toEqual([`*messages 1 at ${now}`])
	})

	it('need no look at a conversation that has none', () => {
		expect(isSilent({ unread: 0, messages: [post(1, bob), post(2, me, naming)] }, me)).toBe(true)
		expect(isSilent({ unread: 0, messages: [post(1, bob, naming)] }, me)).toBe(false)
		expect(isSilent({ unread: 1, messages: [] }, me)).toBe(false)
	})
})
