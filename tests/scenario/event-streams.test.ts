/** /api/v1/events: whoever cannot hold a socket hears what is stored in his conversations, each once, through every cut. */
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ConversationId, NewGroup } from '#core/api.ts'
import { feedLimits } from '#server/domain/feeds.ts'
import { readEvents, type EventReader, type ReaderWish } from '../support/event-stream.ts'
import { findLeaks } from '../support/leak-search.ts'
import { groupOf } from '../support/groups.ts'
import { must as mustCall, signUp, toBytes, toText, type Person as HttpPerson } from '../support/http-person.ts'
import { describeOnRedis } from '../support/on-redis.ts'
import { describeOnPostgres } from '../support/postgres.ts'
import { ask } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'
import { askNonce, askTicket, type TicketAsker } from '../support/stock-clients.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world } from '../support/story.ts'
import { messagesUntil, must } from '../support/watching.ts'
import {
	accessTokenOf,
	befriend,
	openDirect,
	post,
	writableUntil,
	type Person,
	type WorldOptions,
} from '../support/world.ts'

async function reading(at: { readonly port: number }, wish: ReaderWish): Promise<EventReader> {
	const reader = await readEvents(at, wish)
	onTestFinished(() => reader.cut())
	if (reader.code === null) await reader.next(({ type }) => type === 'ready')
	return reader
}

/** Ids of the newest messages, once all of them are stored. */
async function sent({ api }: Person, conversation: ConversationId, count: number): Promise<string[]> {
	const all = await messagesUntil(
		api,
		conversation,
		(list) => list.length === count && list.every(({ mark, event }) => mark !== 'queued' && event !== null),
	)
	return all.map(({ event }) => event as string)
}

const heardAll = (reader: EventReader, conversation: string, recv: number) =>
	reader.next(({ type, data }) => type === 'item' && data['conversation'] === conversation && data['recv'] === recv)

const upTo = (count: number, from = 1) => Array.from({ length: count - from + 1 }, (_, i) => from + i)

const aGroup = ({ account }: Person): NewGroup => ({
	...{ kind: 'group', name: 'The group', topic: '', history: 'shared', invite: 'admins', knock: 'no' },
	members: [{ account, role: 'member' }],
})

async function friends(options: WorldOptions = {}) {
	const opened = await world(options)
	const story = await peopled(opened, ['alice', 'bob'])
	await befriend(story.alice, story.bob)
	const conversation = await openDirect(story.alice, story.bob)
	return { ...story, conversation }
}

