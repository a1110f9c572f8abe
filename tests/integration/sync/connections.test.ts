/** Who gets in, how long he stays, and what closes him (SPEC WIRE, AUTH; close codes of errors.ts). */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { wireErrors } from '#protocol/errors.ts'
import { socketLimits } from '#server/sync/limits.ts'
import { storeAccount } from '#tests/support/event-world.ts'
import { AccountStory, actor } from '#tests/support/log-actors.ts'
import { proofOf, type RawClient, type Credentials } from '#tests/support/raw-client.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

let world: SyncWorld
let alice: Credentials
const minute = 60_000

beforeEach(async () => {
	world = await syncWorld()
	alice = await world.signIn(world.story.alice)
})

afterEach(async () => {
	expect(world.errors).toEqual([])
	await world.close()
})

async function challenged(client: RawClient, nonce: Bytes = new Uint8Array(32)) {
	await client.opened()
	return client.challenge(nonce)
}

test('an upgrade elsewhere, from elsewhere or for something else is refused before there is a socket', async () => {
	const refusal = (options: ConstructorParameters<typeof RawClient>[1]): Promise<number> => world.knock(options).refused
	expect(await refusal({ path: '/chat' })).toBe(404)
	expect(await refusal({ path: '/sync/c/abc/0' })).toBe(404)
	expect(await refusal({ path: `/sync/${world.guid(0)}` })).toBe(401)
	expect(await refusal({ subprotocol: 'graphql-ws' })).toBe(400)
	expect(await refusal({ origin: 'https://evil.example' })).toBe(403)
})

test('the own origin may, and who names none is no browser', async () => {
	const { port } = world
	await world.knock({ origin: `http://127.0.0.1:${port}` }).enter(alice)
	await world.knock().enter(alice)
})

test('the challenge names the instance, and no nonce comes twice', async () => {
	const [one, two] = [world.knock(), world.knock()]
	const [first, second] = [await challenged(one), await challenged(two)]
	const { serverKey, epoch } = world.domain.instance
	expect(first).toMatchObject({ serverKey: bytesToBase64url(serverKey), instanceEpoch: bytesToBase64url(epoch) })
	expect(first.serverNonce).not.toBe(second.serverNonce)
})

const closings: [string, string, (client: RawClient) => Promise<void>][] = [
	['auth before hello', 'malformed', async (client) => client.say({ t: 'auth', accessToken: '', signature: '' })],
	['a hub message before hello', 'malformed', async (client) => client.say({ t: 'open', guid: 'c' })],
	[
		'a second hello',
		'malformed',
		async (client) => {
			await client.challenge(new Uint8Array(32))
			client.say({ t: 'hello', v: 1, clientNonce: bytesToBase64url(new Uint8Array(32)) })
		},
	],
	['a nonce that is too short', 'malformed', async (client) => client.say({ t: 'hello', v: 1, clientNonce: 'AAAA' })],
	['an unknown message', 'malformed', async (client) => client.say({ t: 'sudo' })],
	['what is no JSON', 'malformed', async (client) => client.raw(Uint8Array.of(0, 0, 123))],
	['what is no frame', 'malformed', async (client) => client.raw(new Uint8Array(0))],
	['text', 'malformed', async (client) => client.socket.send('hello')],
	['a frame of a page', 'unauthenticated', async (client) => client.page(1, { type: 'query-awareness' })],
	[
		'more bytes than a stranger may send',
		'too-large',
		async (client) => client.raw(new Uint8Array(socketLimits.strangerBytes + 1)),
	],
	[
		'a wrong token',
		'unauthenticated',
		async (client) => {
			await client.challenge(new Uint8Array(32))
			client.say({ t: 'auth', accessToken: 'no.such.token', signature: bytesToBase64url(new Uint8Array(64)) })
		},
	],
	[
		'a signature of the wrong length',
		'bad-device-proof',
		async (client) => {
			await client.challenge(new Uint8Array(32))
			client.say({ t: 'auth', accessToken: alice.accessToken, signature: 'AAAA' })
		},
	],
	[
		'another device’s signature',
		'bad-device-proof',
		async (client) => {
			const challenge = await client.challenge(new Uint8Array(32))
			const signature = proofOf({ ...alice, device: actor('thief') }, challenge, new Uint8Array(32))
			client.say({ t: 'auth', accessToken: alice.accessToken, signature })
		},
	],
	[
		'a signature over another client nonce',
		'bad-device-proof',
		async (client) => {
			const challenge = await client.challenge(new Uint8Array(32))
			const signature = proofOf(alice, challenge, new Uint8Array(32).fill(1))
			client.say({ t: 'auth', accessToken: alice.accessToken, signature })
		},
	],
]

