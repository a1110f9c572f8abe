import { describe, expect, test } from 'vitest'
import { foldEvents, type Message } from '#protocol/fold.ts'
import type { FoldEvent } from '#protocol/fold-events.ts'
import { picture } from '#tests/support/bodies.ts'
import {
	account,
	annotate,
	closedOf,
	edit,
	idOf,
	pin,
	post,
	reaction,
	redact,
	skeletonOf,
} from '#tests/support/folding.ts'

const now = 1_000_000
const fold = (...rows: readonly FoldEvent[]) => foldEvents(rows, now).messages
const only = (...rows: readonly FoldEvent[]): Message => {
	const messages = fold(...rows)
	expect(messages.length).toBe(1)
	return messages[0] as Message
}
const stateOf = (...rows: readonly FoldEvent[]) => only(...rows).state
const textOf = (...rows: readonly FoldEvent[]) => {
	const state = stateOf(...rows)
	return state.type === 'shown' ? state.text : state.type
}
const shownOf = (...rows: readonly FoldEvent[]) => {
	const state = stateOf(...rows)
	if (state.type !== 'shown') throw new Error(state.type)
	return state
}

const hello = post('hello', 'Alice')

describe('who counts', () => {
	test('[FOLD1] what the checks refused folds to nothing', () => {
		expect(fold({ ...hello, valid: false })).toEqual([])
	})

	test('[FOLD1] readers write nothing, archived conversations take redactions only', () => {
		expect(fold({ ...hello, role: 'reader' })).toEqual([])
		expect(fold({ ...hello, role: null })).toEqual([])
		expect(fold({ ...hello, archived: true })).toEqual([])
		expect(textOf(hello, redact('r', 'Alice', { of: ['hello'], archived: true }))).toBe('redacted')
		expect(textOf(hello, redact('r', 'Alice', { of: ['hello'], role: 'reader' }))).toBe('text of hello')
		expect(textOf(hello, annotate('e', 'Alice', { on: 'hello', action: edit('no'), archived: true }))).toBe(
			'text of hello',
		)
	})
})

describe('one event, one message', () => {
	test('[FOLD2] an event placed twice is one message, where its text stands', () => {
		const first = { ...hello, page: 2, clientId: 9, recvSeq: 8 }
		const again = skeletonOf({ ...hello, page: 1, recvSeq: 4 }, 'duplicate')
		expect(only(again, first)).toMatchObject({ page: 2, recvSeq: 4 })
		expect(textOf(again, first)).toBe('text of hello')
	})

	test('[FOLD2] with several texts the lowest place counts', () => {
		const places = [
			{ ...hello, page: 1, part: 0, clientId: 3, clock: 0 },
			{ ...hello, page: 0, part: 0, clientId: 9, clock: 4 },
			{ ...hello, page: 0, part: 0, clientId: 9, clock: 2 },
		]
		expect(only(...places)).toMatchObject({ page: 0 })
	})

	test('[FOLD2] only duplicates: the text is in a page that is not here', () => {
		expect(stateOf(skeletonOf(hello, 'duplicate'))).toEqual({ type: 'elsewhere' })
	})

	test('[FOLD2] a text at one place is enough when another was taken away', () => {
		expect(textOf(skeletonOf(hello, 'removed'), { ...hello, clock: 3 })).toBe('text of hello')
	})

	test('[FOLD5] order is page, then hlc, then eventId', () => {
		const tie = ['x', 'y', 'z'].map((name) => post(name, 'Bob', { at: 5_000 }))
		const ids = tie.map(({ eventId }) => eventId).sort(Buffer.compare)
		const rows = [post('late', 'Bob', { at: 9_000 }), post('old page', 'Bob', { at: 10_000 }), ...tie]
		const messages = fold(...rows.map((one, i) => ({ ...one, page: i === 1 ? 0 : 1 })))
		expect(messages.map(({ eventId }) => eventId)).toEqual([idOf('old page'), ...ids, idOf('late')])
	})
})

