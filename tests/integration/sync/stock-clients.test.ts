/** Stock y-websocket clients at `/sync/<guid>`: what a ticket opens, for how long, and what it does not. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { bytesToBase64url, copyBytes, type Bytes } from '#protocol/bytes.ts'
import { KEEPALIVE_INTERVAL, TICKET_LIFETIME, TICKET_NONCE_LIFETIME } from '#protocol/limits.ts'
import { decodePageMessage, encodePageMessage } from '#protocol/page-messages.ts'
import { encodeUpdate } from '#protocol/page-codec.ts'
import { ticketProtocol } from '#protocol/ticket.ts'
import { rateLimits } from '#server/domain/rate-limits.ts'
import { socketLimits } from '#server/sync/limits.ts'
import { storeAccount } from '#tests/support/event-world.ts'
import { AccountStory, actor, bytesOf, type Actor } from '#tests/support/log-actors.ts'
import type { Credentials, RawClient } from '#tests/support/raw-client.ts'
import {
	askNonce,
	askTicket,
	stockClient,
	ticketFor,
	type StockClient,
	type TicketAsker,
} from '#tests/support/stock-clients.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

let world: SyncWorld
let bob: Credentials
let clients: StockClient[]
let guid: string

const badTicket = 4428

beforeEach(async () => {
	vi.spyOn(console, 'warn').mockImplementation(() => {})
	world = await syncWorld()
	bob = await world.signIn(world.story.bob)
	clients = []
	guid = world.guid(0)
})

afterEach(async () => {
	for (const client of clients) client.stop()
	expect(world.errors).toEqual([])
	await world.close()
	vi.restoreAllMocks()
})

function asker({ accessToken, account, sid, device }: Credentials, by: Actor = device): TicketAsker {
	const ids = { serverId: world.domain.instance.serverId, idHash: account, deviceId: device.deviceId }
	return { accessToken, sid, ...ids, sign: (body) => by.sign('auth', body) }
}

async function codeOf(answer: Promise<{ status: number; body: Record<string, string> }>): Promise<string | undefined> {
	return (await answer).body['code']
}

async function read(by = bob, of = guid): Promise<StockClient> {
	const client = stockClient(world.port, of, await ticketFor(world.port, asker(by), of))
	clients.push(client)
	await client.synced()
	return client
}

/** A bare socket at the door of a stock client. */
async function knock(protocol: string, path = `/sync/${guid}`) {
	const socket = new WebSocket(`ws://127.0.0.1:${world.port}${path}`, protocol)
	const heard: Uint8Array[] = []
	socket.on('message', (data: Buffer) => void heard.push(new Uint8Array(data)))
	socket.on('error', () => {})
	const closed = new Promise<number>((resolve) => socket.on('close', resolve))
	const refused = new Promise<number>((resolve) =>
		socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0)),
	)
	await Promise.race([new Promise((resolve) => socket.on('open', resolve)), closed, refused])
	return { socket, heard, closed, refused }
}

function isRemoval(said: object): boolean {
	const { states = [] } = said as { states?: readonly { state: string }[] }
	return states.length === 1 && states[0]?.state === 'null'
}

async function writes(by: RawClient, count: number): Promise<void> {
	const channel = await by.open(guid)
	const pen = world.pen(world.story.alice)
	for (let i = 0; i < count; i++) by.page(channel, { type: 'update', items: [(await pen.write({ guid })).row] })
	await by.acks(count)
}

test('[WIRE11] a ticket opens one page to a stock provider, which reads what is there and what comes', async () => {
	const alice = await world.join(world.story.alice)
	await writes(alice, 2)
	const client = await read()
	await client.has(2)
	const channel = await alice.open(guid)
	const { row } = await world.pen(world.story.alice, world.story.alice.laptop).write({ guid, place: { clock: 2 } })
	alice.page(channel, { type: 'update', items: [row] })
	await client.has(3)
	expect(client.counts.sockets).toBe(1)
})