test.each(closings)('before authentication, %s ends it: %s', async (_what, code, say) => {
	const client = world.knock()
	await client.opened()
	await say(client)
	const error = wireErrors[code as 'malformed']
	expect(await client.closed).toBe(error.close)
})

test('a proof serves one challenge: recorded and sent to another it is refused', async () => {
	const [one, two] = [world.knock(), world.knock()]
	const nonce = new Uint8Array(32).fill(3)
	const signature = proofOf(alice, await challenged(one, nonce), nonce)
	await challenged(two, nonce)
	two.say({ t: 'auth', accessToken: alice.accessToken, signature })
	expect(await two.closed).toBe(4424)
	one.say({ t: 'auth', accessToken: alice.accessToken, signature })
	await one.told('welcome')
	// Nor twice on the same connection.
	one.say({ t: 'auth', accessToken: alice.accessToken, signature })
	expect(await one.closed).toBe(4400)
})

test('who does not prove himself within ten seconds is closed, half-way or not', async () => {
	const [silent, half] = [world.knock(), world.knock()]
	await Promise.all([silent.opened(), challenged(half)])
	await world.time.advance(socketLimits.handshakeMs)
	expect([await silent.closed, await half.closed]).toEqual([4508, 4508])
})

test('a session that ends closes its sockets at once, and no others', async () => {
	const bob = await world.join(world.story.bob)
	const [one, two] = [await world.knock().enter(alice), await world.knock().enter(alice)]
	await world.domain.sessions.end(alice.account, alice.sid)
	expect([await one.closed, await two.closed]).toEqual([4421, 4421])
	await bob.settled()
	const again = world.knock()
	const challenge = await challenged(again)
	again.say({ t: 'auth', accessToken: alice.accessToken, signature: proofOf(alice, challenge, new Uint8Array(32)) })
	expect(await again.closed).toBe(4421)
})

test('a token that ran out closes, unless a new one of the same session came', async () => {
	const [renewing, forgetting] = [await world.knock().enter(alice), await world.knock().enter(alice)]
	const pass = async (ms: number, clients: readonly RawClient[]): Promise<void> => {
		for (let passed = 0; passed < ms; passed += 20_000) {
			await world.time.advance(20_000)
			await Promise.all(clients.map((client) => client.settled()))
		}
	}
	await pass(9 * minute, [renewing, forgetting])
	const accessToken = await world.freshToken(alice)
	renewing.say({ t: 'token', accessToken })
	// Nothing is answered: what is asked after it, and takes as long, is done after it.
	await renewing.settled()
	await world.domain.sessions.verifyAccess(accessToken)
	await renewing.settled()
	await pass(minute, [renewing, forgetting])
	await pass(socketLimits.tokenGraceMs + 20_000, [renewing])
	expect(await forgetting.closed).toBe(4501)
	await renewing.settled()
})

test('a token of another session renews nothing', async () => {
	const bob = await world.signIn(world.story.bob)
	const client = await world.knock().enter(alice)
	client.say({ t: 'token', accessToken: bob.accessToken })
	expect(await client.closed).toBe(4501)
})

test('one device opens so many sockets and no more', async () => {
	const clients: RawClient[] = []
	for (let i = 0; i < socketLimits.perDevice; i++) clients.push(await world.knock().enter(alice))
	const beyond = world.knock()
	await expect(beyond.opened().then(() => beyond.enter(alice))).rejects.toThrow('closed with 4529')
	await clients[0]!.close()
	await world.knock().enter(alice)
})

test('a dead socket is found by its silence', async () => {
	const client = await world.knock().enter(alice)
	client.socket.pause()
	await world.time.advance(socketLimits.silenceMs + 40_000)
	client.socket.resume()
	expect(await client.closed).toBe(1006)
})

test('a live client that says nonsense is closed', async () => {
	const client = await world.knock().enter(alice)
	client.say({ t: 'open' })
	expect(await client.closed).toBe(4400)
})

test('[WIRE2] a frame larger than a frame may be is not read', async () => {
	const client = await world.knock().enter(alice)
	client.raw(new Uint8Array(1024 * 1024 + 1))
	expect(await client.closed).toBe(1009)
})