describe('deletion', () => {
	const byAlice = redact('r', 'Alice', { of: ['hello'], at: 2_000 })

	test('[FOLD3] a redaction wins for ever, over text, edits and whatever comes later', () => {
		const later = annotate('e', 'Alice', { on: 'hello', action: edit('back again'), at: 9_000 })
		expect(stateOf(hello, byAlice, later)).toEqual({ type: 'redacted', by: account('Alice'), eventId: idOf('r') })
		expect(textOf(byAlice, later, hello, { ...hello, clock: 4 })).toBe('redacted')
	})

	test('[FOLD3] also when the redact itself is only a skeleton, or sealed under a key that is missing', () => {
		expect(textOf(hello, skeletonOf(byAlice, 'removed'))).toBe('redacted')
		expect(textOf(hello, closedOf(byAlice, 'fetching-key'))).toBe('redacted')
	})

	test('[DEL4] a member redacts his own account’s events, an admin or owner everybody’s', () => {
		const byBob = (role: 'member' | 'admin' | 'owner') => redact('r', 'Bob', { of: ['hello'], role })
		expect(textOf(hello, byBob('member'))).toBe('text of hello')
		expect(textOf(hello, byBob('admin'))).toBe('redacted')
		expect(textOf(hello, byBob('owner'))).toBe('redacted')
		expect(textOf({ ...hello, deviceId: idOf('another device') }, byAlice)).toBe('redacted')
	})

	test('[DEL4] judged for each target apart', () => {
		const mine = post('mine', 'Bob', { at: 3_000 })
		const states = fold(hello, mine, redact('r', 'Bob', { of: ['hello', 'mine', 'unknown'] })).map(
			({ state }) => state.type,
		)
		expect(states).toEqual(['shown', 'redacted'])
	})

	test('[DEL4] in the target’s page and its parts only', () => {
		expect(textOf(hello, { ...byAlice, page: 1 })).toBe('text of hello')
		expect(textOf(hello, { ...byAlice, part: 3 })).toBe('redacted')
	})

	test('[DEL4] no redact of a redact', () => {
		expect(textOf(hello, byAlice, redact('r2', 'Alice', { of: ['r'], role: 'owner' }))).toBe('redacted')
	})

	test('[DEL6] annotates of others fold to nothing, and their authors have redactions due', () => {
		const liked = annotate('like', 'Bob', { on: 'hello', action: reaction('👍'), part: 1 })
		const folded = foldEvents([hello, byAlice, liked], now)
		expect(folded.due).toEqual([{ eventId: idOf('like'), author: account('Bob'), page: 0 }])
		const done = redact('r2', 'Bob', { of: ['like'] })
		expect(foldEvents([hello, byAlice, liked, done], now).due).toEqual([])
	})

	test('[DEL5] a redact that came first acts on a target that comes later', () => {
		expect(fold(byAlice)).toEqual([])
		expect(textOf(byAlice, hello)).toBe('redacted')
	})

	test('[FOLD6] an expired message is gone, whatever is still there of it', () => {
		expect(stateOf({ ...hello, expiresAt: now })).toEqual({ type: 'expired' })
		expect(textOf({ ...hello, expiresAt: now + 1 })).toBe('text of hello')
		expect(stateOf(skeletonOf({ ...hello, expiresAt: now }, 'removed'))).toEqual({ type: 'expired' })
	})

	test('[FOLD12] a skeleton without a valid redaction or past expiry was removed by the server', () => {
		for (const why of ['redacted', 'expired', 'removed'] as const) {
			expect(stateOf(skeletonOf(hello, why))).toEqual({ type: 'unreadable', why: 'removed' })
		}
		const forbidden = redact('r', 'Bob', { of: ['hello'] })
		expect(stateOf(skeletonOf(hello, 'redacted'), forbidden)).toEqual({ type: 'unreadable', why: 'removed' })
		expect(stateOf(skeletonOf(hello, 'redacted'), byAlice)).toMatchObject({ type: 'redacted' })
	})

	test('[FOLD12] what cannot be opened says why', () => {
		for (const why of ['fetching-key', 'before-you-joined', 'key-not-valid', 'damaged', 'newer-app'] as const) {
			expect(stateOf(closedOf(hello, why))).toEqual({ type: 'unreadable', why })
		}
	})
})