function resuming(database: 'sqlite' | 'postgres'): void {
	test('[S2] it hears what is written as it is written, sealed, and goes on after a cut and after a restart of the server', async () => {
		const { alice, bob, conversation, world: here } = await friends({ database })
		await post(alice, conversation, 'Before anybody listened')
		await sent(alice, conversation, 1)
		const first = await reading(here.server, { token: await accessTokenOf(bob) })
		expect(first.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
		expect(first.headers.get('cache-control')).toBe('no-store')
		await post(alice, conversation, 'The tea is ready', 'And cake')
		await heardAll(first, conversation, 3)
		expect(first.recvs(conversation)).toEqual([2, 3])
		expect(first.eventIds(conversation, alice.account)).toEqual((await sent(alice, conversation, 3)).slice(1))
		const said = { name: 'the stream', bytes: Buffer.from(JSON.stringify(first.events)) }
		expect(findLeaks([{ name: 'a text', value: 'The tea is ready' }], [said])).toEqual([])

		first.cut()
		await post(alice, conversation, 'While it was away')
		await sent(alice, conversation, 4)
		await here.stop()
		await here.start()
		await post(alice, conversation, 'After the restart')
		await sent(alice, conversation, 5)
		const second = await reading(here.server, { token: await accessTokenOf(bob), lastEventId: first.lastId() })
		await heardAll(second, conversation, 5)
		await post(alice, conversation, 'And live again')
		await heardAll(second, conversation, 6)
		expect([...first.recvs(conversation), ...second.recvs(conversation)]).toEqual(upTo(6, 2))
	})

	test('[S2] what was missed may be more than one reading: it comes whole, in order, and each once', async () => {
		const { alice, bob, conversation, world: here } = await friends({ database })
		const token = await accessTokenOf(bob)
		const first = await reading(here.server, { token })
		first.cut()
		const count = feedLimits.rows * 2 + 5
		await post(alice, conversation, ...upTo(count).map((i) => `Number ${i}`))
		await messagesUntil(alice.api, conversation, (list) => list.every(({ mark }) => mark !== 'queued'))
		const second = await reading(here.server, { token, lastEventId: first.lastId() })
		await heardAll(second, conversation, count)
		expect(second.recvs(conversation)).toEqual(upTo(count))
		// Cut in the middle: what has no id yet comes once more, and nothing is left out.
		const middle = second.events.find(({ id, type }) => id !== null && type === 'item')?.id ?? null
		const third = await reading(here.server, { token, lastEventId: middle })
		await heardAll(third, conversation, count)
		const again = third.recvs(conversation)
		expect(again).toEqual(upTo(count, again[0]))
		expect(again[0]).toBeLessThan(count)
		expect(again[0]).toBeGreaterThan(1)
	})

	test('[S2][C2] who is removed is told so, and of nothing after; nor when he comes back', async () => {
		const story = await peopled(await world({ database }), ['alice', 'bob', 'carol'])
		const { alice, bob, carol, world: here } = story
		const group = await groupOf(alice, [
			[bob, 'member'],
			[carol, 'member'],
		])
		const token = await accessTokenOf(bob)
		const reader = await reading(here.server, { token })
		await post(carol, group, 'All of us')
		await heardAll(reader, group, 1)
		must(await alice.api.removeMembers({ conversation: group, accounts: [bob.account] }))
		await reader.next(({ type, data }) => type === 'parted' && data['conversation'] === group)
		await post(carol, group, 'Without him')
		await sent(carol, group, 2)
		// Something that he may hear comes after, and so would have the other.
		await befriend(bob, carol)
		const direct = await openDirect(carol, bob)
		await post(carol, direct, 'But you may hear this')
		await heardAll(reader, direct, 1)
		expect(reader.recvs(group)).toEqual([1])
		const before = reader.events.find(({ type }) => type === 'ready')?.id ?? null
		const again = await reading(here.server, { token, lastEventId: before })
		await heardAll(again, direct, 1)
		expect(again.recvs(group)).toEqual([])
	})
}

describe('on SQLite', () => resuming('sqlite'))
describeOnPostgres('on PostgreSQL', () => resuming('postgres'))

describeOnPostgres('on one PostgreSQL', () => {
	describeOnRedis('and two nodes', () => {
		test('[S2][S1] a reader on another node hears all, also what Redis did not bring, and goes on at the node of the author', async () => {
			const { alice, bob, conversation, world: here } = await friends({ nodes: 2 })
			const [first, second] = here.servers as [(typeof here.servers)[0], (typeof here.servers)[0]]
			const token = await accessTokenOf(bob)
			const [there, beside] = [await reading(second, { token }), await reading(first, { token })]
			await post(alice, conversation, 'one')
			for (const reader of [there, beside]) await heardAll(reader, conversation, 1)
			here.redis?.cut()
			await post(alice, conversation, 'two')
			await sent(alice, conversation, 2)
			here.redis?.resume()
			for (const reader of [there, beside]) await heardAll(reader, conversation, 2)
			there.cut()
			await post(alice, conversation, 'three')
			await sent(alice, conversation, 3)
			const moved = await reading(first, { token, lastEventId: there.lastId() })
			await heardAll(moved, conversation, 3)
			expect([...there.recvs(conversation), ...moved.recvs(conversation)]).toEqual([1, 2, 3])
		})

		test('[S2][A2] a session that ends on one node ends its streams on the other', async () => {
			const { alice, bob, world: here } = await friends({ nodes: 2 })
			const reader = await reading(here.servers[0] as (typeof here.servers)[0], { token: await accessTokenOf(bob) })
			must(await alice.api.setUserDisabled({ account: bob.account, disabled: true }))
			const end = await reader.next(({ type }) => type === 'end')
			expect(end.data).toMatchObject({ code: 'disabled' })
			await reader.ended
		})
	})
})

describe('who may read', () => {
	test('[S2][A2] signing out, a closed account and a stopping server end it at once, and say why', async () => {
		const { alice, bob, world: here } = await friends()
		const token = await accessTokenOf(bob)
		const reader = await reading(here.server, { token })
		must(await bob.api.signOut())
		expect((await reader.next(({ type }) => type === 'end')).data).toEqual({ code: 'device-ended', retry: 'never' })
		await reader.ended
		expect(await readEvents(here.server, { token })).toMatchObject({ status: 403, code: 'device-ended' })
		const own = await reading(here.server, { token: await accessTokenOf(alice) })
		await here.stop()
		expect((await own.next(({ type }) => type === 'end')).data).toEqual({ code: 'stopping', retry: 'later' })
		await own.ended
		await here.start()
	})

	test('[S2] a token belongs into the header, grows old, and is asked for anew', async () => {
		const { clock, advance } = storyClock()
		const server = await startTestServer({ clock })
		onTestFinished(() => server.close())
		const person = await signUp(server, 'alice', { type: 'setup', token: (await server.setupToken()) as string })
		const token = person.session.accessToken
		for (const query of [`token=${token}`, `access_token=${token}`, `ticket=${token}`])
			expect((await readEvents(server, { query })).status).toBe(401)
		const reader = await reading(server, { token })
		advance(11 * 60_000)
		// The next look finds it: whatever wakes the reader.
		server.domain.cluster.publish('signals-missed', {})
		expect((await reader.next(({ type }) => type === 'end')).data).toEqual({
			code: 'unauthenticated',
			retry: 'refresh',
		})
	})

	test('[S2][A2] a revoked device hears nothing more, though nobody told its session', async () => {
		const { clock, advance } = storyClock()
		const { alice, bob, conversation, world: here } = await friends({ clock })
		const reader = await reading(here.server, { token: await accessTokenOf(bob) })
		const [family] = await here.server.domain.sessions.list(toBytes(bob.account))
		// As another node would do whose word was lost: the database alone knows.
		await here.server.domain.unitOfWork.transaction(({ sessions }) =>
			sessions.endFamily(family?.sid ?? '', clock(), 'device-ended'),
		)
		advance(feedLimits.checkMs)
		await post(alice, conversation, 'Not for this device')
		expect((await reader.next(({ type }) => type === 'end')).data).toMatchObject({ code: 'device-ended' })
		expect(reader.recvs(conversation)).toEqual([])
	})
})

function asker({ session, serverId, account, device }: HttpPerson): TicketAsker {
	return {
		...{ accessToken: session.accessToken, serverId, idHash: account.idHash },
		...{ deviceId: device.deviceId, sid: session.sid, sign: (body) => device.signing.sign('auth', body) },
	}
}

describe('a ticket', () => {
	async function withTicket() {
		const server = await startTestServer()
		onTestFinished(() => server.close())
		const person = await signUp(server, 'alice', { type: 'setup', token: (await server.setupToken()) as string })
		const ticket = async (guid: string) => {
			const { serverNonce = '' } = (await askNonce(server.port, asker(person))).body
			return askTicket(server.port, asker(person), { guid, serverNonce })
		}
		return { server, person, ticket }
	}

	test('[S2] opens one stream for who can send no header, once; the log never names it', async () => {
		const { server, ticket } = await withTicket()
		const { status, body } = await ticket('events')
		expect(status).toBe(201)
		const query = `ticket=${body['ticket']}`
		const reader = await reading(server, { query })
		expect(reader.status).toBe(200)
		expect(await readEvents(server, { query })).toMatchObject({ status: 401, code: 'bad-ticket' })
		// Where it goes on stands in the query then, too.
		const next = (await ticket('events')).body['ticket']
		expect((await reading(server, { query: `ticket=${next}&lastEventId=${reader.lastId()}` })).status).toBe(200)
		expect(JSON.stringify(server.lines)).not.toContain(body['ticket'])
	})

	test('[S2] of a page opens no stream, and lives as long as its session', async () => {
		const { server, person, ticket } = await withTicket()
		expect((await ticket('c/AAAAAAAAAAAAAAAAAAAAAA/0')).body['code']).toBe('not-member')
		const { body } = await ticket('events')
		await mustCall(person.http.call((api) => api.auth.signOut({})))
		expect((await readEvents(server, { query: `ticket=${body['ticket']}` })).code).toBe('session-ended')
		expect((await readEvents(server, { query: 'ticket=AAAA' })).code).toBe('bad-ticket')
	})
})

describe('limits', () => {
	test('[S2] so many streams for one account and one node; what ends makes room', async () => {
		const { alice, bob, world: here } = await friends()
		const token = await accessTokenOf(bob)
		const open: EventReader[] = []
		for (let i = 0; i < feedLimits.perAccount; i++) open.push(await reading(here.server, { token }))
		const over = await readEvents(here.server, { token })
		expect(over).toMatchObject({ status: 429, code: 'rate-limited' })
		expect(over.headers.get('retry-after')).toBe('10')
		expect((await reading(here.server, { token: await accessTokenOf(alice) })).status).toBe(200)
		expect(here.server.domain.feeds.count()).toBeLessThan(feedLimits.perNode)
		open[0]?.cut()
		await expect.poll(async () => (await reading(here.server, { token })).status).toBe(200)
	})

	test('[S2] bad positions and foreign conversations are refused, and one may choose', async () => {
		const { alice, bob, conversation, world: here } = await friends()
		const token = await accessTokenOf(bob)
		for (const lastEventId of ['x', '!!!!', 'A'.repeat(12_000), '__proto__'])
			expect((await readEvents(here.server, { token, lastEventId })).code, lastEventId.slice(0, 9)).toBe('malformed')
		for (const id of ['x', '', "'--", '__proto__'])
			expect((await readEvents(here.server, { token, query: `conversation=${encodeURIComponent(id)}` })).code).toBe(
				'malformed',
			)
		const nowhere = toText(new Uint8Array(16))
		expect((await readEvents(here.server, { token, query: `conversation=${nowhere}` })).code).toBe('not-member')
		const many = upTo(feedLimits.conversations + 1).map(() => `conversation=${nowhere}`)
		expect((await readEvents(here.server, { token, query: many.join('&') })).code).toBe('too-large')
		const { conversation: group } = must(await alice.api.createGroup(aGroup(bob)))
		await writableUntil(alice, group)
		const reader = await reading(here.server, { token, query: `conversation=${conversation}` })
		await post(alice, group, 'not asked for')
		await sent(alice, group, 1)
		await post(alice, conversation, 'asked for')
		await heardAll(reader, conversation, 1)
		expect(reader.recvs(group)).toEqual([])
		expect((await ask(bob, { path: '/events', method: 'POST', body: {} })).code).toBe('not-found')
	})
})
