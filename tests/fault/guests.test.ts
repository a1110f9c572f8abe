/** A guest with a terminal instead of our client: what he asks and says, at every door (SPEC GST). */
import { expect, onTestFinished, test } from 'vitest'
import type { ConversationView } from '#core/api.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { guidOf } from '#protocol/guid.ts'
import { textToId } from '#protocol/ids.ts'
import { GUEST_IDLE, GUEST_LIFETIME, GUESTS_PER_ADDRESS } from '#protocol/limits.ts'
import { rateLimits } from '#server/domain/rate-limits.ts'
import { endpoints } from '../support/contract-samples.ts'
import { guestAt, readUntil, setupOpen } from '../support/guests.ts'
import { groupOf } from '../support/groups.ts'
import { findLeaks, type Place } from '../support/leak-search.ts'
import { actor, type Actor } from '../support/log-actors.ts'
import { ask, type RawAnswer, type RawRequest } from '../support/raw-http.ts'
import { RawClient, type Credentials } from '../support/raw-client.ts'
import { storyClock } from '../support/story-clock.ts'
import { messagesUntil, must, now, textsUntil, until } from '../support/watching.ts'
import { befriend, openDirect, post, writableUntil, type Device, type Person, type World } from '../support/world.ts'

const openRoom = { kind: 'room-open', name: 'Lobby', topic: 'Everything' } as const

/** Asks the server by the token of nobody's device. */
function terminal({ server }: World, token: string | null) {
	const nobody = { serverUrl: server.origin, tap: { accessToken: token } }
	return (request: RawRequest) => ask(nobody as never, { ...request, token })
}

async function enter(world: World, device: Actor = actor('a guest')): Promise<RawAnswer> {
	const body = { signingKey: bytesToBase64url(device.signingKey) }
	return terminal(world, null)({ method: 'POST', path: '/guests', body })
}

async function credentials(world: World, device: Actor = actor('a guest')): Promise<Credentials> {
	const { body } = await enter(world, device)
	const { account, sid, accessToken } = body as { account: string; sid: string; accessToken: string }
	return { account: base64urlToBytes(account) as Bytes, sid, accessToken, device }
}

async function socketOf(world: World, who: Credentials): Promise<RawClient> {
	const socket = new RawClient(world.server.port)
	onTestFinished(() => socket.socket.terminate())
	return socket.enter(who)
}

const idOf = (text: string) => textToId('conversation', text) as Bytes
const guid = (conversation: string) => guidOf({ conversation: idOf(conversation), page: 0, part: 0 })

async function sentUntil({ api }: Device, conversation: string): Promise<void> {
	await messagesUntil(api, conversation, (all) => all.length > 0 && all.every(({ mark }) => mark !== 'queued'))
}

/** What needs no session, and knows no guest: the ways into an account, for bots too, and what the server says to everybody. */
const forEverybody = ['instance.', 'auth.', 'accounts.addDevice', 'guests.enter', 'bots.look', 'push.renew']

/** Have their own form, with headers and bytes: asked by every role in tests/integration/server/endpoint-roles.test.ts. */
const inTheirForm = ['blobs.create', 'blobs.offset', 'blobs.append']

test('[A4][GST2] every endpoint of the contract refuses a guest but those that are his', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	const hidden = await groupOf(alice, [], { kind: 'room-private' })
	const { accessToken } = await credentials(world)
	const [guest, nobody] = [terminal(world, accessToken), terminal(world, null)]
	const answers = { refused: 0, own: [] as string[], forEverybody: [] as string[], wrong: [] as string[] }
	for (const conversation of [room, hidden]) {
		for (const endpoint of endpoints({
			conversation,
			account: alice.account,
			deviceId: 'A'.repeat(22),
			blob: 'A'.repeat(22),
		})) {
			const { name, method, path, body } = endpoint
			const isHis = name.startsWith('guests.')
			const isLast = name === 'guests.leave'
			if (isLast || inTheirForm.includes(name)) continue
			const asNobody = await nobody({ method, path, body })
			const asGuest = await guest({ method, path, body })
			if (forEverybody.some((one) => name.startsWith(one))) answers.forEverybody.push(name)
			else if (isHis) answers.own.push(`${name} ${asGuest.code ?? asGuest.status}`)
			else if (asNobody.code === 'unauthenticated' && asGuest.code === 'forbidden') answers.refused++
			else answers.wrong.push(`${name}: ${asNobody.code ?? asNobody.status} ${asGuest.code ?? asGuest.status}`)
		}
	}
	expect(answers.wrong).toEqual([])
	expect(answers.refused).toBeGreaterThan(60)
	const reads = ['log', 'account', 'heads'].map((call) => `guests.${call}`)
	expect(answers.own.slice(0, answers.own.length / 2)).toEqual([
		'guests.rooms 200',
		...reads.map((call) => `${call} 200`),
		'guests.rows not-found',
		'guests.blob not-found',
	])
	// Of what is not open he learns nothing, not even that it is there.
	expect(answers.own.slice(answers.own.length / 2)).toEqual([
		'guests.rooms 200',
		...[...reads, 'guests.rows', 'guests.blob'].map((call) => `${call} not-found`),
	])
})

