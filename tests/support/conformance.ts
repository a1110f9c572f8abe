/**
 * One story that every client has to pass, whatever it runs on: the core is one, and this shows that its platforms are
 * alike. tests/scenario runs it without a browser, tests/e2e in a real one.
 */
import type { ConversationId, Mark } from '#core/api.ts'
import { messagesUntil, must, now, refusal, textOf, textsUntil, until } from './watching.ts'
import {
	befriend,
	friendUntil,
	inviteFrom,
	offlineUntil,
	onlineUntil,
	openDirect,
	post,
	signUp,
	strongPassword,
	writableUntil,
	type Device,
	type Someone,
} from './world.ts'

export interface Conformance {
	/** A device with an empty store, at a server that is not set up yet. */
	readonly device: (name: string) => Promise<Device>
	readonly setupToken: string
	/** Told before each part, for reports. */
	readonly part: (name: string) => void
}

function expectEqual(found: unknown, wanted: unknown): void {
	const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
	if (a !== b) throw new Error(`expected ${b}, found ${a}`)
}

/** A weak password and wrong words are refused before anything is made; the same words do then. */
async function signUpBySetupLink(device: Device, token: string): Promise<Someone> {
	const { api } = device
	const draft = { name: 'alice', displayName: 'Alice', grant: { type: 'setup', token } as const }
	expectEqual(refusal(await api.prepareSignUp({ ...draft, password: 'alice1' })).type, 'weak-password')
	const password = strongPassword('alice')
	const { words, ask } = must(await api.prepareSignUp({ ...draft, password }))
	expectEqual(words.length, 15)
	const right = [words[ask[0]] ?? '', words[ask[1]] ?? ''] as const
	expectEqual(refusal(await api.completeSignUp({ words: [right[0], 'wrong'] })), {
		type: 'wrong-words',
		positions: [ask[1]],
	})
	must(await api.completeSignUp({ words: right }))
	const session = await until(api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	if (session.type !== 'signed-in') throw new Error('not signed in')
	expectEqual([session.name, session.displayName, session.role], ['alice', 'Alice', 'admin'])
	return Object.assign(device, { password, words, account: session.account })
}

async function befriendByLink(alice: Someone, bob: Someone): Promise<void> {
	const { url } = must(await alice.api.friendLink({ withInvite: false }))
	const read = must(await bob.api.readLink({ url }))
	expectEqual([read.account, read.self, read.friends, read.invite], [alice.account, false, false, null])
	expectEqual(must(await alice.api.readLink({ url })).self, true)
	must(await bob.api.requestFriend({ url }))
	await friendUntil(alice, bob, 'incoming')
	must(await alice.api.acceptFriend({ account: bob.account }))
	await friendUntil(bob, alice, 'accepted')
	const friends = await until(bob.api, { view: 'friends', of: null, is: (all) => all[0]?.displayName === 'Alice' })
	expectEqual(friends[0]?.verified, true)
	const [one, other] = [alice, bob].map(async ({ api }, i, all) =>
		must(await api.safetyNumber({ account: (all[1 - i] as Someone).account })),
	)
	expectEqual((await one)?.groups.length, 6)
	expectEqual(await one, await other)
}

function markUntil(
	{ api }: Device,
	conversation: ConversationId,
	wanted: { readonly text: string; readonly mark: Mark },
) {
	return messagesUntil(api, conversation, (messages) =>
		messages.some((message) => textOf(message) === wanted.text && message.mark === wanted.mark),
	)
}

/** One message through all its marks: each holds until the next becomes possible. */
async function marks(alice: Someone, bob: Someone, conversation: ConversationId): Promise<void> {
	bob.wire.cut()
	alice.wire.cut()
	await offlineUntil(alice)
	await offlineUntil(bob)
	const [key] = await post(alice, conversation, 'hello Bob')
	await markUntil(alice, conversation, { text: 'hello Bob', mark: 'queued' })
	expectEqual((await now(alice.api, 'connection', null)).waiting, 1)
	alice.wire.resume()
	await markUntil(alice, conversation, { text: 'hello Bob', mark: 'sent' })
	bob.wire.resume()
	const [received] = await textsUntil(bob.api, conversation, ['hello Bob'])
	await markUntil(alice, conversation, { text: 'hello Bob', mark: 'delivered' })
	const unread = await until(bob.api, { view: 'chats', of: null, is: ([chat]) => chat?.unread === 1 })
	expectEqual([unread[0]?.title, unread[0]?.last?.text], ['Alice', 'hello Bob'])
	must(await bob.api.markRead({ conversation, key: received?.key ?? '' }))
	const [sent] = await markUntil(alice, conversation, { text: 'hello Bob', mark: 'read' })
	expectEqual([sent?.key, sent?.mine, received?.mine, received?.mark], [key, true, false, null])
	await until(bob.api, { view: 'chats', of: null, is: ([chat]) => chat?.unread === 0 })
}

async function typing(alice: Someone, bob: Someone, conversation: ConversationId): Promise<void> {
	must(await bob.api.setTyping({ conversation, typing: true }))
	await until(alice.api, { view: 'conversation', of: conversation, is: (view) => view?.typing[0] === bob.account })
	must(await bob.api.setTyping({ conversation, typing: false }))
	await until(alice.api, { view: 'conversation', of: conversation, is: (view) => view?.typing.length === 0 })
}

/** Written without a network, kept over a new start, sent once the network is back. */
async function offlineAndReopened(alice: Someone, bob: Someone, conversation: ConversationId): Promise<void> {
	alice.wire.cut()
	await offlineUntil(alice)
	await post(alice, conversation, 'one', 'two')
	must(await alice.api.saveDraft({ conversation, text: 'not finished' }))
	await alice.reopen()
	const view = await until(alice.api, {
		view: 'conversation',
		of: conversation,
		is: (value) => value?.messages.length === 4,
	})
	expectEqual(
		view?.messages.map(({ mark }) => mark),
		['read', null, 'queued', 'queued'],
	)
	expectEqual(view?.draft, 'not finished')
	alice.wire.resume()
	await textsUntil(bob.api, conversation, ['hello Bob', 'hello Alice', 'one', 'two'])
	await markUntil(alice, conversation, { text: 'two', mark: 'delivered' })
}

async function signOutAndIn(bob: Someone, conversation: ConversationId): Promise<void> {
	expectEqual(must(await bob.api.unsent()).messages, 0)
	must(await bob.api.signOut())
	await until(bob.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
	expectEqual(await now(bob.api, 'chats', null), [])
	const { api, name } = bob
	expectEqual(refusal(await api.signIn({ name, password: strongPassword('mallory') })), {
		type: 'server',
		code: 'wrong-credentials',
	})
	must(await api.signIn({ name, password: bob.password }))
	await textsUntil(api, conversation, ['hello Bob', 'hello Alice', 'one', 'two'])
}

async function recoverOn(device: Device, bob: Someone, conversation: ConversationId): Promise<void> {
	const { api } = device
	const misspelt = ['zzzz', ...bob.words.slice(1)].join(' ')
	expectEqual(refusal(await api.recover({ name: bob.name, code: misspelt })), {
		type: 'bad-recovery-code',
		reason: 'word',
		position: 0,
	})
	must(await api.recover({ name: bob.name, code: bob.words.join(' ') }))
	await textsUntil(api, conversation, ['hello Bob', 'hello Alice', 'one', 'two'])
	const devices = await until(api, { view: 'devices', of: null, is: (all) => all.length === 3 })
	// The first was retired at sign-out, the second signed in after it, the third is this one.
	expectEqual(devices.filter(({ ended }) => ended).length, 1)
	expectEqual(devices.filter(({ current }) => current).length, 1)
}

export async function conformanceStory({ device, setupToken, part }: Conformance): Promise<void> {
	part('signs up by the set-up link, and by an invitation')
	const alice = await signUpBySetupLink(await device('alice'), setupToken)
	const bob = await signUp(await device('bob'), await inviteFrom(alice))
	const charlie = await signUp(await device('charlie'), await inviteFrom(alice))

	part('befriends by link and by username')
	await befriendByLink(alice, bob)
	await befriend(charlie, alice)

	part('shows every mark of a message')
	const conversation = await openDirect(alice, bob)
	await marks(alice, bob, conversation)
	await post(bob, conversation, 'hello Alice')
	await textsUntil(alice.api, conversation, ['hello Bob', 'hello Alice'])

	part('shows who types')
	await typing(alice, bob, conversation)

	part('keeps what was written offline over a new start')
	await offlineAndReopened(alice, bob, conversation)

	part('signs out, and in by password')
	await signOutAndIn(bob, conversation)

	part('signs in by recovery code on an empty device, and sees the history')
	const phone = await device('phone')
	await recoverOn(phone, bob, conversation)
	await writableUntil(phone, conversation)
	await onlineUntil(phone)
	await post(phone, conversation, 'three')
	for (const { api } of [alice, bob])
		await messagesUntil(api, conversation, (all) => textOf(all.at(-1) ?? all[0]!) === 'three')
}
