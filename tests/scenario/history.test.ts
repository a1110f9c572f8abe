import { expect, test } from 'vitest'
import type { ConversationId, HistoryView, KithApi, MessageView } from '#core/api.ts'
import { ask } from '../support/raw-http.ts'
import { peopled, setup, world } from '../support/story.ts'
import { messagesUntil, must, now, textOf, textsUntil, until } from '../support/watching.ts'
import { accessTokenOf, befriend, onlineUntil, openDirect, post, writableUntil } from '../support/world.ts'

const many = 600

/** Every text of the conversation, once so many are here: pages that are read side by side come in no order. */
async function wholeHistory(api: KithApi, conversation: ConversationId, count = many): Promise<string[]> {
	const view = await until(api, {
		view: 'conversation',
		of: conversation,
		is: (value) => {
			if (value?.more === true) void api.loadEarlier({ conversation, count: 500 })
			return value?.more === false && value.messages.length >= count
		},
	})
	return view?.messages.map(textOf) ?? []
}

test('[L2] 600 messages turn the page, and every device has the same', async () => {
	const opened = await world({ env: { KITH_EVENTS_PER_SECOND: '10000' } })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	for (let i = 1; i <= many / 2; i++) {
		await post(alice, conversation, `alice ${i}`)
		await post(bob, conversation, `bob ${i}`)
	}
	for (const { api } of [alice, bob])
		await until(api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	const { body } = await ask(alice, { path: `/conversations/${conversation}/heads`, token: await accessTokenOf(alice) })
	const heads = body as { current: number; pages: readonly { posts: number }[] }
	expect(heads.current).toBe(1)
	expect(heads.pages.reduce((sum, { posts }) => sum + posts, 0)).toBe(many)

	const seenByAlice = await wholeHistory(alice.api, conversation)
	expect(seenByAlice).toHaveLength(many)
	expect(new Set(seenByAlice).size).toBe(many)
	for (const name of ['alice', 'bob']) {
		expect(seenByAlice.filter((text) => text.startsWith(name))).toEqual(
			Array.from({ length: many / 2 }, (_, i) => `${name} ${i + 1}`),
		)
	}
	expect(await wholeHistory(bob.api, conversation)).toEqual(seenByAlice)

	const phone = await opened.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await writableUntil(phone, conversation)
	expect(await wholeHistory(phone.api, conversation)).toEqual(seenByAlice)
})

test('[L2] a conversation opens with its newest messages, and grows towards the past', async () => {
	const opened = await world({ env: { KITH_EVENTS_PER_SECOND: '10000' } })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, ...Array.from({ length: many }, (_, i) => `message ${i + 1}`))
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	await alice.reopen()
	const window = await messagesUntil(alice.api, conversation, (all) => all.length > 0)
	expect(textOf(window.at(-1)!)).toBe(`message ${many}`)
	expect(window.length).toBeLessThan(many)
	const texts = window.map(textOf)
	expect(texts).toEqual(Array.from({ length: texts.length }, (_, i) => `message ${many - texts.length + i + 1}`))
	expect(await wholeHistory(alice.api, conversation)).toHaveLength(many)
})

test('[L2] a run around any message is bounded, and goes on to both ends', async () => {
	const opened = await world({ env: { KITH_EVENTS_PER_SECOND: '10000' } })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, ...Array.from({ length: 2 * many }, (_, i) => `message ${i + 1}`))
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	await alice.reopen()
	const number = (message: MessageView) => Number(textOf(message).split(' ')[1])
	const run = async (around: string, before = 20, after = 20) =>
		until(alice.api, {
			view: 'history',
			of: { conversation, around, before, after },
			is: (view): view is HistoryView => view !== null,
		})
	const newest = await messagesUntil(alice.api, conversation, (all) => all.length === 60)
	let at = newest[0]!
	const seen: number[] = []
	for (let earlier = true; earlier;) {
		const view = await run(at.event!, 100, 100)
		expect(view.messages.length).toBeLessThanOrEqual(201)
		const numbers = view.messages.map(number)
		expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i))
		seen.push(...numbers)
		at = view.messages[0]!
		earlier = view.earlier
	}
	expect(Math.min(...seen)).toBe(1)
	expect(new Set(seen).size).toBe(2 * many)
	const first = await run(at.event!)
	expect([first.messages.length, first.earlier, first.later]).toEqual([21, false, true])
	const last = await run(newest.at(-1)!.event!)
	expect([last.messages.map(number).at(-1), last.earlier, last.later]).toEqual([2 * many, true, false])
	alice.wire.cut()
	await post(alice, conversation, 'waits')
	const withWaiting = await run(newest.at(-1)!.event!)
	expect(textOf(withWaiting.messages.at(-1)!)).toBe('waits')
	expect(await now(alice.api, 'history', { conversation, around: 'AAAAAAAAAAAAAAAAAAAAAA', before: 9, after: 9 })).toBe(
		null,
	)
})

test('[L2] a device that was away catches up with all that it missed', async () => {
	const opened = await world({ env: { KITH_EVENTS_PER_SECOND: '10000' } })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, 'first')
	await textsUntil(bob.api, conversation, ['first'])
	bob.wire.cut()
	await post(alice, conversation, ...Array.from({ length: many }, (_, i) => `missed ${i + 1}`))
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	bob.wire.resume()
	await onlineUntil(bob)
	await messagesUntil(bob.api, conversation, (all) => textOf(all.at(-1)!) === `missed ${many}`)
	await until(bob.api, { view: 'chats', of: null, is: ([chat]) => (chat?.unread ?? 0) >= 100 })
	const seen = await wholeHistory(bob.api, conversation, many + 1)
	expect(seen).toEqual(['first', ...Array.from({ length: many }, (_, i) => `missed ${i + 1}`)])
})

test('[A5][L2] a device signed in by recovery code reads all, writes, and is listed', async () => {
	const { alice, bob, world: opened } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, 'before the phone')
	await textsUntil(bob.api, conversation, ['before the phone'])
	await post(bob, conversation, 'I lost my laptop')
	await textsUntil(alice.api, conversation, ['before the phone', 'I lost my laptop'])
	const phone = await opened.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	const history = await textsUntil(phone.api, conversation, ['before the phone', 'I lost my laptop'])
	expect(history.map(({ mine }) => mine)).toEqual([false, true])
	await until(phone.api, {
		view: 'friends',
		of: null,
		is: ([friend]) => friend?.state === 'accepted' && friend.displayName === 'Alice',
	})
	await writableUntil(phone, conversation)
	await post(phone, conversation, 'from the phone')
	for (const { api } of [alice, bob])
		await textsUntil(api, conversation, ['before the phone', 'I lost my laptop', 'from the phone'])
	await post(bob, conversation, 'found it')
	await messagesUntil(
		phone.api,
		conversation,
		(all) => all.map(textOf).at(-1) === 'found it' && all.at(-1)?.mine === true,
	)
	const devices = await until(phone.api, { view: 'devices', of: null, is: (all) => all.length === 2 })
	expect(devices.filter(({ current }) => current)).toHaveLength(1)
	expect((await now(phone.api, 'conversation', conversation))?.people).toMatchObject([{ name: 'alice' }])
})