test('[A4][GST3] private rooms, groups, direct messages and nothing at all are answered alike', async () => {
	const { alice, bob, world } = await setupOpen(['alice', 'bob'])
	await groupOf(alice, [], openRoom)
	const hidden = await groupOf(alice, [], { kind: 'room-private' })
	const group = await groupOf(alice, [[bob, 'member']])
	const direct = await openDirect(alice, bob)
	const guest = terminal(world, (await credentials(world)).accessToken)
	const answers: RawAnswer[] = []
	for (const conversation of [hidden, group, direct, 'AAAAAAAAAAAAAAAAAAAAAA'])
		for (const path of ['log', 'heads', 'pages/0/0', `accounts/${alice.account}`])
			answers.push(await guest({ path: `/guests/rooms/${conversation}/${path}` }))
	expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
	expect(answers[0]).toMatchObject({ status: 404, code: 'not-found' })
})

test('[A4][GST5] over the socket he opens no page but of an open room, and whatever he says is refused and reaches nobody', async () => {
	const { alice, bob, world } = await setupOpen(['alice', 'bob'])
	const room = await groupOf(alice, [[bob, 'member']], openRoom)
	const direct = await openDirect(alice, bob)
	await post(alice, room, 'open')
	await sentUntil(alice, room)
	const socket = await socketOf(world, await credentials(world))
	socket.say({ t: 'follow', conversation: direct })
	expect(await socket.told('error')).toEqual({ t: 'error', code: 'not-found', about: direct })
	socket.say({ t: 'open', guid: guid(direct) })
	expect(await socket.told('closed')).toEqual({ t: 'closed', guid: guid(direct), code: 'not-found' })
	const channel = await socket.follow(idOf(room))
	const vector = await socket.heard('step1', channel)
	socket.page(channel, { type: 'step1', vector: new Map() })
	const rows = await socket.heard('step2', channel)
	expect(vector.message.vector.size).toBe(1)
	expect(rows.message.items).toHaveLength(1)
	// A post: one that is there under the next clock, and the same again.
	const [item] = rows.message.items
	const forged = { ...item!, clock: item!.clock + 1 }
	const forbidden = { t: 'error', code: 'forbidden', about: guid(room) }
	for (const one of [forged, item!]) {
		socket.page(channel, { type: 'update', items: [one] })
		expect(await socket.told('error')).toEqual(forbidden)
	}
	socket.page(channel, { type: 'awareness', states: [{ clientId: 7, clock: 1, state: '{"v":"AA"}' }] })
	expect(await socket.told('error')).toEqual(forbidden)
	const refused = { t: 'error', code: 'forbidden' }
	for (const message of [
		{ t: 'marker', conversation: room, marker: 'AAAA' },
		{ t: 'presence', away: false },
		{ t: 'stream', guid: guid(room), clientId: item!.clientId },
	]) {
		socket.say(message)
		expect(await socket.told('error')).toEqual(refused)
	}
	await socket.settled()
	expect(socket.hub.values.filter(({ t }) => t === 'acks' || t === 'presence' || t === 'stream')).toEqual([])
	// Bob, who hears all that a member hears, has heard nothing of it.
	await textsUntil(bob.api, room, ['open'])
	expect(world.server.domain.guests.count()).toBe(1)
	expect((await world.server.domain.pages.summary(idOf(room))).recv).toBe(1)
})

test('[A4][GST5] who types, reads and is here is told to members, and to no guest', async () => {
	const { alice, bob, world } = await setupOpen(['alice', 'bob'])
	const room = await groupOf(alice, [[bob, 'member']], openRoom)
	await post(alice, room, 'open')
	await sentUntil(alice, room)
	const socket = await socketOf(world, await credentials(world))
	const channel = await socket.follow(idOf(room))
	must(await alice.api.setTyping({ conversation: room, typing: true }))
	await bobSees(bob, room, ({ typing }) => typing.includes(alice.account))
	const { messages } = await bobSees(bob, room, (view) => view.messages.length === 1)
	must(await bob.api.markRead({ conversation: room, key: messages[0]?.key ?? '' }))
	await messagesUntil(alice.api, room, ([first]) => first?.mark === 'read')
	socket.page(channel, { type: 'query-awareness' })
	expect((await socket.heard('awareness', channel)).message.states).toEqual([])
	await socket.settled()
	expect(socket.frames.values.filter(({ message }) => message.type === 'awareness')).toEqual([])
	expect(socket.hub.values.map(({ t }) => t)).toEqual([])
})