test('[AUTH3] a ticket needs a session, the device’s signature, and a nonce of this session that was not used', async () => {
	const by = asker(bob)
	const nonce = async (of = by) => (await askNonce(world.port, of)).body['serverNonce'] as string
	const ask = (serverNonce: string, of = by) => codeOf(askTicket(world.port, of, { guid, serverNonce }))
	expect(await ask(await nonce(), { ...by, accessToken: 'no.such.token' })).toBe('unauthenticated')
	expect(await ask(await nonce(), asker(bob, actor('thief')))).toBe('bad-device-proof')
	expect(await ask(bytesToBase64url(bytesOf('mine')))).toBe('bad-device-proof')
	const alice = asker(await world.signIn(world.story.alice))
	expect(await ask(await nonce(alice))).toBe('bad-device-proof')
	const once = await nonce()
	const given = await askTicket(world.port, by, { guid, serverNonce: once })
	expect(given.status).toBe(201)
	expect(await ask(once)).toBe('bad-device-proof')
	// The answer brings the next one.
	expect((await askTicket(world.port, by, { guid, serverNonce: given.body['serverNonce'] as string })).status).toBe(201)
	const old = await nonce()
	await world.time.advance(TICKET_NONCE_LIFETIME)
	const later = { ...by, accessToken: await world.freshToken(bob) }
	expect(await ask(old, later)).toBe('bad-device-proof')
	// A signature for the socket is none for a ticket.
	const socketProof = {
		...by,
		sign: (body: Bytes) => bob.device.sign('auth', copyBytes(body.map((byte, i) => (i === 0 ? 1 : byte)))),
	}
	expect(await ask(await nonce(later), { ...later, sign: socketProof.sign })).toBe('bad-device-proof')
})

test('[WIRE11] no ticket for who is no member, for no page, nor for one far ahead', async () => {
	const carol = new AccountStory('carol')
	await storeAccount(world.domain, 'carol', carol)
	const ask = async (by: TicketAsker, of: string) => {
		const { serverNonce = '' } = (await askNonce(world.port, by)).body
		return codeOf(askTicket(world.port, by, { guid: of, serverNonce }))
	}
	expect(await ask(asker(await world.signIn(carol)), guid)).toBe('not-member')
	expect(await ask(asker(bob), 'c/abc/0')).toBe('not-found')
	expect(await ask(asker(bob), world.guid(9))).toBe('not-found')
})

test('[WIRE11] a ticket serves once: the provider that comes back with it stays away, and does not spin', async () => {
	const protocol = await ticketFor(world.port, asker(bob), guid)
	const client = stockClient(world.port, guid, protocol)
	clients.push(client)
	await client.synced()
	const thief = stockClient(world.port, guid, protocol)
	clients.push(thief)
	expect(await thief.closed).toBe(badTicket)
	// The line breaks: the provider comes back by itself with what it has.
	client.provider.ws?.close()
	expect(await client.closed).toBe(badTicket)
	expect([client.counts.sockets, thief.counts.sockets]).toEqual([2, 1])
	// With a new ticket it goes on where it was.
	client.provider.protocols = [await ticketFor(world.port, asker(bob), guid)]
	client.provider.connect()
	await client.synced()
	await writes(await world.join(world.story.alice), 1)
	await client.has(1)
})

test('[WIRE11] a ticket is for 30 seconds, one page and nothing else, and a wrong use uses it up', async () => {
	const late = await ticketFor(world.port, asker(bob), guid)
	await world.time.advance(TICKET_LIFETIME)
	expect(await (await knock(late)).closed).toBe(badTicket)
	const elsewhere = await ticketFor(world.port, asker(bob), guid)
	expect(await (await knock(elsewhere, `/sync/${world.guid(1)}`)).closed).toBe(badTicket)
	expect(await (await knock(elsewhere)).closed).toBe(badTicket)
	expect(await (await knock(ticketProtocol(bytesOf('guess')))).closed).toBe(badTicket)
	expect(await (await knock(ticketProtocol(bytesOf('short', 31)))).refused).toBe(401)
	expect(await (await knock('kith.mux.1')).refused).toBe(401)
	expect(await (await knock(late, '/sync/c/abc/0')).refused).toBe(404)
	expect(await (await knock(await ticketFor(world.port, asker(bob), guid), '/sync')).refused).toBe(400)
})