describe('sealed again', () => {
	const again = post('again', 'Alice', {
		at: 4_000,
		page: 1,
		recvSeq: 40,
		says: { text: 'text of hello', was: [idOf('hello')] },
	})

	test('[FOLD4] equal bodies of one account join: all ids, place of the lowest hlc', () => {
		const message = only(again, hello)
		expect(message).toMatchObject({ page: 0, hlc: hello.hlc, recvSeq: 1 })
		expect(message.ids).toEqual([idOf('hello'), idOf('again')])
	})

	test('[DEL7] a redact that names all ids of a message leaves none of it, and nothing due', () => {
		const all = redact('r', 'Alice', { of: ['hello', 'again'] })
		const samePage = { ...again, page: 0 }
		for (const rows of [
			[hello, samePage, all],
			[skeletonOf(hello, 'redacted'), skeletonOf(samePage, 'redacted'), all],
		]) {
			const { messages, due } = foldEvents(rows, now)
			expect(messages.map(({ state }) => state.type)).toEqual(['redacted', 'redacted'])
			expect(due).toEqual([])
		}
	})

	test('[FOLD4] another text or another account joins nothing', () => {
		const other = post('again', 'Alice', { at: 4_000, says: { text: 'changed', was: [idOf('hello')] } })
		expect(fold(hello, other).length).toBe(2)
		const thief = post('again', 'Bob', { at: 4_000, says: { text: 'text of hello', was: [idOf('hello')] } })
		expect(fold(hello, thief).length).toBe(2)
	})

	test('[FOLD4] a redaction of one redacts all, and the rest is due', () => {
		const gone = redact('r', 'Alice', { of: ['hello'] })
		for (const first of [hello, skeletonOf(hello, 'redacted')]) {
			expect(textOf(first, again, gone)).toBe('redacted')
			expect(foldEvents([first, again, gone], now).due).toEqual([
				{ eventId: idOf('again'), author: account('Alice'), page: 1 },
			])
		}
	})

	test('[FOLD4] an earlier id of which there is no row is an id all the same', () => {
		expect(only(again).ids).toEqual([idOf('again'), idOf('hello')])
		const gone = redact('r', 'Alice', { of: ['hello'], page: 1 })
		expect(textOf(again, gone)).toBe('redacted')
		expect(textOf(again, redact('r', 'Bob', { of: ['hello'], page: 1 }))).toBe('text of hello')
		expect(textOf(again, gone, { ...hello, page: 1 })).toBe('redacted')
		const like = annotate('like', 'Bob', { on: 'hello', action: reaction('👍'), page: 1 })
		expect(shownOf(again, like).reactions).toEqual([{ emoji: '👍', by: [account('Bob')] }])
	})

	test('[FOLD4] an id with a row belongs to that row, whoever claims it', () => {
		const thief = post('thief', 'Bob', { at: 500, says: { was: [idOf('hello')] } })
		const like = annotate('like', 'Charlie', { on: 'hello', action: reaction('👍') })
		const messages = fold(thief, hello, like)
		expect(messages.map(({ state }) => state.type === 'shown' && state.reactions.length)).toEqual([0, 1])
	})

	test('[FOLD4] chains join whole', () => {
		const third = post('third', 'Alice', { at: 9_000, says: { text: 'text of hello', was: [idOf('again')] } })
		expect(only(third, hello, again).ids).toEqual([idOf('hello'), idOf('again'), idOf('third')])
	})

	test('[FOLD4] an edit that was sealed again keeps its turn', () => {
		const one = annotate('one', 'Alice', { on: 'hello', action: edit('one'), at: 2_000 })
		const two = annotate('two', 'Alice', { on: 'hello', action: edit('two'), at: 3_000 })
		const oneAgain = annotate('one again', 'Alice', {
			on: 'hello',
			action: edit('one'),
			at: 4_000,
			says: { was: [idOf('one')] },
		})
		expect(shownOf(hello, one, two, oneAgain).versions.map(({ text }) => text)).toEqual(['text of hello', 'one', 'two'])
	})
})

