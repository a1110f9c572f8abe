/** A friend who is none any more: after she has removed him, after she has blocked him, and what comes back with her yes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rotateEntry } from '#crypto/conversation-builder.ts'
import { encode } from '#protocol/codec.ts'
import type { Ack } from '#protocol/hub.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { boxForms } from '#tests/support/fault/mallory.ts'
import { befriendAgain } from '#tests/support/fault/hostile-world.ts'
import { codeOf, friendStep, must as mustCall, toBytes, toText, type Person } from '#tests/support/http-person.ts'
import { must, now, until } from '#tests/support/watching.ts'
import { attacks } from './attacks.ts'
import { answerTo, marker } from './marks.ts'
import { heard, world } from './one-world.ts'

const codesOf = (acks: readonly Ack[]) => acks.map((ack) => ('code' in ack ? ack.code : ack.verdict))

const asPerson = (account: string) => ({ account: { idHash: toBytes(account) } }) as unknown as Person

/** Written while they were friends. */
let early: PageItem
let oldRequest = ''

async function typing(): Promise<string> {
	const { mallory, talk } = world
	const socket = await mallory.socket()
	const channel = await socket.open(talk.guid())
	socket.page(channel, { type: 'awareness', states: [{ clientId: 4000, clock: Date.now(), state: '{"v":"AAAA"}' }] })
	return (await socket.told('error', ({ about }) => about === talk.guid())).code
}

const upload = async (...items: PageItem[]) => codesOf(await world.mallory.upload(world.talk.guid(), items))
const message = async () => upload(await world.mallory.item(world.talk, { text: 'not for her' }))

const stateOf = (state: string) => ({
	...{ view: 'friends' as const, of: null },
	is: (all: readonly { account: string; state: string }[]) =>
		all.some((friend) => friend.account === world.mallory.person.id && friend.state === state),
})

async function stillSilent(): Promise<void> {
	await heard()
	expect((await now(world.alice.api, 'conversation', world.talk.id))?.typing).toEqual([])
}

describe('removed', () => {
	beforeAll(async () => {
		const { alice, mallory, talk } = world
		early = await mallory.item(talk, { text: 'said in time' })
		const { friends } = await mustCall(mallory.person.http.call((api) => api.friends.list({})))
		oldRequest = friends.find(({ account }) => account === alice.account)?.request ?? ''
		must(await alice.api.removeFriend({ account: mallory.person.id }))
		await until(alice.api, stateOf('ended'))
	})

	const acts = {
		'a message': message,
		'a message from before, signed in time': () => upload(early),
		'a redaction of his own': async () =>
			upload(await world.mallory.item(world.talk, { redacts: [world.mallory.crypto.random(16)] })),
		'a marker': async () => [await answerTo(await marker())],
		typing: async () => [await typing()],
		'a new key': async () => {
			const { mallory, talk, alice } = world
			const author = { idHash: mallory.person.account.idHash, device: mallory.person.device, now: Date.now() }
			const members = [await mallory.target(mallory.person.id), await mallory.target(alice.account)]
			const input = { conversation: talk.state.id, base: talk.state.head, n: 2, members, previous: talk.key, moved: [] }
			const { rotate, boxes } = await rotateEntry(mallory.crypto, author, input)
			const form = { conversation: talk.id, entry: toText(encode(signedEntry, rotate)), boxes: boxForms(boxes) }
			return [await codeOf(mallory.person.http.call((api) => api.conversations.append(form)))]
		},
		'the old friendship, accepted once more': async () => {
			const { mallory, alice } = world
			const accept = await friendStep(mallory.person, asPerson(alice.account), { type: 'accept', request: oldRequest })
			return [await codeOf(mallory.person.http.call((api) => api.friends.accept({ account: alice.account, accept })))]
		},
		// He is in the conversation with her, whose entries he must be able to judge.
		'her log': async () => [
			await codeOf(world.mallory.person.http.call((api) => api.accounts.log({ account: world.alice.account }))),
		],
	}
	attacks('when she is his friend no longer', acts, stillSilent)

	test('friends again: what he writes, marks and types arrives', async () => {
		const { mallory, talk } = world
		await befriendAgain(world)
		expect(await upload(await mallory.item(talk, { text: 'friends again' }))).toEqual(['accept'])
		await world.aliceSees(['Hello Mallory', 'the truth', '<deleted>', 'this is true', 'friends again'])
		const socket = await mallory.socket()
		socket.say({ t: 'marker', conversation: talk.id, marker: await marker() })
		socket.say({ t: 'stream', guid: talk.guid(), clientId: 1 })
		await socket.told('stream')
		const marked = async () =>
			(
				await mustCall(mallory.person.http.call((api) => api.conversations.markers({ conversation: talk.id })))
			).markers.some(({ account }) => account === mallory.person.id)
		await expect.poll(marked).toBe(true)
		expect(socket.hub.values.filter(({ t }) => t === 'error')).toEqual([])
	})
})

describe('blocked', () => {
	beforeAll(async () => {
		must(await world.alice.api.block({ account: world.mallory.person.id }))
		await until(world.alice.api, stateOf('blocked'))
	})
	afterAll(async () => {
		must(await world.alice.api.unblock({ account: world.mallory.person.id }))
	})

	const acts = {
		'a message': message,
		'a marker': async () => [await answerTo(await marker())],
		typing: async () => [await typing()],
		'a request: she sees nothing of it': async () => {
			const { mallory, alice } = world
			const request = await friendStep(mallory.person, asPerson(alice.account), { type: 'request' })
			const code = await codeOf(
				mallory.person.http.call((api) => api.friends.request({ account: alice.account, request })),
			)
			await heard()
			await until(alice.api, stateOf('blocked'))
			return [code]
		},
	}
	attacks('when she has blocked him', acts, stillSilent)
})