test('[WIRE11] the end of the session ends tickets and clients at once', async () => {
	const client = await read()
	const protocol = await ticketFor(world.port, asker(bob), guid)
	await world.domain.sessions.end(bob.account, bob.sid)
	expect(await client.closed).toBe(4421)
	expect(await (await knock(protocol)).closed).toBe(4421)
	expect(client.counts.sockets).toBe(1)
})

test('[WIRE11] who is a member no longer hears nothing more', async () => {
	const client = await read()
	const protocol = await ticketFor(world.port, asker(bob), guid)
	const conversation = bytesToBase64url(world.conversation)
	const members = [bytesToBase64url(world.story.alice.idHash)]
	const { get } = world.domain.conversationStates
	const left = vi.spyOn(world.domain.conversationStates, 'get').mockImplementation(async (id) => {
		const state = await get(id)
		return state && { ...state, members: new Map([...state.members].filter(([member]) => members.includes(member))) }
	})
	world.domain.cluster.publish('conversation-log', { conversation, from: 2, members, parted: [] })
	expect(await client.closed).toBe(4471)
	expect(await (await knock(protocol)).closed).toBe(4471)
	left.mockRestore()
})

test('[WIRE11] a device that its account’s log ends is closed', async () => {
	const client = await read()
	world.story.bob.retire(world.story.bob.laptop)
	await world.appendAccountEntry(world.story.bob)
	expect(await client.closed).toBe(4426)
})

test('a session that ends without a signal is noticed within a minute', async () => {
	const client = await read()
	await world.domain.unitOfWork.transaction(({ sessions }) =>
		sessions.endFamily(bob.sid, 1, 'session-ended').then(() => undefined),
	)
	await world.time.advance(socketLimits.stockCheckMs + KEEPALIVE_INTERVAL)
	expect(await client.closed).toBe(4421)
})

test('[WIRE12] what is written by the Y.Map API is refused once, said once, without a loop', async () => {
	const client = await read()
	const before = client.counts.sent
	client.doc.getMap('e').set('mine', 'text')
	await vi.waitFor(() => expect(console.warn).toHaveBeenCalledTimes(1))
	expect(vi.mocked(console.warn).mock.calls[0]?.[0]).toContain('item-malformed')
	expect(client.counts.sent - before).toBe(1)
	// Others write on; the provider is asked for nothing, and nobody gets its key.
	await writes(await world.join(world.story.alice), 3)
	await client.has(4)
	expect(client.counts.sent - before).toBe(1)
	const other = await read(await world.signIn(world.story.alice))
	await other.has(3)
	expect(other.keys()).not.toContain('mine')
	expect(console.warn).toHaveBeenCalledTimes(1)
})

test('[WIRE12] a sealed item that a stock client brings is stored, acked by the state vector, and refused ones stay refused', async () => {
	const client = await read()
	client.doc.getMap('e').set('mine', 'text')
	await vi.waitFor(() => expect(console.warn).toHaveBeenCalledTimes(1))
	const before = client.counts.sent
	const { row } = await world.pen(world.story.bob).write({ guid })
	Y.applyUpdate(client.doc, encodeUpdate([row]), 'outbox')
	const alice = await world.join(world.story.alice)
	const channel = await alice.open(guid)
	await vi.waitFor(async () => {
		alice.page(channel, { type: 'step1', vector: new Map() })
		expect((await alice.heard('step2', channel)).message.items).toHaveLength(1)
	})
	// The item, and the answer to the state vector that acks it: in it the refused key, of which nothing is said again.
	await vi.waitFor(() => expect(client.counts.sent - before).toBe(2))
	const pong = new Promise((resolve) => (client.provider.ws as unknown as WebSocket).once('pong', resolve))
	;(client.provider.ws as unknown as WebSocket).ping()
	await pong
	expect(client.counts.sent - before).toBe(2)
	expect(console.warn).toHaveBeenCalledTimes(1)
})

