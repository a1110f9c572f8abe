import { describe, expect, test } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { encodeFrame, hubChannel } from '#protocol/frames.ts'
import { findLeaks } from '../support/leak-search.ts'
import { ask } from '../support/raw-http.ts'
import { readHub } from '../support/socket-tap.ts'
import { setup } from '../support/story.ts'
import { must, now, refusal, talksOf, textsUntil, until } from '../support/watching.ts'
import { capturedPlaces, readWire } from '../support/wire-capture.ts'
import {
	accessTokenOf,
	befriend,
	onlineUntil,
	openDirect,
	post,
	writableUntil,
	type NodeDevice,
	type Person,
} from '../support/world.ts'

async function friends() {
	const story = await setup('alice', 'bob')
	await befriend(story.alice, story.bob)
	return { ...story, conversation: await openDirect(story.alice, story.bob) }
}

/** What the server has, by its own count. */
async function storedPosts(device: NodeDevice, conversation: ConversationId): Promise<number> {
	const { body } = await ask(device, {
		path: `/conversations/${conversation}/heads`,
		token: await accessTokenOf(device),
	})
	return (body as { pages: readonly { posts: number }[] }).pages.reduce((sum, { posts }) => sum + posts, 0)
}

test('[C1][M1] messages go both ways and are in one order for both', async () => {
	const { alice, bob, conversation } = await friends()
	await post(alice, conversation, 'How are you?')
	await textsUntil(bob.api, conversation, ['How are you?'])
	await post(bob, conversation, 'Well.\nAnd you? 🎈', 'Ünïcödé ✓ مرحبا')
	const texts = ['How are you?', 'Well.\nAnd you? 🎈', 'Ünïcödé ✓ مرحبا']
	const [seenByAlice, seenByBob] = [
		await textsUntil(alice.api, conversation, texts),
		await textsUntil(bob.api, conversation, texts),
	]
	expect(seenByAlice.map(({ mine }) => mine)).toEqual([true, false, false])
	expect(seenByBob.map(({ mine }) => mine)).toEqual([false, true, true])
	expect(seenByAlice.map(({ event }) => event)).toEqual(seenByBob.map(({ event }) => event))
	expect(new Set(seenByAlice.map(({ author }) => author))).toEqual(new Set([alice.account, bob.account]))
})

test('[M2] an answer quotes what it answers, on both sides, through a restart and without a connection', async () => {
	const { alice, bob, conversation } = await friends()
	await post(bob, conversation, 'Shall we take the early boat?')
	const [question] = await textsUntil(alice.api, conversation, ['Shall we take the early boat?'])
	alice.wire.cut()
	must(await alice.api.post({ conversation, text: 'Yes, the 8:40', replyTo: question!.event }))
	await alice.reopen()
	const texts = ['Shall we take the early boat?', 'Yes, the 8:40']
	const [, waiting] = await textsUntil(alice.api, conversation, texts)
	const quote = (mine: boolean) => ({
		event: question!.event,
		quote: { author: bob.account, mine, content: { type: 'text', text: 'Shall we take the early boat?' } },
	})
	expect(waiting).toMatchObject({ mark: 'queued', reply: quote(false) })
	alice.wire.resume()
	const [first, answer] = await textsUntil(bob.api, conversation, texts)
	expect(answer?.reply).toEqual(quote(true))
	expect(first?.reply).toBe(null)
	expect(refusal(await alice.api.post({ conversation, text: 'x', replyTo: 'no id' }))).toEqual({ type: 'not-here' })

	// Of what this device does not hold there is nothing to quote.
	must(await bob.api.post({ conversation, text: 'lost', replyTo: 'AAAAAAAAAAAAAAAAAAAAAA' }))
	const [, , lost] = await textsUntil(alice.api, conversation, [...texts, 'lost'])
	expect(lost?.reply).toEqual({ event: 'AAAAAAAAAAAAAAAAAAAAAA', quote: null })
})

test('[C1] the list of chats shows the newest message, and counts what was not read', async () => {
	const { alice, bob, conversation } = await friends()
	await post(alice, conversation, 'one', 'two')
	const [chat] = await until(bob.api, {
		view: 'chats',
		of: null,
		is: ([first]) => first?.unread === 2 && first.last?.text === 'two',
	})
	expect(chat).toMatchObject({
		conversation,
		kind: 'direct',
		title: 'Alice',
		last: { text: 'two', mine: false, mark: null },
	})
	await until(alice.api, {
		view: 'chats',
		of: null,
		is: ([first]) => first?.unread === 0 && first.last?.mine === true && first.last.mark === 'delivered',
	})
})

