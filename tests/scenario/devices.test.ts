import { expect, test } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { ask } from '../support/raw-http.ts'
import { setup, type Story } from '../support/story.ts'
import { messagesUntil, must, now, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import {
	accessTokenOf,
	befriend,
	friendUntil,
	onlineUntil,
	openDirect,
	post,
	writableUntil,
	type Device,
	type NodeDevice,
	type Person,
} from '../support/world.ts'

type Trio = Story<'alice' | 'bob' | 'charlie'>

/** Alice talks with Bob and, later, with Charlie. */
async function talking() {
	const story: Trio = await setup('alice', 'bob', 'charlie')
	const { alice, bob, charlie } = story
	for (const friend of [bob, charlie]) await befriend(alice, friend)
	const withBob = await openDirect(alice, bob)
	const withCharlie = await openDirect(alice, charlie)
	await post(bob, withBob, 'from Bob')
	await textsUntil(alice.api, withBob, ['from Bob'])
	await post(charlie, withCharlie, 'from Charlie')
	await textsUntil(alice.api, withCharlie, ['from Charlie'])
	return { ...story, withBob, withCharlie }
}

/** Another device of hers. */
async function phoneOf(story: Pick<Trio, 'world'>, { name, password }: Person): Promise<NodeDevice> {
	const phone = await story.world.device('phone')
	must(await phone.api.signIn({ name, password }))
	return phone
}

const titles = ({ api }: Device, wanted: readonly string[]) =>
	until(api, {
		view: 'chats',
		of: null,
		is: (all) =>
			JSON.stringify(all.filter(({ kind }) => kind !== 'notes').map(({ title }) => title)) === JSON.stringify(wanted),
	})

const unreadUntil = ({ api }: Device, conversation: ConversationId, unread: number) =>
	until(api, {
		view: 'chats',
		of: null,
		is: (all) => all.some((chat) => chat.conversation === conversation && chat.unread === unread),
	})

test('[L2] a second device shows every conversation that the account can read, newest first', async () => {
	const story = await talking()
	const { alice, withBob, withCharlie } = story
	await post(alice, withBob, 'and an answer')
	const phone = await phoneOf(story, alice)
	await titles(phone, ['Bob', 'Charlie'])
	const bobs = await textsUntil(phone.api, withBob, ['from Bob', 'and an answer'])
	expect(bobs.map(({ mine }) => mine)).toEqual([false, true])
	await textsUntil(phone.api, withCharlie, ['from Charlie'])
	await post(story.charlie, withCharlie, 'me again')
	for (const device of [alice, phone]) await titles(device, ['Charlie', 'Bob'])
})

test('[L2] what is read, sent and set on one device is so on the other', async () => {
	const story = await talking()
	const { alice, bob, withBob } = story
	const phone = await phoneOf(story, alice)
	for (const device of [alice, phone]) await unreadUntil(device, withBob, 1)
	const [heard] = await textsUntil(phone.api, withBob, ['from Bob'])
	must(await phone.api.markRead({ conversation: withBob, key: heard?.key ?? '' }))
	await unreadUntil(alice, withBob, 0)
	await messagesUntil(bob.api, withBob, ([first]) => first?.mark === 'read')

	await writableUntil(phone, withBob)
	await post(phone, withBob, 'from the phone')
	await post(alice, withBob, 'from the laptop')
	const views = await Promise.all(
		[alice, phone, bob].map(({ api }) => messagesUntil(api, withBob, (all) => all.length === 3)),
	)
	expect(new Set(views.map((all) => all.map(textOf).join('|'))).size).toBe(1)
	for (const { api } of [alice, phone])
		await messagesUntil(api, withBob, (all) => all.every(({ mine, mark }) => !mine || mark === 'delivered'))

	must(await alice.api.setDisplayName({ displayName: 'Alice in W.' }))
	must(await alice.api.setPrivacy({ receipts: false }))
	await until(phone.api, { view: 'privacy', of: null, is: (view) => view?.receipts === false })
	await until(phone.api, {
		view: 'session',
		of: null,
		is: (session) => session.type === 'signed-in' && session.displayName === 'Alice in W.',
	})
})

test('[L2] what a new device says of itself is heard by a device that was away when it came', async () => {
	const story = await talking()
	const { alice } = story
	alice.wire.cut()
	const phone = await phoneOf(story, alice)
	must(await phone.api.describeDevice({ browser: 'Firefox', system: 'Linux' }))
	alice.wire.resume()
	await until(alice.api, {
		view: 'devices',
		of: null,
		is: (devices) => devices.some(({ label }) => label?.browser === 'Firefox'),
	})
})

test('[L2] friends come and go on all devices at once', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const phone = Object.assign(await phoneOf({ world }, alice), { account: alice.account })
	must(await bob.api.requestFriend({ name: 'alice' }))
	const state = (wanted: string) =>
		Promise.all(
			[alice, phone].map(({ api }) =>
				until(api, {
					view: 'friends',
					of: null,
					is: (all) => all.some((one) => one.account === bob.account && one.state === wanted),
				}),
			),
		)
	await state('incoming')
	must(await phone.api.acceptFriend({ account: bob.account }))
	await state('accepted')
	await friendUntil(bob, alice, 'accepted')
	must(await alice.api.block({ account: bob.account }))
	await state('blocked')
	must(await phone.api.unblock({ account: bob.account }))
	await state('ended')
})

