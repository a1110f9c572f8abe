import { describe, expect, test } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { startKillableClient } from '../support/killable-client.ts'
import { ask } from '../support/raw-http.ts'
import { readHub } from '../support/socket-tap.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, now, talksOf, textOf, textsUntil, until } from '../support/watching.ts'
import {
	accessTokenOf,
	befriend,
	offlineUntil,
	onlineUntil,
	openDirect,
	post,
	type NodeDevice,
	type Person,
} from '../support/world.ts'

async function friends() {
	const story = await setup('alice', 'bob')
	await befriend(story.alice, story.bob)
	return { ...story, conversation: await openDirect(story.alice, story.bob) }
}

/** Events that the server holds: more than the messages would mean one was stored twice. */
async function storedPosts(device: NodeDevice, conversation: ConversationId): Promise<number> {
	const { body } = await ask(device, {
		path: `/conversations/${conversation}/heads`,
		token: await accessTokenOf(device),
	})
	return (body as { pages: readonly { posts: number }[] }).pages.reduce((sum, { posts }) => sum + posts, 0)
}

function sentUntil({ api }: Person, conversation: ConversationId, count: number) {
	return messagesUntil(
		api,
		conversation,
		(messages) => messages.length === count && messages.every(({ mark }) => mark !== 'queued' && mark !== 'failed'),
	)
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i + 1}`)

test('[L1] what is written while the server is down is sent once it is up, each message once and in order', async () => {
	const { alice, bob, conversation, world } = await friends()
	await post(alice, conversation, 'before')
	await textsUntil(bob.api, conversation, ['before'])
	await world.stop()
	await offlineUntil(alice)
	await post(alice, conversation, ...numbered('down', 5))
	expect(await now(alice.api, 'connection', null)).toEqual({ type: 'offline', waiting: 5, peers: 0 })
	await world.start()
	await textsUntil(bob.api, conversation, ['before', ...numbered('down', 5)])
	await sentUntil(alice, conversation, 6)
	await until(alice.api, {
		view: 'connection',
		of: null,
		is: ({ type, waiting }) => type === 'online' && waiting === 0,
	})
	expect(await storedPosts(bob, conversation)).toBe(6)
})

test('[L1] both wrote while the server was down: both see the same in the same order', async () => {
	const { alice, bob, conversation, world } = await friends()
	await world.stop()
	for (const person of [alice, bob]) await offlineUntil(person)
	await post(alice, conversation, ...numbered('alice', 4))
	await post(bob, conversation, ...numbered('bob', 4))
	await world.start()
	const seen = await Promise.all([alice, bob].map((person) => sentUntil(person, conversation, 8)))
	expect(seen[0]!.map(textOf)).toEqual(seen[1]!.map(textOf))
	for (const name of ['alice', 'bob']) {
		expect(seen[0]!.map(textOf).filter((text) => text.startsWith(name))).toEqual(numbered(name, 4))
	}
	expect(await storedPosts(alice, conversation)).toBe(8)
})

test('[L1] with no network everything that was there opens, and what is written stays over a new start', async () => {
	const { alice, bob, conversation } = await friends()
	await post(bob, conversation, 'from Bob')
	await textsUntil(alice.api, conversation, ['from Bob'])
	alice.wire.cut()
	await offlineUntil(alice)
	await post(alice, conversation, 'in a tunnel')
	must(await alice.api.saveDraft({ conversation, text: 'half a thou' }))
	await alice.reopen()
	expect(await now(alice.api, 'session', null)).toMatchObject({
		type: 'signed-in',
		name: 'alice',
		displayName: 'Alice',
	})
	expect(await now(alice.api, 'friends', null)).toMatchObject([{ name: 'bob', state: 'accepted', conversation }])
	expect(talksOf(await now(alice.api, 'chats', null))).toMatchObject([
		{ title: 'Bob', draft: 'half a thou', last: { text: 'in a tunnel' } },
	])
	const messages = await textsUntil(alice.api, conversation, ['from Bob', 'in a tunnel'])
	expect(messages.map(({ mark }) => mark)).toEqual([null, 'queued'])
	await post(alice, conversation, 'still in it')
	alice.wire.resume()
	await textsUntil(bob.api, conversation, ['from Bob', 'in a tunnel', 'still in it'])
	expect(await storedPosts(bob, conversation)).toBe(3)
})

test('[L1] a message that was never sent can be taken back', async () => {
	const { alice, bob, conversation } = await friends()
	alice.wire.cut()
	await offlineUntil(alice)
	const [first = ''] = await post(alice, conversation, 'not this', 'but this')
	must(await alice.api.discard({ conversation, key: first }))
	alice.wire.resume()
	await textsUntil(bob.api, conversation, ['but this'])
	await textsUntil(alice.api, conversation, ['but this'])
})

test('[L1] a line that breaks again and again loses nothing and doubles nothing', async () => {
	const { alice, bob, conversation } = await friends()
	const texts = numbered('message', 60)
	for (const [i, text] of texts.entries()) {
		await post(alice, conversation, text)
		if (i % 12 === 5) alice.wire.cut()
		if (i % 12 === 8) {
			alice.wire.resume()
			await onlineUntil(alice)
		}
	}
	alice.wire.resume()
	await textsUntil(bob.api, conversation, texts)
	await sentUntil(alice, conversation, 60)
	expect(await storedPosts(bob, conversation)).toBe(60)
})

describe('a client that is killed', () => {
	/** Alice's client runs in a process of its own, and has sent a first message from there. */
	async function killable() {
		const { alice, bob, conversation } = await friends()
		await alice.api.close()
		const client = await startKillableClient(alice)
		must(await client.api.post({ conversation, text: 'before' }))
		await textsUntil(bob.api, conversation, ['before'])
		await messagesUntil(client.api, conversation, ([first]) => first?.mark === 'delivered')
		return { alice, bob, conversation, client }
	}

	test('[L1] between the server’s storing and its answer: after a new start each message is there once', async () => {
		const { alice, bob, conversation, client } = await killable()
		// Online is not yet synced: once a message came through, the next ones go out without any answer.
		must(await client.api.post({ conversation, text: 'first' }))
		await until(client.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
		alice.wire.hold('down')
		for (const text of ['one', 'two', 'three']) must(await client.api.post({ conversation, text }))
		// Bob has them, so the server has; Alice's client has not heard so.
		await textsUntil(bob.api, conversation, ['before', 'first', 'one', 'two', 'three'])
		await client.kill()
		alice.wire.resume()
		await alice.reopen()
		await textsUntil(alice.api, conversation, ['before', 'first', 'one', 'two', 'three'])
		await sentUntil(alice, conversation, 5)
		await post(alice, conversation, 'after')
		await textsUntil(bob.api, conversation, ['before', 'first', 'one', 'two', 'three', 'after'])
		await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
		expect(await storedPosts(bob, conversation)).toBe(6)
		const refused = alice.tap.heard
			.map(readHub)
			.filter((message) => message?.t === 'acks' && message.acks.some(({ verdict }) => verdict === 'refuse'))
		expect(refused).toEqual([])
	})

	test('[L1] before anything reached the server: what it had taken is sent after a new start', async () => {
		const { alice, bob, conversation, client } = await killable()
		alice.wire.hold('up')
		for (const text of ['one', 'two', 'three']) must(await client.api.post({ conversation, text }))
		await client.kill()
		alice.wire.cut()
		alice.wire.resume()
		await alice.reopen()
		await textsUntil(bob.api, conversation, ['before', 'one', 'two', 'three'])
		await sentUntil(alice, conversation, 4)
		expect(await storedPosts(bob, conversation)).toBe(4)
	})

	test('[L1] offline, again and again: every message that was taken is sent, once and in order', async () => {
		const { alice, bob, conversation, client } = await killable()
		alice.wire.cut()
		must(await client.api.post({ conversation, text: 'one' }))
		await client.kill()
		for (const text of ['two', 'three']) {
			const next = await startKillableClient(alice)
			must(await next.api.post({ conversation, text }))
			await next.kill()
		}
		alice.wire.resume()
		await alice.reopen()
		await textsUntil(bob.api, conversation, ['before', 'one', 'two', 'three'])
		expect(await storedPosts(bob, conversation)).toBe(4)
	})
})