test('[WIRE7] an empty awareness message keeps a stock provider from reconnecting', async () => {
	const { socket, heard } = await knock(await ticketFor(world.port, asker(bob), guid))
	await vi.waitFor(() => expect(heard.length).toBe(1))
	await world.time.advance(KEEPALIVE_INTERVAL)
	await vi.waitFor(() => expect(heard.length).toBe(2))
	expect(decodePageMessage(heard[1] as Uint8Array)).toMatchObject({
		ok: true,
		value: { type: 'awareness', states: [] },
	})
	socket.terminate()
})

test('awareness goes both ways between stock and multiplexed clients', async () => {
	const alice = await world.join(world.story.alice)
	const channel = await alice.open(guid)
	await alice.heard('step1', channel)
	const client = await read()
	client.provider.awareness.setLocalState({ v: 'sealed' })
	const { message } = await alice.heard('awareness', channel)
	expect(message.states.map(({ clientId }) => clientId)).toEqual([client.doc.clientID])
	alice.page(channel, { type: 'awareness', states: [{ clientId: 7, clock: 1, state: '{"v":"hers"}' }] })
	await vi.waitFor(() => expect(client.provider.awareness.getStates().get(7)).toEqual({ v: 'hers' }))
	client.stop()
	await alice.frames.next(({ message: { type, ...said } }) => type === 'awareness' && isRemoval(said))
})

test('a restart says so, and what is no message of the protocol ends it for good', async () => {
	const noisy = await knock(await ticketFor(world.port, asker(bob), guid))
	noisy.socket.send(new Uint8Array([9, 9, 9]))
	expect(await noisy.closed).toBe(4400)
	const worded = await knock(await ticketFor(world.port, asker(bob), guid))
	worded.socket.send('text')
	expect(await worded.closed).toBe(4400)
	const client = await read()
	await world.instance.closeSockets()
	await vi.waitFor(() => expect(client.codes[0]).toBe(1012))
})

test('a stock client that floods is read slowly, one that does not read is let go, and others are served', async () => {
	const slow = await knock(await ticketFor(world.port, asker(bob), guid))
	await vi.waitFor(() => expect(slow.heard.length).toBe(1))
	slow.socket.pause()
	const client = await read(await world.signIn(world.story.alice))
	const conversation = bytesToBase64url(world.conversation)
	const content = bytesOf('big', 60_000)
	for (let recv = 1; recv <= 600; recv++) {
		const items = [{ clientId: 1, clock: recv - 1, content, recv }]
		world.domain.cluster.publish('events-stored', { conversation, guid, items, origin: null })
		if (recv % 20 === 0) await client.has(recv)
	}
	slow.socket.resume()
	expect([4509, 1006]).toContain(await slow.closed)
	await client.has(600)
	expect(client.codes).toEqual([])
	const flood = await knock(await ticketFor(world.port, asker(await world.signIn(world.story.bob)), guid))
	for (let i = 0; i < 10_000; i++) flood.socket.send(encodePageMessage({ type: 'query-awareness' }))
	const alice = await world.join(world.story.alice)
	await alice.open(guid)
	await alice.settled()
	expect(flood.heard.length).toBeLessThan(10_000)
	flood.socket.terminate()
})

test('tickets of one account, and stock clients of one device, are bounded', async () => {
	const first = await knock(await ticketFor(world.port, asker(bob), guid))
	for (let i = 1; i < socketLimits.stockPerDevice; i++) await knock(await ticketFor(world.port, asker(bob), guid))
	expect(await (await knock(await ticketFor(world.port, asker(bob), guid))).closed).toBe(4529)
	expect(first.socket.readyState).toBe(WebSocket.OPEN)
	let code: string | undefined
	for (let i = 0; i <= rateLimits.ticketByAccount.points && code === undefined; i++)
		code = await codeOf(askNonce(world.port, asker(bob)))
	expect(code).toBe('rate-limited')
})
