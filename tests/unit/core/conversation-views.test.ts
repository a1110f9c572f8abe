import { describe, expect, it } from 'vitest'
import type { FriendState, PersonView } from '#core/api.ts'
import {
	readUpTo,
	toChatView,
	toConversationView,
	type ConversationSnapshot,
	type People,
} from '#core/conversation-views.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { directPolicy } from '#protocol/conversation-rules.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { plainPost } from '#core/outbox-row.ts'
import type { Message } from '#protocol/fold.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { nodeHash } from '#tests/support/crypto-ports.ts'

const id = (byte: number, length = 16) => new Uint8Array(length).fill(byte) as Bytes
const [me, bob] = [id(1, 32), id(2, 32)]
const [mine, his] = [bytesToBase64url(me), bytesToBase64url(bob)]
const person = (account: string): PersonView => ({
	account,
	displayName: `the one called ${account.slice(0, 2)}`,
	name: '',
	verified: false,
	presence: null,
})

function people(friend: FriendState | null = 'accepted'): People {
	const arranged = { isPinned: () => false, isArchived: () => false, isMarkedUnread: () => false }
	const about = { person, friend: () => friend, accounts: () => null, muted: () => null, arranged, now: () => 0 }
	return { self: { account: mine, idHash: me }, ...about, operates: () => false, hash: nodeHash }
}

function post(byte: number, by: Bytes, change: Partial<Message> = {}): Message {
	const state = {
		type: 'shown',
		text: `text ${byte}`,
		mentions: [],
		attachments: [],
		replyTo: null,
		forwarded: false,
		writtenAt: byte,
		versions: [],
		reactions: [],
		pinned: false,
	} as const
	return {
		eventId: id(byte),
		ids: [id(byte)],
		author: by,
		deviceId: id(9),
		page: 0,
		hlc: hlcOf(byte),
		recvSeq: byte,
		expiresAt: null,
		state,
		...change,
	}
}

function snapshot(messages: readonly Message[], change: Partial<ConversationSnapshot> = {}): ConversationSnapshot {
	const state = {
		kind: 'dm',
		members: new Map([
			[mine, { idHash: me }],
			[his, { idHash: bob }],
		]),
		roles: new Map(),
		acc: new Map(),
		epochs: [{ seq: 1, time: 77 }],
		policy: directPolicy,
		policyBefore: null,
	} as unknown as ConversationState
	return {
		state,
		fold: { messages, due: [] },
		sequences: new Map(),
		waiting: [],
		reached: () => 0,
		typing: [],
		count: 60,
		more: false,
		quotes: new Map(),
		refused: new Map(),
		afterReading: null,
		draft: '',
		unreadFrom: 0,
		readFrom: new Set(),
		unreadDirect: new Set(),
		unreadBefore: null,
		unread: 0,
		canSend: true,
		title: null,
		forked: false,
		peers: 0,
		direct: new Set(),
		otherHistory: [],
		...change,
	}
}

const waiting = {
	conversation: 'c',
	sequence: 5,
	row: {
		content: plainPost('not sent'),
		writtenAt: 99,
		state: 'waiting',
		placed: null,
		was: [],
		code: null,
		attempts: 0,
	},
} as const

