import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { MessageView } from '#core/api.ts'
import { OpenConversation } from '#ui/state/conversation.svelte.ts'
import { directConversation, fakeKithApi, textMessage, type FakeKithApi } from '#tests/support/fake-kith-api.ts'

const minute = 60_000
let fake: FakeKithApi
let open: OpenConversation

const history = (count: number, from = 0) =>
	Array.from({ length: count }, (_, index) =>
		textMessage(`m${from + index}`, index % 2 === 0 ? 'bob' : 'alice', (from + index) * minute),
	)
const keysOf = (conversation: OpenConversation) =>
	conversation.rows.flatMap((row) => (row.type === 'message' ? [row.key] : []))
const around = (event: string) => ({ conversation: 'c1', around: event, before: 100, after: 100 })
const callsOf = (command: string) => fake.calls.filter((call) => call.command === command)

beforeEach(() => {
	fake = fakeKithApi()
	open = new OpenConversation(fake.api, 'c1')
})

describe('a conversation that is opened', () => {
	test('is on its way, then here, then gone with its watcher', () => {
		const stop = open.watch()
		expect(open.view).toBeUndefined()
		fake.show('conversation', 'c1', directConversation(history(3)))
		expect(keysOf(open)).toEqual(['m0', 'm1', 'm2'])
		expect(open.atStart).toBe(true)
		stop()
		expect(fake.watchers()).toBe(0)
	})

	test('[C2] of many opens with what happened in it', async () => {
		const stop = open.watch()
		fake.show('conversation', 'c1', directConversation([], { kind: 'group', title: '', hasLines: true }))
		expect(open.view).toBeUndefined()
		fake.show('log', 'c1', [{ key: '0', at: minute, by: 'bob', what: { type: 'created' } }])
		await vi.waitFor(() => expect(open.view).toBeDefined())
		expect(open.view?.title).not.toBe('')
		expect(open.rows.map(({ type }) => type)).toEqual(['day', 'line'])
		stop()
		expect(fake.watchers()).toBe(0)
	})

	test('that this account does not have is null', () => {
		open.watch()
		fake.show('conversation', 'c1', null)
		expect(open.view).toBeNull()
	})

	test('that comes after its address opens then', () => {
		open.watch()
		fake.show('conversation', 'c1', null)
		fake.show('conversation', 'c1', directConversation(history(3)))
		expect(keysOf(open)).toEqual(['m0', 'm1', 'm2'])
	})

	test('opens with what came while its drawing was loaded', async () => {
		const loading = Promise.withResolvers<null>()
		open = new OpenConversation(fake.api, 'c1', { markdown: { now: () => null, load: () => loading.promise } })
		open.watch()
		const marked = [textMessage('m0', 'bob', 0, { content: { type: 'text', text: '**bold**' } })]
		fake.show('conversation', 'c1', directConversation(marked))
		fake.show('conversation', 'c1', directConversation([...marked, ...history(1, 1)]))
		expect(open.view).toBeUndefined()
		loading.resolve(null)
		await vi.waitFor(() => expect(open.view).toBeDefined())
		expect(keysOf(open)).toEqual(['m0', 'm1'])
	})

	test('draws what fills the screen first, and all of it where something is new', () => {
		const opened = (firstUnread: string | null) => {
			const core = fakeKithApi()
			const conversation = new OpenConversation(core.api, 'c1', { height: 400 })
			conversation.watch()
			core.show('conversation', 'c1', directConversation(history(60), { firstUnread }))
			return keysOf(conversation)
		}
		expect(opened(null)).toEqual(Array.from({ length: 10 }, (_, i) => `m${i + 50}`))
		expect(opened('m45')).toContain('m45')
		expect(opened('m20')).toContain('m20')
	})

	test('keeps the line above what was new', () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(50), { firstUnread: 'm20' }))
		expect(open.rows.some((row) => row.type === 'unread')).toBe(true)
		expect(keysOf(open)).toContain('m20')
		fake.show('conversation', 'c1', directConversation(history(51), { firstUnread: null }))
		expect(open.rows.some((row) => row.type === 'unread')).toBe(true)
	})

	test('opens around what is new where that lies further back than the newest messages', async () => {
		open.watch()
		fake.show('history', around('m200'), { messages: history(201, 100), earlier: true, later: true })
		fake.show('conversation', 'c1', directConversation(history(60, 900), { firstUnread: 'm200', more: true }))
		await vi.waitFor(() => expect(open.view).toBeDefined())
		expect(keysOf(open)).toContain('m200')
		expect(open.rows.some((row) => row.type === 'unread')).toBe(true)
		expect(open.atEnd).toBe(false)
		open.toLatest()
		expect(keysOf(open).at(-1)).toBe('m959')
		expect(open.atEnd).toBe(true)
	})

	test('tells what somebody else wrote meanwhile', () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(3)))
		expect(open.arrived).toBeNull()
		fake.show('conversation', 'c1', directConversation(history(4)))
		expect(open.arrived).toBeNull() // m3 is our own
		fake.show('conversation', 'c1', directConversation(history(5)))
		expect(open.arrived?.key).toBe('m4')
	})

	test('counts what came from others after a message', () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(10)))
		expect(open.countAfter('m5')).toBe(2)
		expect(open.countAfter('m9')).toBe(0)
	})
})

