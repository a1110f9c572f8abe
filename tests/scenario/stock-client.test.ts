/**
 * Somebody reads along with a program of his own: y-websocket's provider as npm brings it, a ticket, and the keys that his
 * account has. Alice writes with her ordinary client.
 */
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { openEvents } from '#crypto/event-seal.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { Mallory as Program, type Talk } from '../support/fault/mallory.ts'
import { friendStep, must as mustCall, toBytes, type Person } from '../support/http-person.ts'
import { stockClient, ticketFor, type StockClient, type TicketAsker } from '../support/stock-clients.ts'
import { setup } from '../support/story.ts'
import { messagesUntil, must, until } from '../support/watching.ts'
import { befriend, inviteFrom, openDirect, post, writableUntil, type Someone } from '../support/world.ts'

function asker({ session, serverId, account, device }: Person): TicketAsker {
	return {
		...{ accessToken: session.accessToken, serverId, idHash: account.idHash },
		...{ deviceId: device.deviceId, sid: session.sid, sign: (body) => device.signing.sign('auth', body) },
	}
}

async function friendOf(alice: Someone, { person }: Program): Promise<ConversationId> {
	const to = { account: { idHash: toBytes(alice.account) } } as unknown as Person
	const request = await friendStep(person, to, { type: 'request' })
	await mustCall(person.http.call((api) => api.friends.request({ account: alice.account, request })))
	const asks = (state: string) =>
		until(alice.api, {
			view: 'friends',
			of: null,
			is: (friends) => friends.some((friend) => friend.account === person.id && friend.state === state),
		})
	await asks('incoming')
	must(await alice.api.acceptFriend({ account: person.id }))
	await asks('accepted')
	const { conversation } = must(await alice.api.openDirect({ account: person.id }))
	await writableUntil(alice, conversation)
	return conversation
}

/** What stands in the provider's own map, opened with the reader's key. */
async function textsIn(
	{ doc }: StockClient,
	{ crypto }: Program,
	{ keys: epoch }: Talk,
	author: string,
): Promise<string[]> {
	const inputs = [...doc.getMap('e').values()].flatMap((value) => {
		const item = value instanceof Uint8Array ? decodeItem(value as Bytes) : null
		return item?.ok && item.value.form === 'full' ? [{ epoch, idHash: toBytes(author), item: item.value }] : []
	})
	const opened = await openEvents(crypto, inputs)
	return opened.flatMap((body) => (body.ok && body.value.kind === 'post' ? [body.value.text] : []))
}

async function reading() {
	const story = await setup('alice', 'bob')
	const { alice, world } = story
	vi.spyOn(console, 'warn').mockImplementation(() => {})
	const program = await Program.signUp(world.server, 'robot', await inviteFrom(alice))
	const conversation = await friendOf(alice, program)
	const talk = await program.talk(conversation, [alice.account])
	const guid = talk.guid()
	const read = async (): Promise<StockClient> => {
		const { port } = world.server
		const client = stockClient(port, guid, await ticketFor(port, asker(program.person), guid))
		onTestFinished(() => client.stop())
		await client.synced()
		return client
	}
	const texts = (client: StockClient) => textsIn(client, program, talk, alice.account)
	return { ...story, program, conversation, guid, read, texts }
}

test('[WIRE11] a stock y-websocket client reads live through a ticket, and nothing but its page', async () => {
	const { alice, bob, conversation, read, texts } = await reading()
	await post(alice, conversation, 'before')
	await messagesUntil(alice.api, conversation, ([first]) => first?.mark === 'sent')
	const client = await read()
	await client.has(1)
	await post(alice, conversation, 'live', 'and on')
	await client.has(3)
	expect(await texts(client)).toEqual(expect.arrayContaining(['before', 'live', 'and on']))
	await befriend(alice, bob)
	const other = await openDirect(alice, bob)
	await post(alice, other, 'for Bob alone')
	await messagesUntil(bob.api, other, (messages) => messages.length === 1)
	await post(alice, conversation, 'last')
	await client.has(4)
	expect(client.keys()).toHaveLength(4)
})

test('[WIRE12] what it writes by the Y.Map API is refused once, without a loop, and reaches nobody', async () => {
	const { alice, conversation, read, texts } = await reading()
	const client = await read()
	const before = client.counts.sent
	client.doc.getMap('e').set('mine', 'a note of my own')
	await vi.waitFor(() => expect(console.warn).toHaveBeenCalledTimes(1))
	await post(alice, conversation, 'one', 'two', 'three')
	await client.has(4)
	expect(await texts(client)).toHaveLength(3)
	const shown = await messagesUntil(alice.api, conversation, (messages) =>
		messages.every(({ mark }) => mark === 'sent'),
	)
	expect(shown).toHaveLength(3)
	expect({ sent: client.counts.sent - before, sockets: client.counts.sockets }).toEqual({ sent: 1, sockets: 1 })
	expect(console.warn).toHaveBeenCalledTimes(1)
})

test('[WIRE11] sign-out ends it at once, and the provider stays away', async () => {
	const { program, read, world, guid } = await reading()
	const client = await read()
	const protocol = await ticketFor(world.server.port, asker(program.person), guid)
	await mustCall(program.person.http.call((api) => api.auth.signOut({})))
	expect(await client.closed).toBe(4421)
	const late = stockClient(world.server.port, guid, protocol)
	onTestFinished(() => late.stop())
	expect(await late.closed).toBe(4421)
	expect([client.counts.sockets, late.counts.sockets]).toEqual([1, 1])
})
