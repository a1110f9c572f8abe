import { expect, test } from 'vitest'
import { ask } from '../support/raw-http.ts'
import { setup, type Story } from '../support/story.ts'
import { messagesUntil, must, now, refusal, textOf, textsUntil, until } from '../support/watching.ts'
import {
	befriend,
	friendUntil,
	openDirect,
	post,
	writableUntil,
	type Device,
	type Person,
	type Someone,
} from '../support/world.ts'

const code = (wanted: string) => ({ type: 'server', code: wanted })

/** Another device of somebody, signed in by his recovery code. */
async function secondDevice({ world }: Story<never>, person: Person): Promise<Someone> {
	const device = await world.device(`${person.name}-phone`)
	must(await device.api.recover({ name: person.name, code: person.words.join(' ') }))
	return {
		...person,
		...device,
		get api() {
			return device.api
		},
	} as Someone
}

const goneUntil = (one: Device, other: Someone) =>
	until(one.api, { view: 'friends', of: null, is: (all) => all.every(({ account }) => account !== other.account) })

const unwritableUntil = ({ api }: Device, conversation: string) =>
	until(api, {
		view: 'conversation',
		of: conversation,
		is: (view) => view?.writable.type === 'no' && view.writable.why === 'not-friends',
	})

async function talking() {
	const story = await setup('alice', 'bob')
	const { alice, bob } = story
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, 'before')
	await textsUntil(bob.api, conversation, ['before'])
	return { ...story, conversation }
}

test('[F1] Alice withdraws her request: it is gone on every device of both, and may be asked anew', async () => {
	const story = await setup('alice', 'bob')
	const { alice, bob } = story
	const phone = await secondDevice(story as Story<never>, alice)
	must(await alice.api.requestFriend({ name: 'bob' }))
	await friendUntil(bob, alice, 'incoming')
	await friendUntil(phone, bob, 'outgoing')
	must(await phone.api.cancelRequest({ account: bob.account }))
	for (const device of [alice, phone]) await goneUntil(device, bob)
	await goneUntil(bob, alice)
	expect(refusal(await alice.api.cancelRequest({ account: bob.account }))).toEqual(code('no-request'))
	expect(refusal(await bob.api.acceptFriend({ account: alice.account }))).toEqual(code('no-request'))
	await befriend(bob, alice)
})

test('[F1] [C1] a removed friend keeps the history and cannot write; both learn it at once, on all devices', async () => {
	const story = await talking()
	const { alice, bob, conversation } = story
	const phone = await secondDevice(story as unknown as Story<never>, bob)
	await writableUntil(phone, conversation)
	must(await alice.api.removeFriend({ account: bob.account }))
	await friendUntil(alice, bob, 'ended')
	for (const device of [bob, phone]) await friendUntil(device, alice, 'ended')
	for (const device of [alice, bob, phone]) {
		await unwritableUntil(device, conversation)
		await messagesUntil(device.api, conversation, (all) => all.map(textOf).includes('before'))
	}
	// A client that tries all the same is refused by the server, and the text stays with its writer.
	await post(bob, conversation, 'after')
	await until(bob.api, {
		view: 'conversation',
		of: conversation,
		is: (view) =>
			view?.messages.some((message) => message.mark === 'failed' && message.problem === 'item-not-friends') === true,
	})
	expect((await now(alice.api, 'conversation', conversation))?.messages.map(textOf)).toEqual(['before'])
	expect(refusal(await bob.api.removeFriend({ account: alice.account }))).toEqual(code('not-friends'))
})

test('[F1] friends again after an end: the same conversation goes on', async () => {
	const { alice, bob, conversation } = await talking()
	must(await bob.api.removeFriend({ account: alice.account }))
	await friendUntil(alice, bob, 'ended')
	await befriend(alice, bob)
	for (const person of [alice, bob]) await writableUntil(person, conversation)
	await post(bob, conversation, 'again')
	await textsUntil(alice.api, conversation, ['before', 'again'])
})

