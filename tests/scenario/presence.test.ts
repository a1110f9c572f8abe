import { expect, test } from 'vitest'
import type { PresenceView, PrivacyView } from '#core/api.ts'
import { ask } from '../support/raw-http.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, now, textsUntil, until } from '../support/watching.ts'
import { befriend, friendUntil, onlineUntil, openDirect, post, type Device, type Someone } from '../support/world.ts'

const presenceUntil = async (one: Device, other: Someone, type: PresenceView['type'] | null) => {
	const friends = await until(one.api, {
		view: 'friends',
		of: null,
		is: (all) => all.some(({ account, presence }) => account === other.account && (presence?.type ?? null) === type),
	})
	return friends.find(({ account }) => account === other.account)?.presence ?? null
}

const privacyUntil = ({ api }: Device, wanted: Partial<PrivacyView>) =>
	until(api, {
		view: 'privacy',
		of: null,
		is: (value) => value !== null && Object.entries(wanted).every(([name, on]) => value[name as 'typing'] === on),
	})

const markOf = (one: Device, conversation: string, mark: string) =>
	messagesUntil(one.api, conversation, (all) => all.at(-1)?.mark === mark)

async function friends() {
	const story = await setup('alice', 'bob')
	await befriend(story.alice, story.bob)
	return story
}

test('[F4] friends see each other come, look away and go; with the minute of the last time', async () => {
	const { alice, bob } = await friends()
	const conversation = await openDirect(alice, bob)
	await presenceUntil(alice, bob, 'online')
	await presenceUntil(bob, alice, 'online')
	must(await bob.api.setActive({ active: false }))
	await presenceUntil(alice, bob, 'away')
	must(await bob.api.setActive({ active: true }))
	await presenceUntil(alice, bob, 'online')
	await bob.api.close()
	const gone = await presenceUntil(alice, bob, 'offline')
	expect(gone).toMatchObject({ type: 'offline' })
	const lastSeen = gone?.type === 'offline' ? (gone.lastSeen ?? 0) : 0
	expect(lastSeen % 60_000).toBe(0)
	expect(Math.abs(Date.now() - lastSeen)).toBeLessThan(120_000)
	const [chat] = await now(alice.api, 'chats', null)
	expect(chat?.person.presence).toEqual(gone)
	expect((await now(alice.api, 'conversation', conversation))?.people[0]?.presence).toEqual(gone)
	await bob.reopen()
	await presenceUntil(alice, bob, 'online')
})

test('[F4] who is not connected knows nobody’s presence', async () => {
	const { alice, bob } = await friends()
	await presenceUntil(alice, bob, 'online')
	alice.wire.cut()
	await presenceUntil(alice, bob, null)
	await presenceUntil(bob, alice, 'offline')
	alice.wire.resume()
	await onlineUntil(alice)
	await presenceUntil(alice, bob, 'online')
})

test('[F4] a request shows no presence; a friendship does, until it ends or one is blocked', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	must(await alice.api.requestFriend({ name: 'bob' }))
	expect((await friendUntil(bob, alice, 'incoming'))[0]?.presence).toBeNull()
	must(await bob.api.acceptFriend({ account: alice.account }))
	await presenceUntil(alice, bob, 'online')
	await presenceUntil(bob, alice, 'online')
	must(await bob.api.block({ account: alice.account }))
	await presenceUntil(alice, bob, null)
	await presenceUntil(bob, alice, null)
})

test('[F4] presence switched off is not shown and shows nobody, on all devices; on again, both see', async () => {
	const { alice, bob, world } = await friends()
	const phone = await world.device('phone')
	must(await phone.api.recover({ name: 'alice', code: alice.words.join(' ') }))
	await presenceUntil(bob, alice, 'online')
	await presenceUntil(phone, bob, 'online')
	must(await alice.api.setPrivacy({ presence: false }))
	await privacyUntil(phone, { presence: false, typing: true, receipts: true })
	await presenceUntil(bob, alice, null)
	for (const device of [alice, phone]) await presenceUntil(device, bob, null)
	await phone.reopen()
	await privacyUntil(phone, { presence: false })
	expect((await ask(alice, { path: '/account/presence' })).body).toEqual({ shown: false })
	must(await phone.api.setPrivacy({ presence: true }))
	await privacyUntil(alice, { presence: true })
	await presenceUntil(bob, alice, 'online')
	await presenceUntil(alice, bob, 'online')
})

test('[F4] who switches off and on again, quicker than the server answers, has it on', async () => {
	const { alice, world } = await friends()
	const phone = await world.device('phone')
	must(await phone.api.recover({ name: 'alice', code: alice.words.join(' ') }))
	for (const name of ['presence', 'direct', 'typing'] as const) {
		const answers = await Promise.all([false, true].map((on) => alice.api.setPrivacy({ [name]: on })))
		for (const answer of answers) must(answer)
		expect((await now(alice.api, 'privacy', null))?.[name]).toBe(true)
	}
	must(await alice.api.setPrivacy({ receipts: false }))
	await privacyUntil(phone, { presence: true, direct: true, typing: true, receipts: false })
	expect((await ask(alice, { path: '/account/presence' })).body).toEqual({ shown: true })
})