test('[C1] both open the conversation at once: there is one', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const opened = await Promise.all(
		[alice, bob].map(async (one, i, both) => must(await one.api.openDirect({ account: both[1 - i]!.account }))),
	)
	expect(opened[0]).toEqual(opened[1])
	const { conversation } = opened[0]!
	for (const person of [alice, bob]) await writableUntil(person, conversation)
	await Promise.all([post(alice, conversation, 'from Alice'), post(bob, conversation, 'from Bob')])
	for (const { api } of [alice, bob]) {
		const view = await until(api, {
			view: 'conversation',
			of: conversation,
			is: (value) => value?.messages.length === 2,
		})
		expect(view?.messages.map(({ content }) => content.type)).toEqual(['text', 'text'])
	}
	expect(await storedPosts(alice, conversation)).toBe(2)
})

test('[C1] a direct conversation begins between friends only', async () => {
	const { alice, charlie } = await setup('alice', 'charlie')
	must(await charlie.api.requestFriend({ name: 'alice' }))
	const error = refusal(await charlie.api.openDirect({ account: alice.account }))
	expect(error).toEqual({ type: 'server', code: 'not-friends' })
	expect(talksOf(await now(alice.api, 'chats', null))).toEqual([])
})

test('[C1] a text that is too long is refused before it is stored, and a long one arrives whole', async () => {
	const { alice, bob, conversation } = await friends()
	expect(refusal(await alice.api.post({ conversation, text: 'x'.repeat(70_000) })).type).toBe('too-long')
	const long = 'All work and no play. '.repeat(700)
	await post(alice, conversation, long)
	await textsUntil(bob.api, conversation, [long])
})

test('[F4] typing is shown to the other, and ends', async () => {
	const { alice, bob, conversation } = await friends()
	const typingOf = (person: Person) =>
		until(bob.api, { view: 'conversation', of: conversation, is: (view) => view?.typing[0] === person.account })
	must(await alice.api.setTyping({ conversation, typing: true }))
	await typingOf(alice)
	await until(bob.api, { view: 'chats', of: null, is: ([chat]) => chat?.typing === true })
	must(await alice.api.setTyping({ conversation, typing: false }))
	await until(bob.api, { view: 'conversation', of: conversation, is: (view) => view?.typing.length === 0 })
	expect((await now(alice.api, 'conversation', conversation))?.typing).toEqual([])
})

test('[F4] whoever goes away while typing does not type for ever', async () => {
	const { alice, bob, conversation } = await friends()
	must(await alice.api.setTyping({ conversation, typing: true }))
	await until(bob.api, { view: 'conversation', of: conversation, is: (view) => view?.typing.length === 1 })
	alice.wire.cut()
	await until(bob.api, { view: 'conversation', of: conversation, is: (view) => view?.typing.length === 0 })
})