describe('edits, reactions, pins', () => {
	test('[FOLD8] the latest edit of the author’s account is the text now; all versions stay', () => {
		const edits = [
			annotate('e2', 'Alice', { on: 'hello', action: edit('second'), at: 3_000, deviceId: idOf('phone') }),
			annotate('e1', 'Alice', { on: 'hello', action: edit('first'), at: 2_000 }),
		]
		const state = shownOf(hello, ...edits)
		expect(state.text).toBe('second')
		expect(state.versions.map(({ text, eventId }) => [text, eventId])).toEqual([
			['text of hello', idOf('hello')],
			['first', idOf('e1')],
			['second', idOf('e2')],
		])
	})

	test('[FOLD8] nobody else edits, not even an owner', () => {
		const byBob = annotate('e', 'Bob', { on: 'hello', action: edit('forged'), role: 'owner' })
		expect(textOf(hello, byBob)).toBe('text of hello')
	})

	test('[FOLD8] an edit keeps attachments and reply, and takes the mentions', () => {
		const rich = post('hello', 'Alice', {
			says: { attachments: [picture], replyTo: idOf('asked'), mentions: [account('Bob')] },
		})
		const state = shownOf(rich, annotate('e', 'Alice', { on: 'hello', action: edit('x'), at: 2_000 }))
		expect(state).toMatchObject({ text: 'x', attachments: [picture], replyTo: idOf('asked'), mentions: [] })
	})

	test('[FOLD8] a redacted edit counts no longer', () => {
		const bad = annotate('e', 'Alice', { on: 'hello', action: edit('oops'), at: 2_000 })
		expect(textOf(hello, bad, redact('r', 'Alice', { of: ['e'] }))).toBe('text of hello')
	})

	test('[FOLD7] an annotate acts in the page of its target, with the same expiry', () => {
		const like = (wish: object) => annotate('like', 'Bob', { on: 'hello', action: reaction('👍'), ...wish })
		expect(shownOf(hello, like({ part: 7 })).reactions.length).toBe(1)
		expect(shownOf(hello, like({ page: 1 })).reactions).toEqual([])
		expect(shownOf(hello, like({ expiresAt: now + 5 })).reactions).toEqual([])
		const brief = { ...hello, expiresAt: now + 5 }
		expect(shownOf(brief, like({})).reactions).toEqual([])
		expect(shownOf(brief, like({ expiresAt: now + 5 })).reactions.length).toBe(1)
	})

	test('[FOLD7] annotates of annotates and of nothing fold to nothing', () => {
		const like = annotate('like', 'Bob', { on: 'hello', action: reaction('👍') })
		const rows = [
			hello,
			like,
			annotate('x', 'Bob', { on: 'like', action: reaction('👍') }),
			annotate('y', 'Bob', { on: 'no', action: pin() }),
		]
		expect(shownOf(...rows).reactions.length).toBe(1)
	})

	test('[FOLD9] the latest word of each account on each emoji; any number of members', () => {
		const by = (name: string, person: string, at: number, on = true, emoji = '👍') =>
			annotate(name, person, { on: 'hello', action: reaction(emoji, on), at })
		const crowd = Array.from({ length: 50 }, (_, i) => by(`c${i}`, `member ${i}`, 5_000 + i, true, '🎉'))
		const state = shownOf(
			hello,
			by('1', 'Bob', 2_000),
			by('2', 'Charlie', 2_500),
			by('3', 'Bob', 3_000, false),
			by('4', 'Bob', 4_000),
			by('5', 'Charlie', 4_500, true),
			by('6', 'Dora', 4_600),
			by('7', 'Dora', 4_700, false),
			...crowd,
		)
		expect(state.reactions.map(({ emoji, by }) => [emoji, by.length])).toEqual([
			['👍', 2],
			['🎉', 50],
		])
		expect(state.reactions[0]?.by).toEqual([account('Charlie'), account('Bob')])
	})

	test('[FOLD10] pinned by the latest word of anybody who may write', () => {
		const on = annotate('p1', 'Bob', { on: 'hello', action: pin(), at: 2_000 })
		expect(shownOf(hello, on).pinned).toBe(true)
		expect(shownOf(hello, on, annotate('p2', 'Alice', { on: 'hello', action: pin(false), at: 3_000 })).pinned).toBe(
			false,
		)
		expect(shownOf(hello).pinned).toBe(false)
	})
})