describe('what is answered', () => {
	const answering = () => open.composer.replyTo?.key
	const show = (messages: readonly MessageView[]) => fake.show('conversation', 'c1', directConversation(messages))
	const begin = (messages: readonly MessageView[], key: string) => {
		open.watch()
		show(messages)
		open.composer.replyTo = messages.find((message) => message.key === key) ?? null
	}

	test('is answered no more once it was deleted for everyone', () => {
		begin(history(3), 'm1')
		show(history(4, 1))
		expect([answering(), open.arrived?.key]).toEqual(['m1', 'm3'])
		show(history(4, 1).filter(({ key }) => key !== 'm3'))
		expect([answering(), open.arrived]).toEqual(['m1', null])
		show(history(4))
		show(history(4).map((one) => (one.key === 'm1' ? { ...one, content: { type: 'deleted', by: 'bob' } } : one)))
		expect(answering()).toBeUndefined()
	})

	test.each(['m0', 'm1', 'm2'])('nor once it is out of its time: %s', (key) => {
		begin(history(3), key)
		show(history(3).filter((message) => message.key !== key))
		expect(answering()).toBeUndefined()
	})

	test('is answered all the same where newer messages push it out of sight', () => {
		begin(history(3), 'm0')
		show(history(3, 1))
		expect(answering()).toBe('m0')
	})
})

describe('history', () => {
	test('draws nothing in the step that takes away what is far', () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(300)))
		let before = keysOf(open)
		while (open.earlier()) {
			const now = keysOf(open)
			const [drawn, gone] = [now.filter((key) => !before.includes(key)), before.filter((key) => !now.includes(key))]
			expect(Math.min(drawn.length, gone.length)).toBe(0)
			expect(now.length).toBeLessThanOrEqual(112)
			before = now
		}
		expect(before[0]).toBe('m0')
	})

	/** Looks up until nothing more comes from what is at hand. */
	const lookUp = () => {
		while (open.earlier());
	}

	test('comes as a run around what is looked at, and the page stays over the same messages', () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(60, 940), { more: true }))
		expect(keysOf(open)).toEqual(history(32, 968).map(({ key }) => key))
		fake.show('history', around('m968'), { messages: history(132, 868), earlier: true, later: false })
		lookUp()
		expect(keysOf(open)).toContain('m960')
		expect(open.atStart).toBe(false)
		// The newest messages, the run at hand, and the one further on.
		expect(fake.watchers()).toBe(3)
	})

	test('is asked for once at a time, and the reader hears of it at the end of what is at hand', () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(60, 940), { more: true }))
		lookUp()
		open.earlier()
		expect(fake.watchers()).toBe(2)
		expect(open.loadingEarlier).toBe(true)
		fake.show('history', around('m968'), { messages: history(132, 868), earlier: true, later: false })
		expect(open.loadingEarlier).toBe(false)
	})

	test('has a beginning, and an end that follows what arrives', () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(60, 40), { more: true }))
		fake.show('history', around('m68'), { messages: history(100, 0), earlier: false, later: false })
		lookUp()
		expect(open.atStart).toBe(true)
		expect(keysOf(open)[0]).toBe('m0')
		open.settleAtEnd()
		expect(fake.watchers()).toBe(1)
		fake.show('conversation', 'c1', directConversation(history(60, 41), { more: true }))
		expect(keysOf(open).at(-1)).toBe('m100')
		expect(open.atStart).toBe(false)
	})

	test('brings a message from far away, and says so where it is not here', async () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(60, 940), { more: true }))
		fake.show('history', around('m5'), { messages: history(106, 0), earlier: false, later: true })
		expect(await open.reach('m5')).toBe('m5')
		expect(keysOf(open)).toContain('m5')
		expect(open.atEnd).toBe(false)
		fake.show('history', around('nowhere'), null)
		expect(await open.reach('nowhere')).toBeNull()
		expect(keysOf(open)).toContain('m5')
		expect(await open.reach('m6')).toBe('m6')
	})
})

describe('reading', () => {
	test('is told once, and only forward', async () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation(history(5)))
		await open.sawUpTo('m2')
		await open.sawUpTo('m2')
		await open.sawUpTo('m1')
		await open.sawUpTo('m4')
		await open.sawUpTo('not here')
		expect(callsOf('markRead').map((call) => (call.input as { key: string }).key)).toEqual(['m2', 'm4'])
	})
})

describe('what failed', () => {
	test('is tried again or discarded, and the answer shown', async () => {
		open.watch()
		fake.show('conversation', 'c1', directConversation([textMessage('a', 'alice', 0, { mark: 'failed' })]))
		fake.answer('retry', { ok: false, error: { type: 'not-here' } })
		await open.retry('a')
		expect(open.error).toEqual({ type: 'not-here' })
		await open.discard('a')
		expect(open.error).toBeNull()
		expect(callsOf('discard')[0]?.input).toEqual({ conversation: 'c1', key: 'a' })
	})
})