test('[L2] two devices that were apart have the same once they are not', async () => {
	const story = await talking()
	const { alice, bob, withBob } = story
	const phone = await phoneOf(story, alice)
	await writableUntil(phone, withBob)
	phone.wire.cut()
	await post(phone, withBob, 'phone, in a tunnel')
	await post(alice, withBob, 'laptop, meanwhile')
	await post(bob, withBob, 'and I')
	await messagesUntil(alice.api, withBob, (all) => all.length === 3)
	phone.wire.resume()
	await onlineUntil(phone)
	const views = await Promise.all(
		[alice, phone, bob].map(({ api }) => messagesUntil(api, withBob, (all) => all.length === 4)),
	)
	expect(new Set(views.map((all) => all.map(textOf).join('|'))).size).toBe(1)
})

test('[A1] [L2] signing out on one device retires that one, and no other', async () => {
	const story = await talking()
	const { alice, bob, withBob } = story
	const phone = await phoneOf(story, alice)
	await textsUntil(phone.api, withBob, ['from Bob'])
	const gone = await accessTokenOf(phone)
	must(await phone.api.signOut())
	expect(await now(phone.api, 'session', null)).toMatchObject({ type: 'signed-out', why: null })
	expect((await ask(phone, { path: '/friends', token: gone })).code).toBe('device-ended')
	const devices = await until(alice.api, { view: 'devices', of: null, is: (all) => all.some(({ ended }) => ended) })
	expect(devices.map(({ current, ended }) => [current, ended])).toEqual([
		[true, false],
		[false, true],
	])
	await post(bob, withBob, 'to the laptop')
	await textsUntil(alice.api, withBob, ['from Bob', 'to the laptop'])
	await post(alice, withBob, 'from the laptop')
	await textsUntil(bob.api, withBob, ['from Bob', 'to the laptop', 'from the laptop'])
	expect(refusal(await phone.api.post({ conversation: withBob, text: 'too late' }))).toEqual({ type: 'signed-out' })
})

test('[A1] a message that was refused for good is counted among those that a sign-out would lose', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	alice.wire.cut()
	await post(alice, conversation, 'to somebody who left')
	must(await bob.api.removeFriend({ account: alice.account }))
	alice.wire.resume()
	await messagesUntil(alice.api, conversation, ([only]) => only?.mark === 'failed')
	expect(must(await alice.api.unsent())).toEqual({ messages: 1 })
})