function bobSees({ api }: Person, conversation: string, is: (view: ConversationView) => boolean) {
	const isWanted = (view: ConversationView | null): view is ConversationView => view !== null && is(view)
	return until(api, { view: 'conversation', of: conversation, is: isWanted })
}

test('[A4][GST7] archived, a room says nothing more to a guest who goes on listening', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	await post(alice, room, 'open')
	await sentUntil(alice, room)
	const who = await credentials(world)
	const socket = await socketOf(world, who)
	await socket.follow(idOf(room))
	must(await alice.api.archiveGroup({ conversation: room, archived: true }))
	expect(await socket.told('closed')).toMatchObject({ code: 'not-found' })
	await socket.settled()
	// Not even the entry that says so.
	expect(socket.hub.values.filter(({ t }) => t === 'conversation')).toEqual([])
	socket.say({ t: 'follow', conversation: room })
	expect(await socket.told('error')).toMatchObject({ code: 'not-found' })
	const guest = terminal(world, who.accessToken)
	expect(await guest({ path: `/guests/rooms/${room}/log` })).toMatchObject({ code: 'not-found' })
	expect(await guest({ path: `/guests/rooms/${room}/pages/0/0` })).toMatchObject({ code: 'not-found' })
})

test('[A4][GST1] a token needs its key, its visit and this server; another key opens no socket', async () => {
	const { alice, world } = await setupOpen(['alice'])
	await groupOf(alice, [], openRoom)
	const who = await credentials(world)
	const thief = new RawClient(world.server.port)
	await expect(thief.enter({ ...who, device: actor('a thief') })).rejects.toThrow('closed with 4424')
	const altered = terminal(world, `${who.accessToken.slice(0, -2)}AA`)
	expect(await altered({ path: '/guests/rooms' })).toMatchObject({ code: 'unauthenticated' })
	const member = terminal(world, alice.tap.accessToken)
	expect(await member({ path: '/guests/rooms' })).toMatchObject({ code: 'unauthenticated' })
	const guest = terminal(world, who.accessToken)
	expect(await guest({ method: 'DELETE', path: '/guests' })).toMatchObject({ status: 200 })
	expect(await guest({ path: '/guests/rooms' })).toMatchObject({ code: 'guest-ended' })
	expect(await guest({ method: 'GET', path: '/account' })).toMatchObject({ code: 'forbidden' })
})

test('[A4][GST6] a guest ends an hour after it was last heard of, and a day after it came, whatever it does', async () => {
	const { clock, advance } = storyClock()
	const { alice, world } = await setupOpen(['alice'], { clock })
	await groupOf(alice, [], openRoom)
	const idle = terminal(world, (await credentials(world, actor('idle'))).accessToken)
	const busy = terminal(world, (await credentials(world, actor('busy'))).accessToken)
	const ended = { status: 401, code: 'guest-ended' }
	advance(GUEST_IDLE - 60_000)
	expect(await busy({ path: '/guests/rooms' })).toMatchObject({ status: 200 })
	advance(120_000)
	expect(await idle({ path: '/guests/rooms' })).toMatchObject(ended)
	for (let at = GUEST_IDLE + 60_000; at < GUEST_LIFETIME - GUEST_IDLE; at += GUEST_IDLE - 1000) {
		expect(await busy({ path: '/guests/rooms' })).toMatchObject({ status: 200 })
		advance(GUEST_IDLE - 1000)
	}
	advance(GUEST_IDLE)
	// By then its token has run out as well.
	expect((await busy({ path: '/guests/rooms' })).status).toBe(401)
	expect(world.server.domain.guests.count()).toBe(0)
})