test('a device that signs badly is closed, and stays out until it signs in anew', async () => {
	const guid = world.guid(0)
	const client = await world.knock().enter(alice)
	const channel = await client.open(guid)
	const head = { kind: 'redact', targets: [new Uint8Array(16)] } as const
	const { row } = await world.pen(world.story.alice).write({ guid, head, badSignature: true })
	client.page(channel, { type: 'update', items: [row] })
	expect(await client.acks(1)).toMatchObject([{ verdict: 'refuse', code: 'item-bad-signature' }])
	expect(await client.closed).toBe(4424)
	const again = world.knock()
	await expect(again.enter(alice)).rejects.toThrow('closed with 4424')
	await world.join(world.story.alice)
})

test('a device that its account log ends is not served any longer', async () => {
	const client = await world.knock().enter(alice)
	const { story } = world
	story.alice.retire(story.alice.laptop)
	await world.appendAccountEntry(story.alice)
	expect(await client.closed).toBe(4426)
	const again = world.knock()
	await expect(again.enter(alice)).rejects.toThrow('closed with 4426')
})

test('a stranger with a socket of his own learns nothing', async () => {
	const carol = new AccountStory('carol')
	await storeAccount(world.domain, 'carol', carol)
	const stranger = await world.join(carol)
	const bob = await world.join(world.story.bob)
	const client = await world.knock().enter(alice)
	const guid = world.guid(0)
	const conversation = bytesToBase64url(world.conversation)
	const channel = await client.open(guid)
	await bob.follow(world.conversation)
	stranger.say({ t: 'open', guid })
	expect(await stranger.told('closed')).toEqual({ t: 'closed', guid, code: 'not-member' })
	stranger.say({ t: 'follow', conversation })
	expect(await stranger.told('error')).toEqual({ t: 'error', code: 'not-member', about: conversation })
	stranger.say({ t: 'stream', guid, clientId: 1 })
	expect(await stranger.told('error')).toEqual({ t: 'error', code: 'not-member', about: guid })
	// He guesses the number of the channel.
	stranger.page(channel, { type: 'step1', vector: new Map() })
	stranger.page(channel, { type: 'query-awareness' })
	const { row } = await world.pen(world.story.alice).write({ guid })
	stranger.page(channel, { type: 'update', items: [row] })
	client.page(channel, { type: 'update', items: [row] })
	expect(await client.acks(1)).toMatchObject([{ verdict: 'accept', recv: 1 }])
	await bob.heard('update')
	await world.domain.unitOfWork.transaction(async () => undefined)
	world.domain.cluster.publish('friends-changed', { accounts: [bytesToBase64url(alice.account)] })
	await client.told('friends')
	await stranger.settled()
	expect([stranger.hub.values, stranger.frames.values]).toEqual([[], []])
})

test('who is removed is out at once: channels closed, nothing more heard', async () => {
	const guid = world.guid(0)
	const client = await world.knock().enter(alice)
	const bob = await world.join(world.story.bob)
	const channel = await client.open(guid)
	await bob.follow(world.conversation)
	const conversation = bytesToBase64url(world.conversation)
	world.domain.cluster.publish('conversation-log', {
		conversation,
		from: 2,
		members: [bytesToBase64url(alice.account)],
		parted: [],
	})
	expect(await bob.told('closed')).toEqual({ t: 'closed', guid, code: 'not-member' })
	expect(await client.told('conversation')).toMatchObject({ conversation, from: 2, entries: [] })
	client.page(channel, { type: 'update', items: await world.pen(world.story.alice).rows(1, { guid }) })
	await client.acks(1)
	await bob.settled()
	expect(bob.frames.values.filter(({ message }) => message.type === 'update')).toEqual([])
	expect(bob.hub.values.filter(({ t }) => t === 'conversation')).toEqual([])
})

test('new entries of logs reach those whom they concern', async () => {
	const client = await world.knock().enter(alice)
	const bob = await world.join(world.story.bob)
	const conversation = bytesToBase64url(world.conversation)
	const members = [alice.account, world.story.bob.idHash].map(bytesToBase64url)
	world.domain.cluster.publish('conversation-log', { conversation, from: 0, members, parted: [] })
	const told = await bob.told('conversation')
	expect(told).toMatchObject({ conversation, from: 0, entries: { length: 2 } })
	expect(await client.told('conversation')).toEqual(told)
	world.story.alice.addDevice(actor('alice phone'), { kind: 'device', by: world.story.alice.laptop, purpose: 'acct' })
	await world.appendAccountEntry(world.story.alice)
	const entry = await bob.told('account')
	expect(entry).toMatchObject({ account: bytesToBase64url(alice.account), from: 1, entries: { length: 1 } })
	expect(await client.told('account')).toEqual(entry)
})
