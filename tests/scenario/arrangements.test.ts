import { expect, test } from 'vitest'
import type { ChatView } from '#core/api.ts'
import { phoneOf } from '../support/second-device.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world } from '../support/story.ts'
import { must, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, openDirect, post, type NodeDevice } from '../support/world.ts'

async function talk() {
	const { clock, advance } = storyClock()
	const story = await peopled(await world({ clock }), ['alice', 'bob', 'charlie'])
	const { alice, bob, charlie } = story
	for (const friend of [bob, charlie]) await befriend(friend, alice)
	const withBob = await openDirect(alice, bob)
	const withCharlie = await openDirect(alice, charlie)
	return { ...story, advance, withBob, withCharlie, phone: await phoneOf(story, alice) }
}

/** Waits until this conversation looks like that in the list. */
async function chatUntil({ api }: NodeDevice, conversation: string, is: Partial<ChatView>): Promise<void> {
	const looks = (chat: ChatView) => Object.entries(is).every(([key, value]) => chat[key as keyof ChatView] === value)
	await until(api, {
		view: 'chats',
		of: null,
		is: (chats) => chats.some((chat) => chat.conversation === conversation && looks(chat)),
	})
}

test('[M6][L2] what is pinned stands first on every device, set without a network too', async () => {
	const { alice, bob, charlie, phone, advance, withBob, withCharlie } = await talk()
	await post(bob, withBob, 'from Bob')
	// Each knows the server's time by as much as an answer takes.
	advance(1_000)
	await post(charlie, withCharlie, 'from Charlie')
	await chatUntil(alice, withCharlie, { unread: 1 })
	alice.wire.cut()
	await offlineUntil(alice)
	must(await alice.api.pinConversation({ conversation: withBob, pinned: true }))
	await alice.reopen()
	const isFirst = ([chat]: readonly ChatView[]) => chat?.conversation === withBob && chat.pinned
	await until(alice.api, { view: 'chats', of: null, is: isFirst })
	alice.wire.resume()
	await until(phone.api, { view: 'chats', of: null, is: isFirst })
	must(await phone.api.pinConversation({ conversation: withBob, pinned: false }))
	await until(alice.api, { view: 'chats', of: null, is: ([chat]) => chat?.conversation === withCharlie })
})

test('[M6] what is put away comes back with the next message, and stays away while it is muted', async () => {
	const { alice, bob, charlie, phone, advance, withBob, withCharlie } = await talk()
	for (const conversation of [withBob, withCharlie])
		must(await alice.api.archiveConversation({ conversation, archived: true }))
	must(await alice.api.muteConversation({ conversation: withCharlie, mute: { type: 'ever' } }))
	for (const device of [alice, phone])
		for (const conversation of [withBob, withCharlie]) await chatUntil(device, conversation, { archived: true })
	advance(1_000)
	await post(bob, withBob, 'are you there?')
	await post(charlie, withCharlie, 'psst')
	for (const device of [alice, phone]) {
		await chatUntil(device, withBob, { archived: false, unread: 1 })
		await chatUntil(device, withCharlie, { archived: true, unread: 1 })
	}
	// Back once, it does not go again by itself, whatever is said of it.
	must(await phone.api.muteConversation({ conversation: withBob, mute: { type: 'ever' } }))
	for (const device of [alice, phone]) await chatUntil(device, withBob, { archived: false, unread: 1 })
	advance(1_000)
	must(await phone.api.archiveConversation({ conversation: withBob, archived: true }))
	await chatUntil(alice, withBob, { archived: true })
	must(await alice.api.archiveConversation({ conversation: withBob, archived: false }))
	await chatUntil(phone, withBob, { archived: false })
})

test('[M6] a conversation that is marked as unread stays so on every device until somebody reads on', async () => {
	const { alice, bob, phone, withBob } = await talk()
	await post(bob, withBob, 'think about it')
	const [message] = await textsUntil(alice.api, withBob, ['think about it'])
	must(await alice.api.markRead({ conversation: withBob, key: message?.key ?? '' }))
	await chatUntil(phone, withBob, { unread: 0, markedUnread: false })
	must(await alice.api.markUnread({ conversation: withBob }))
	for (const device of [alice, phone]) await chatUntil(device, withBob, { unread: 0, markedUnread: true })
	must(await phone.api.markAllRead({ conversation: withBob }))
	for (const device of [alice, phone]) await chatUntil(device, withBob, { markedUnread: false })
	must(await phone.api.markUnread({ conversation: withBob }))
	await chatUntil(alice, withBob, { markedUnread: true })
	// Somebody opens it.
	alice.api.watch('conversation', withBob, () => undefined)()
	for (const device of [alice, phone]) await chatUntil(device, withBob, { markedUnread: false })
	expect(message?.mine).toBe(false)
})