test('[A4][GST6] a flood of visits from one address fills its own places, and nobody else’s', async () => {
	const { alice, world } = await setupOpen(['alice'], { env: { KITH_PROXY_HOPS: '1' } })
	const room = await groupOf(alice, [], openRoom)
	await post(alice, room, 'open')
	const from = async (address: string) => {
		const response = await fetch(`${world.server.origin}/api/v1/guests`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
			body: JSON.stringify({ signingKey: bytesToBase64url(actor('one of many').signingKey) }),
		})
		return ((await response.json()) as { code?: string }).code ?? String(response.status)
	}
	const codes: string[] = []
	for (let i = 0; i < rateLimits.guestByIp.points + 1; i++) codes.push(await from('192.0.2.1'))
	const counted = Map.groupBy(codes, (code) => code)
	expect([...counted].map(([code, all]) => [code, all.length])).toEqual([
		['200', GUESTS_PER_ADDRESS],
		['guests-full', rateLimits.guestByIp.points - GUESTS_PER_ADDRESS],
		['rate-limited', 1],
	])
	expect(await from('192.0.2.2')).toBe('200')
	await readUntil(await guestAt(world), room, ({ messages }) => messages.length === 1)
})

test('[A4][GST6] what a guest reads in a minute is limited: over HTTP, and over the socket', async () => {
	const { alice, world } = await setupOpen(['alice'])
	const room = await groupOf(alice, [], openRoom)
	const who = await credentials(world)
	const guest = terminal(world, who.accessToken)
	const { readByGuest, guestReadsByIp } = rateLimits
	const codes = new Set<string>()
	for (let i = 0; i < readByGuest.points; i++) codes.add(String((await guest({ path: '/guests/rooms' })).status))
	expect([...codes]).toEqual(['200'])
	expect(await guest({ path: `/guests/rooms/${room}/heads` })).toMatchObject({ code: 'rate-limited' })
	const socket = await socketOf(world, who)
	const channel = await socket.follow(idOf(room))
	socket.page(channel, { type: 'step1', vector: new Map() })
	expect(await socket.closed).toBe(4529)
	// Another of the same address reads on: an address has more than one guest.
	const other = terminal(world, (await credentials(world, actor('another'))).accessToken)
	expect(await other({ path: '/guests/rooms' })).toMatchObject({ status: 200 })
	expect(guestReadsByIp.points).toBeGreaterThan(readByGuest.points)
})

test('[A4][GST4] nothing of a private conversation, a friend list or a member who never wrote is in anything that a guest gets', async () => {
	const { alice, robert, charlie, world } = await setupOpen(['alice', 'robert', 'charlie'])
	const room = await groupOf(alice, [[robert, 'member']], openRoom)
	const group = await groupOf(alice, [[charlie, 'member']], { name: 'Secret society of Carp', topic: 'Ponds' })
	const direct = await openDirect(alice, robert)
	await befriend(robert, charlie)
	await post(alice, room, 'a word that everybody may read')
	await post(alice, direct, 'between the two of us')
	await post(alice, group, 'among ourselves')
	for (const one of [room, direct, group]) await sentUntil(alice, one)
	const who = await credentials(world)
	const places: Place[] = []
	const kept = (name: string, text: string) => places.push({ name, bytes: Buffer.from(text) })
	const guest = terminal(world, who.accessToken)
	const accounts = [alice, robert, charlie].map(({ account }) => `/guests/rooms/${room}/accounts/${account}`)
	const reads = ['log', 'heads', 'pages/0/0'].map((path) => `/guests/rooms/${room}/${path}`)
	for (const path of ['/guests/rooms', ...reads, ...accounts]) kept(path, JSON.stringify(await guest({ path })))
	const reader = await guestAt(world)
	await readUntil(reader, room, ({ messages, people }) => messages.length === 1 && people.length === 1)
	must(await alice.api.setTyping({ conversation: room, typing: true }))
	await post(alice, room, 'and another')
	await textsUntil(reader.api, room, ['a word that everybody may read', 'and another'])
	for (const { channel, payload } of reader.tap.heard) places.push({ name: `channel ${channel}`, bytes: payload })
	kept('the view', JSON.stringify(await now(reader.api, 'conversation', room)))
	const hidden = [
		...['robert', 'charlie'].flatMap((name) => [
			{ name: `name of ${name}`, value: name },
			{ name: `displayed name of ${name}`, value: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}` },
		]),
		{ name: 'charlie, who is not in the room', value: base64urlToBytes(charlie.account) as Bytes },
		{ name: 'the direct conversation', value: idOf(direct) },
		{ name: 'the group', value: idOf(group) },
		{ name: 'title of the group', value: 'Secret society of Carp' },
		{ name: 'a direct message', value: 'between the two of us' },
		{ name: 'a message of the group', value: 'among ourselves' },
	]
	expect(findLeaks(hidden, places)).toEqual([])
	// What is there is found: a canary beside.
	expect(findLeaks([{ name: 'canary', value: 'a word that everybody may read' }], places)).not.toEqual([])
	expect(findLeaks([{ name: 'the author', value: base64urlToBytes(alice.account) as Bytes }], places)).not.toEqual([])
	await writableUntil(alice, room)
})