test('[F1] [F2] a blocked friend meets an ended friendship, and nothing of his arrives; only the blocker knows', async () => {
	const story = await talking()
	const { alice, bob, conversation } = story
	const phone = await secondDevice(story as unknown as Story<never>, alice)
	await friendUntil(phone, bob, 'accepted')
	must(await alice.api.block({ account: bob.account }))
	for (const device of [alice, phone]) await friendUntil(device, bob, 'blocked')
	await friendUntil(bob, alice, 'ended')
	await unwritableUntil(bob, conversation)
	await post(bob, conversation, 'are you there?')
	await until(bob.api, {
		view: 'conversation',
		of: conversation,
		is: (view) => view?.messages.some(({ problem }) => problem === 'item-not-friends') === true,
	})
	// He may ask again, and waits for ever; she is not troubled.
	expect(must(await bob.api.requestFriend({ name: 'alice' }))).toEqual({ account: alice.account, state: 'outgoing' })
	await friendUntil(bob, alice, 'outgoing')
	expect(refusal(await bob.api.requestFriend({ name: 'alice' }))).toEqual(code('already-invited'))
	expect((await now(alice.api, 'friends', null)).map(({ state }) => state)).toEqual(['blocked'])
	expect(JSON.stringify((await ask(bob, { path: '/friends' })).body)).not.toContain('blocked')
	expect(refusal(await alice.api.requestFriend({ name: 'bob' }))).toEqual(code('you-blocked'))
	expect((await now(alice.api, 'conversation', conversation))?.messages.map(textOf)).toEqual(['before'])
	must(await phone.api.unblock({ account: bob.account }))
	for (const device of [alice, phone]) await friendUntil(device, bob, 'incoming')
	must(await alice.api.acceptFriend({ account: bob.account }))
	await writableUntil(bob, conversation)
})

test('[F2] a blocked request stays pending for its sender', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	must(await alice.api.requestFriend({ name: 'bob' }))
	await friendUntil(bob, alice, 'incoming')
	must(await bob.api.block({ account: alice.account }))
	await friendUntil(bob, alice, 'blocked')
	expect((await now(alice.api, 'friends', null)).map(({ state }) => state)).toEqual(['outgoing'])
	expect(refusal(await bob.api.acceptFriend({ account: alice.account }))).toEqual(code('you-blocked'))
	must(await bob.api.unblock({ account: alice.account }))
	await friendUntil(bob, alice, 'incoming')
	expect(refusal(await bob.api.unblock({ account: alice.account }))).toEqual(code('not-blocked'))
})

test('[F1] what changed while a device was away reaches it, and only that is asked for', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	await befriend(alice, bob)
	await befriend(alice, charlie)
	await bob.api.close()
	must(await alice.api.removeFriend({ account: bob.account }))
	await friendUntil(alice, bob, 'ended')
	await bob.reopen()
	await friendUntil(bob, alice, 'ended')
	const whole = await ask(alice, { path: '/friends' })
	const { version } = whole.body as { version: number }
	must(await charlie.api.removeFriend({ account: alice.account }))
	await friendUntil(alice, charlie, 'ended')
	const { body } = await ask(alice, { path: `/friends?since=${version}` })
	expect((body as { friends: { account: string; state: string }[] }).friends).toMatchObject([
		{ account: charlie.account, state: 'ended' },
	])
})

test('[F1] nobody withdraws, ends or blocks for others', async () => {
	const { alice, bob, charlie } = await setup('alice', 'bob', 'charlie')
	await befriend(alice, bob)
	const { body } = await ask(alice, { path: '/friends' })
	const { request, accept } = (body as { friends: { request: string; accept: string }[] }).friends[0]!
	for (const step of [request, accept]) {
		for (const other of [alice, bob]) {
			const ended = await ask(charlie, { method: 'POST', path: `/friends/${other.account}/end`, body: { end: step } })
			const cancelled = await ask(charlie, {
				method: 'POST',
				path: `/friends/${other.account}/cancel`,
				body: { cancel: step },
			})
			expect([ended.code, cancelled.code]).toEqual(['not-friends', 'no-request'])
		}
		const spoiled = await ask(bob, { method: 'POST', path: `/friends/${alice.account}/end`, body: { end: step } })
		expect(spoiled.code).toBe('bad-signature')
	}
	for (const one of [alice, bob])
		expect((await now(one.api, 'friends', null)).map(({ state }) => state)).toEqual(['accepted'])
})
