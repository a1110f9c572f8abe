import { expect, test } from 'vitest'
import type { ConversationId, Mark } from '#core/api.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, now, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, onlineUntil, openDirect, post, type Person } from '../support/world.ts'

async function friends() {
	const story = await setup('alice', 'bob')
	await befriend(story.alice, story.bob)
	return { ...story, conversation: await openDirect(story.alice, story.bob) }
}

function marksUntil({ api }: Person, conversation: ConversationId, wanted: readonly (Mark | null)[]) {
	return messagesUntil(
		api,
		conversation,
		(messages) => JSON.stringify(messages.map(({ mark }) => mark)) === JSON.stringify(wanted),
	)
}

test('[M1] a message is queued, sent, delivered, read, and keeps its key all the way', async () => {
	const { alice, bob, conversation } = await friends()
	bob.wire.cut()
	alice.wire.cut()
	await offlineUntil(alice)
	const [key] = await post(alice, conversation, 'hello')
	const [queued] = await marksUntil(alice, conversation, ['queued'])
	alice.wire.resume()
	const [sent] = await marksUntil(alice, conversation, ['sent'])
	bob.wire.resume()
	const [delivered] = await marksUntil(alice, conversation, ['delivered'])
	const [received] = await textsUntil(bob.api, conversation, ['hello'])
	must(await bob.api.markRead({ conversation, key: received?.key ?? '' }))
	const [read] = await marksUntil(alice, conversation, ['read'])
	expect([queued, sent, delivered, read].map((message) => message?.key)).toEqual([key, key, key, key])
	expect(new Set([queued, sent, delivered, read].map((message) => message?.at)).size).toBe(1)
	expect(received?.mark).toBeNull()
})

test('[M1] reading goes up to a message, and no further', async () => {
	const { alice, bob, conversation } = await friends()
	await post(alice, conversation, 'one', 'two', 'three')
	const received = await textsUntil(bob.api, conversation, ['one', 'two', 'three'])
	await marksUntil(alice, conversation, ['delivered', 'delivered', 'delivered'])
	must(await bob.api.markRead({ conversation, key: received[1]?.key ?? '' }))
	await marksUntil(alice, conversation, ['read', 'read', 'delivered'])
	await until(bob.api, { view: 'chats', of: null, is: ([chat]) => chat?.unread === 1 })
	// An older message on screen takes nothing back.
	must(await bob.api.markRead({ conversation, key: received[0]?.key ?? '' }))
	await post(bob, conversation, 'four')
	await marksUntil(alice, conversation, ['read', 'read', 'delivered', null])
})

test('[M1] what was read without a network is told when it is back', async () => {
	const { alice, bob, conversation } = await friends()
	await post(alice, conversation, 'read me on the train')
	const [received] = await textsUntil(bob.api, conversation, ['read me on the train'])
	await marksUntil(alice, conversation, ['delivered'])
	bob.wire.cut()
	await offlineUntil(bob)
	must(await bob.api.markRead({ conversation, key: received?.key ?? '' }))
	await bob.reopen()
	bob.wire.resume()
	await marksUntil(alice, conversation, ['read'])
})

test('[M1] marks are there after a new start, with and without a network', async () => {
	const { alice, bob, conversation } = await friends()
	await post(alice, conversation, 'one', 'two')
	const [first] = await textsUntil(bob.api, conversation, ['one', 'two'])
	must(await bob.api.markRead({ conversation, key: first?.key ?? '' }))
	await marksUntil(alice, conversation, ['read', 'delivered'])
	alice.wire.cut()
	await alice.reopen()
	await marksUntil(alice, conversation, ['read', 'delivered'])
	alice.wire.resume()
	await onlineUntil(alice)
	await marksUntil(alice, conversation, ['read', 'delivered'])
})

test('[M1] the line of new messages stands where reading ended', async () => {
	const { alice, bob, conversation } = await friends()
	await post(alice, conversation, 'old')
	const [old] = await textsUntil(bob.api, conversation, ['old'])
	must(await bob.api.markRead({ conversation, key: old?.key ?? '' }))
	await marksUntil(alice, conversation, ['read'])
	await post(alice, conversation, 'new', 'newer')
	const [, second] = await textsUntil(bob.api, conversation, ['old', 'new', 'newer'])
	expect((await now(bob.api, 'conversation', conversation))?.firstUnread).toBe(second?.key)
	expect((await now(alice.api, 'conversation', conversation))?.firstUnread).toBeNull()
})