test('[F4] typing switched off is neither sent nor shown', async () => {
	const { alice, bob } = await friends()
	const conversation = await openDirect(alice, bob)
	const typingOf = async ({ api }: Device) => (await now(api, 'conversation', conversation))?.typing
	must(await bob.api.setPrivacy({ typing: false }))
	must(await alice.api.setTyping({ conversation, typing: true }))
	must(await bob.api.setTyping({ conversation, typing: true }))
	// A message each way comes after whatever was typed before it.
	await post(alice, conversation, 'one')
	await post(bob, conversation, 'two')
	for (const { api } of [alice, bob]) await messagesUntil(api, conversation, (all) => all.length === 2)
	expect([await typingOf(alice), await typingOf(bob)]).toEqual([[], []])
	must(await bob.api.setPrivacy({ typing: true }))
	await until(bob.api, { view: 'conversation', of: conversation, is: (view) => view?.typing[0] === alice.account })
})

test('[F4][M1] read marks switched off are neither sent nor shown; what was read is known on the own devices all the same', async () => {
	const { alice, bob, world } = await friends()
	const conversation = await openDirect(alice, bob)
	const phone = await world.device('phone')
	must(await phone.api.recover({ name: 'bob', code: bob.words.join(' ') }))
	must(await bob.api.setPrivacy({ receipts: false }))
	await privacyUntil(phone, { receipts: false })
	await post(alice, conversation, 'did you read this?')
	for (const device of [bob, phone]) {
		await textsUntil(device.api, conversation, ['did you read this?'])
		await until(device.api, { view: 'chats', of: null, is: ([chat]) => chat?.unread === 1 })
	}
	await markOf(alice, conversation, 'delivered')
	const [message] = await textsUntil(bob.api, conversation, ['did you read this?'])
	must(await bob.api.markRead({ conversation, key: message!.key }))
	for (const device of [bob, phone])
		await until(device.api, { view: 'chats', of: null, is: ([chat]) => chat?.unread === 0 })
	await post(bob, conversation, 'yes')
	const [, answer] = await messagesUntil(alice.api, conversation, (all) => all.length === 2)
	must(await alice.api.markRead({ conversation, key: answer!.key }))
	await post(alice, conversation, 'good')
	await messagesUntil(bob.api, conversation, (all) => all.length === 3)
	const own = async ({ api }: Device) =>
		(await now(api, 'conversation', conversation))?.messages.filter(({ mine }) => mine).map(({ mark }) => mark)
	expect(await own(alice)).not.toContain('read')
	expect(await own(bob)).not.toContain('read')
	must(await bob.api.setPrivacy({ receipts: true }))
	await messagesUntil(bob.api, conversation, (all) => all.some(({ mine, mark }) => mine && mark === 'read'))
})

test('[F4] a setting without a network is refused and nothing changes', async () => {
	const { alice } = await setup('alice')
	await onlineUntil(alice)
	alice.wire.cut()
	expect(await alice.api.setPrivacy({ typing: false })).toMatchObject({ ok: false, error: { type: 'offline' } })
	expect(await now(alice.api, 'privacy', null)).toEqual({
		presence: true,
		typing: true,
		receipts: true,
		direct: true,
		relayed: false,
	})
})

test('[ENT5] the server keeps an entry only from a device of the account, signed and in order', async () => {
	const { alice, bob } = await friends()
	must(await alice.api.setPrivacy({ typing: false }))
	const { body } = await ask(alice, { path: '/account/entries' })
	const { entries, version } = body as { entries: string[]; version: number }
	expect([entries.length, version]).toEqual([1, 1])
	const entry = entries[0]!
	const put = (person: Someone & typeof alice, text: string) =>
		ask(person, { method: 'PUT', path: '/account/entries', body: { entry: text } })
	expect((await put(bob, entry)).code).toBe('bad-signature')
	const spoiled = `${entry.slice(0, -8)}${entry.at(-8) === 'A' ? 'B' : 'A'}${entry.slice(-7)}`
	expect((await put(alice, spoiled)).code).toBe('bad-signature')
	expect((await put(alice, 'AAAA')).code).toBe('bad-signature')
	// The same once more changes nothing, and an older one does not come back.
	expect((await put(alice, entry)).status).toBe(200)
	must(await alice.api.setPrivacy({ typing: true }))
	expect((await put(alice, entry)).status).toBe(200)
	const after = (await ask(alice, { path: `/account/entries?since=${version}` })).body as {
		entries: string[]
		version: number
	}
	expect([after.entries.length, after.version]).toEqual([1, 2])
	expect(after.entries).not.toContain(entry)
	expect((await ask(bob, { path: '/account/entries' })).body).toMatchObject({ entries: [] })
	expect(await now(alice.api, 'privacy', null)).toMatchObject({ typing: true })
})