describe('a stranger with an account on the same server', () => {
	const words = 'nobody else may read this line'

	async function overheard() {
		const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
		await befriend(alice, bob)
		await befriend(alice, charlie)
		const conversation = await openDirect(alice, bob)
		await post(alice, conversation, words)
		await textsUntil(bob.api, conversation, [words])
		await onlineUntil(charlie)
		await accessTokenOf(charlie)
		return { alice, bob, charlie, conversation }
	}

	test('[C1] cannot read log, pages, rows or markers, nor add to the log', async () => {
		const { alice, charlie, conversation } = await overheard()
		for (const path of ['log', 'heads', 'pages/0/0', 'markers']) {
			const answer = await ask(charlie, { path: `/conversations/${conversation}/${path}` })
			expect(['not-member', 'not-found'], path).toContain(answer.code)
		}
		const created = alice.wire.connections
			.flatMap(({ up }) => readWire(up, false).messages)
			.find(({ start }) => start.startsWith('POST /api/v1/conversations '))
		const { create, rotate, boxes } = JSON.parse(created?.body.toString() ?? '{}') as Record<string, unknown>
		expect(create).toBeTypeOf('string')
		const copied = await ask(charlie, { method: 'POST', path: '/conversations', body: { create, rotate, boxes } })
		expect(copied.status).toBeGreaterThanOrEqual(400)
		const appended = await ask(charlie, {
			method: 'POST',
			path: `/conversations/${conversation}/log`,
			body: { entry: rotate, boxes },
		})
		expect(['not-member', 'not-found', 'bad-entry', 'stale-head']).toContain(appended.code)
		const { body } = await ask(charlie, { path: '/conversations' })
		const { conversations } = body as { conversations: readonly { conversation: string }[] }
		// His own notes are all that he has.
		expect(conversations).toHaveLength(1)
		expect(conversations[0]?.conversation).not.toBe(conversation)
	})

	test('[C1] cannot follow it, open a page, ask for a stream or move a marker', async () => {
		const { charlie, conversation } = await overheard()
		const { tap } = charlie
		const guid = `c/${conversation}/0`
		const refusedFollow = tap.answer('error', ({ about }) => about === conversation)
		tap.say({ t: 'follow', conversation })
		expect((await refusedFollow).code).toBe('not-member')
		const closed = tap.answer('closed', (message) => message.guid === guid)
		tap.say({ t: 'open', guid })
		expect((await closed).code).toBe('not-member')
		const refusedStream = tap.answer('error', ({ about }) => about === guid)
		tap.say({ t: 'stream', guid, clientId: 1 })
		expect(['not-member', 'not-found']).toContain((await refusedStream).code)
		const refusedMarker = tap.answer('error', ({ about }) => about === conversation)
		tap.say({ t: 'marker', conversation, marker: 'AAAA' })
		expect(['not-member', 'malformed', 'not-found', 'bad-signature']).toContain((await refusedMarker).code)
	})

	test('[C1] writes nothing by guessing the number of its channel, and hears nothing there', async () => {
		const { alice, bob, charlie, conversation } = await overheard()
		const following = alice.tap.heard.map(readHub).find((message) => message?.t === 'following')
		const channel = following?.t === 'following' ? following.channel : -1
		const uploads = alice.tap.sent.filter((frame) => frame.channel === channel)
		expect(uploads.length).toBeGreaterThan(0)
		const before = await storedPosts(alice, conversation)
		const heardBefore = charlie.tap.heard.length
		for (const frame of uploads) charlie.tap.sayFrame(frame)
		await post(bob, conversation, 'they did not hear us')
		await textsUntil(alice.api, conversation, [words, 'they did not hear us'])
		// A word of his own comes back: whatever was sent before it has been dealt with.
		const heard = charlie.tap.answer('error', ({ about }) => about === 'after')
		charlie.tap.say({ t: 'stream', guid: 'after', clientId: 1 })
		await Promise.race([
			heard,
			until(charlie.api, { view: 'connection', of: null, is: ({ type }) => type !== 'online' }),
		])
		expect(await storedPosts(alice, conversation)).toBe(before + 1)
		expect(charlie.tap.heard.slice(heardBefore).filter((frame) => frame.channel !== hubChannel)).toEqual([])
	})

	test('[C1] sees no word of it on his wire, and the server neither', async () => {
		const { alice, bob, charlie } = await overheard()
		const secrets = [{ name: 'text', value: words }]
		const places = [alice, bob, charlie].flatMap(({ wire: { connections } }) => capturedPlaces(connections))
		expect(places.some(({ kind }) => kind === 'frame')).toBe(true)
		expect(findLeaks(secrets, places)).toEqual([])
		charlie.tap.sayFrame({ channel: 9, recv: [], payload: new TextEncoder().encode(words) })
		await charlie.wire.until(() => findLeaks(secrets, capturedPlaces(charlie.wire.connections)).length > 0)
	})
})

test('a frame that is larger than allowed ends the connection that sent it, and no other', async () => {
	const { alice, bob, conversation } = await friends()
	const dropped = until(alice.api, { view: 'connection', of: null, is: ({ type }) => type !== 'online' })
	const tooLarge = encodeFrame({ channel: 1, recv: [], payload: new Uint8Array(1024 * 1024 + 1) })
	expect(tooLarge.length).toBeGreaterThan(1024 * 1024)
	alice.tap.sayFrame({ channel: 1, recv: [], payload: new Uint8Array(1024 * 1024 + 1) })
	await dropped
	await post(bob, conversation, 'I am still here')
	await textsUntil(bob.api, conversation, ['I am still here'])
	await until(bob.api, { view: 'connection', of: null, is: ({ type, waiting }) => type === 'online' && waiting === 0 })
})