describe('the screen of a conversation', () => {
	it('shows what is placed in its order, then what waits', () => {
		const view = toConversationView('c', snapshot([post(1, bob), post(2, me)], { waiting: [waiting] }), people())
		expect(view?.messages.map(({ at, mine: own, mark }) => [at, own, mark])).toEqual([
			[1, false, null],
			[2, true, 'sent'],
			[99, true, 'queued'],
		])
		expect(view?.readers.who).toEqual({ type: 'pair', other: his })
	})

	it('leaves out an event whose first place is not loaded', () => {
		const view = toConversationView(
			'c',
			snapshot([post(1, bob, { state: { type: 'elsewhere' } }), post(2, bob)]),
			people(),
		)
		expect(view?.messages.map(({ at }) => at)).toEqual([2])
	})

	it('shows one tombstone for what one redaction deleted, however often it was sealed', () => {
		const gone = { type: 'redacted', by: bob, eventId: id(7) } as const
		const other = { ...gone, eventId: id(8) }
		const all = [post(1, bob, { state: gone }), post(2, bob, { state: gone }), post(3, bob, { state: other })]
		const view = toConversationView('c', snapshot(all), people())
		expect(view?.messages.map(({ content, event }) => [content.type, event])).toEqual([
			['deleted', bytesToBase64url(id(1))],
			['deleted', bytesToBase64url(id(3))],
		])
	})

	it('holds the newest only, and says that there are more', () => {
		const all = [1, 2, 3].map((byte) => post(byte, bob))
		const view = toConversationView('c', snapshot(all, { count: 2 }), people())
		expect(view?.messages.map(({ at }) => at)).toEqual([2, 3])
		expect(view?.more).toBe(true)
		expect(view?.firstUnread).toBe(bytesToBase64url(id(1)))
	})

	it('quotes what a message answers, and says so where it is not here', () => {
		const answer = (byte: number, replyTo: Bytes) =>
			post(byte, bob, { state: { ...post(byte, bob).state, replyTo } as Message['state'] })
		const quote = { author: his, mine: false, content: { type: 'text', text: 'text 1' } } as const
		const view = toConversationView(
			'c',
			snapshot([answer(2, id(1)), answer(3, id(6)), post(4, bob)], {
				quotes: new Map([[bytesToBase64url(id(1)), quote]]),
			}),
			people(),
		)
		expect(view?.messages.map(({ reply }) => reply)).toEqual([
			{ event: bytesToBase64url(id(1)), quote },
			{ event: bytesToBase64url(id(6)), quote: null },
			null,
		])
	})

	it('puts the line before the first message of others that came after what was read', () => {
		const line = (unreadFrom: number) => {
			const view = toConversationView(
				'c',
				snapshot([post(1, bob), post(2, me), post(3, bob), post(4, bob)], { unreadFrom }),
				people(),
			)
			return view?.messages.findIndex(({ key }) => key === view.firstUnread)
		}
		expect([line(0), line(1), line(3), line(4)]).toEqual([0, 2, 3, -1])
	})

	it('lets nobody write who is no friend, has no key yet, or stands on a log of which there are two', () => {
		const writable = (friend: FriendState | null, canSend = true, forked = false) =>
			toConversationView('c', snapshot([], { canSend, forked }), people(friend))?.writable
		expect(writable('accepted')).toEqual({ type: 'yes' })
		for (const state of ['incoming', 'outgoing', 'declined', 'ended', 'blocked', null] as const)
			expect(writable(state)).toEqual({ type: 'no', why: 'not-friends' })
		expect(writable('accepted', false)).toEqual({ type: 'no', why: 'preparing' })
		expect(writable('accepted', true, true)).toEqual({ type: 'no', why: 'forked' })
	})

	it('is not there without a log, or without another member', () => {
		expect(toConversationView('c', snapshot([], { state: null }), people())).toBe(null)
		const alone = { members: new Map([[mine, {}]]), epochs: [] } as unknown as ConversationState
		expect(toChatView('c', snapshot([], { state: alone }), people())).toBe(null)
	})

	it('shows marks by what the others have reached', () => {
		const reached: ConversationSnapshot['reached'] = (kind, account) =>
			account === his ? { read: 1, delivered: 2 }[kind] : 99
		const view = toConversationView('c', snapshot([post(1, me), post(2, me), post(3, me)], { reached }), people())
		expect(view?.messages.map(({ mark }) => mark)).toEqual(['read', 'delivered', 'sent'])
	})
})

describe('reading up to a message', () => {
	it('means everything that stands up to it, however it was numbered', () => {
		const all = snapshot([post(1, bob, { recvSeq: 8 }), post(2, bob, { recvSeq: 3 }), post(3, bob, { recvSeq: 9 })])
		const key = (byte: number) => bytesToBase64url(id(byte))
		expect([
			readUpTo(all, [all.fold.messages], key(1)).recvSeq,
			readUpTo(all, [all.fold.messages], key(2)).recvSeq,
			readUpTo(all, [all.fold.messages], key(3)).recvSeq,
		]).toEqual([8, 8, 9])
		expect(readUpTo(all, [all.fold.messages], 'own-1').recvSeq).toBe(0)
	})

	it('names what has no number and is unread, and counts by those that have one', () => {
		const unnumbered = snapshot([post(1, bob, { recvSeq: null })])
		const key = bytesToBase64url(id(1))
		const read = { recvSeq: 0, direct: [] }
		expect(readUpTo(unnumbered, [unnumbered.fold.messages], key)).toEqual(read)
		const unread = { ...unnumbered, unreadDirect: new Set([key]) }
		expect(readUpTo(unread, [unread.fold.messages], key)).toEqual({ ...read, direct: [key] })
	})
})

describe('the list of chats', () => {
	it('shows the newest message, cut short, and what waits before all', () => {
		const long = post(1, bob, { state: { ...post(1, bob).state, text: 'x'.repeat(1_000) } as Message['state'] })
		expect(toChatView('c', snapshot([long]), people())?.last?.text).toHaveLength(200)
		expect(toChatView('c', snapshot([long], { waiting: [waiting] }), people())).toMatchObject({
			last: { text: 'not sent', mark: 'queued' },
			lastAt: 99,
		})
	})

	it('shows nothing of what was deleted, and stays where it was', () => {
		const gone = { ...post(9, bob), state: { type: 'redacted', by: bob, eventId: id(7) } } as Message
		const view = toChatView('c', snapshot([post(1, bob), gone]), people())
		expect(view?.last?.text).toBe(toChatView('c', snapshot([post(1, bob)]), people())?.last?.text)
		expect(view?.lastAt).toBeGreaterThan(toChatView('c', snapshot([post(1, bob)]), people())?.lastAt ?? 0)
	})

	it('dates an empty conversation by its beginning', () => {
		expect(toChatView('c', snapshot([], { typing: [his], draft: 'so', unread: 3 }), people())).toMatchObject({
			last: null,
			lastAt: 77,
			typing: true,
			draft: 'so',
			unread: 3,
		})
	})

	it('says nothing of a text that was deleted', () => {
		const deleted = post(1, bob, { state: { type: 'redacted', by: bob, eventId: id(5) } })
		expect(toChatView('c', snapshot([deleted]), people())?.last?.text).toBe('')
	})
})
