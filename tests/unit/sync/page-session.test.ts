/** Real yjs and the stock provider of y-websocket over the real socket code, against the server's end of the line. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { guidOf } from '#protocol/guid.ts'
import { encodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import { encodePageMessage } from '#protocol/page-messages.ts'
import { ok } from '#protocol/result.ts'
import { createChannels } from '#sync/channels.ts'
import { createConnection } from '#sync/connection.ts'
import { openPage, type PageHandler, type ReceivedItem } from '#sync/page-session.ts'
import { fakeTime, settle } from '../../support/fake-timers.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { ServerEnd } from '../../support/server-end.ts'

const guid = guidOf({ conversation: new Uint8Array(16).fill(7) as Bytes, page: 0, part: 0 })
const bob = 2 ** 40 + 1
const alice = 2 ** 40 + 2
const item = (clientId: number, clock: number, text = `${clientId}.${clock}`): PageItem => ({
	clientId,
	clock,
	content: utf8ToBytes(text),
})

// The provider's own timers: reconnect, and its watch for a silent line.
beforeEach(
	() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] }),
)
afterEach(() => void vi.useRealTimers())

/** Every Y.Doc that is made from now on. */
function watchDocs(): ReadonlySet<Y.Doc> {
	const docs = new Set<Y.Doc>()
	const { on } = Y.Doc.prototype
	vi.spyOn(Y.Doc.prototype, 'on').mockImplementation(function (this: Y.Doc, ...args) {
		docs.add(this)
		return on.apply(this, args)
	})
	return docs
}

async function setup(change: Partial<PageHandler> = {}) {
	const server = new ServerEnd({ eventIdOf: ({ clientId, clock }) => `${clientId}.${clock}` })
	const time = fakeTime()
	const connection = createConnection({
		url: 'wss://kith.example/sync',
		openSocket: server.openSocket,
		timers: time.timers,
		random: seededRandom('page'),
		prove: async () => ok({ accessToken: 'token', signature: new Uint8Array(64) as Bytes }),
	})
	const channels = createChannels(connection)
	const received: ReceivedItem[][] = []
	const awareness: number[][] = []
	let synced = 0
	const docs = watchDocs()
	const handler: PageHandler = {
		load: async () => [],
		check: async (batch) => {
			received.push([...batch])
			return batch.map((one) => one.item)
		},
		synced: () => void synced++,
		awareness: (values) => void awareness.push([...values.keys()]),
		...change,
	}
	connection.start()
	await settle()
	const session = await openPage({ channels, timers: time.timers }, guid, handler)
	onTestFinished(session.close)
	await settle()
	const doc = () => [...docs].filter((one) => one.guid === guid).at(-1) as Y.Doc
	return {
		...{ server, time, connection, channels, session, received, awareness },
		synced: () => synced,
		/** All that the newest Y.Doc holds, what waits in it for a gap to close included. */
		bytes: () => Y.encodeStateAsUpdate(doc()),
		/** What stands in it. */
		content: () => [...doc().getMap('e').values()].map((value) => Buffer.from(value as Uint8Array).toString()).sort(),
		later: async (ms: number) => {
			await vi.advanceTimersByTimeAsync(ms)
			await time.advance(ms)
			await settle()
		},
	}
}

describe('in', () => {
	it('brings what the server had, and what comes later, each with its number', async () => {
		const { server, received, synced, content } = await setup()
		expect(synced()).toBe(1)
		server.publish(guid, item(bob, 0), item(bob, 1))
		await settle()
		expect(received).toEqual([
			[
				{ item: item(bob, 0), recv: 1 },
				{ item: item(bob, 1), recv: 2 },
			],
		])
		expect(content()).toEqual([`${bob}.0`, `${bob}.1`])
	})

	it('asks only for what is not here, and calls itself synced after it was checked', async () => {
		const order: string[] = []
		const world = await setup({
			load: async () => [item(bob, 0)],
			check: async (batch) => {
				await settle()
				order.push(...batch.map(({ item: { clock } }) => `checked ${clock}`))
				return batch.map((one) => one.item)
			},
			synced: () => void order.push('synced'),
		})
		expect(order).toEqual(['synced'])
		world.session.close()
		order.length = 0
		world.server.put(guid, item(bob, 0), item(bob, 1))
		world.session.rebuild([item(bob, 0)])
		for (let i = 0; i < 5; i++) await settle()
		expect(order).toEqual(['checked 1', 'synced'])
	})

	it('keeps the order of frames across checks that take their time', async () => {
		const waiting: (() => void)[] = []
		const { server, content } = await setup({
			check: async (batch) => {
				await new Promise<void>((resolve) => waiting.push(resolve))
				return batch.map((one) => one.item)
			},
		})
		server.publish(guid, item(bob, 0))
		server.publish(guid, item(bob, 1))
		await settle()
		expect([waiting.length, content()]).toEqual([1, []])
		waiting[0]?.()
		await settle()
		expect([waiting.length, content()]).toEqual([2, [`${bob}.0`]])
	})

	it('stores what came before it was closed: the server has told it, and tells it no more', async () => {
		const waiting: (() => void)[] = []
		const checked: number[] = []
		const { server, session } = await setup({
			check: async (batch) => {
				await new Promise<void>((resolve) => waiting.push(resolve))
				checked.push(...batch.map(({ item: { clock } }) => clock))
				return batch.map((one) => one.item)
			},
		})
		for (const clock of [0, 1, 2]) server.publish(guid, item(bob, clock))
		await settle()
		session.close()
		for (let i = 0; i < 3; i++) {
			waiting[i]?.()
			await settle()
		}
		expect(checked).toEqual([0, 1, 2])
	})

	it('passes nothing over: where one cannot be stored, nothing behind it is', async () => {
		const checked: number[] = []
		const { server } = await setup({
			check: async (batch) => {
				checked.push(...batch.map(({ item: { clock } }) => clock))
				throw new Error('the disk is full')
			},
		})
		for (const clock of [0, 1, 2]) server.publish(guid, item(bob, clock))
		await settle()
		expect(checked).toEqual([0])
	})

	it('lets into the Y.Doc what the check gives out, and nothing of a refused item', async () => {
		const { server, content, bytes } = await setup({
			check: async (batch) => batch.map((one) => one.item).filter(({ clientId }) => clientId !== alice),
		})
		server.publish(guid, item(alice, 0, 'forged'), item(bob, 0))
		server.publish(guid, item(alice, 1, 'forged too'))
		await settle()
		expect(content()).toEqual([`${bob}.0`])
		expect(Buffer.from(bytes()).includes('forged')).toBe(false)
	})

	it('keeps an item outside until what it waits for is there', async () => {
		const held = item(bob, 0)
		const { server, session, content } = await setup({
			check: async (batch) => batch.map((one) => one.item).filter(({ clock }) => clock > 0),
		})
		server.publish(guid, held, item(bob, 1))
		await settle()
		expect(content()).toEqual([])
		session.rebuild([held, item(bob, 1)])
		expect(content()).toEqual([`${bob}.0`, `${bob}.1`])
	})

	it('gives bytes that are no items to no Y.Doc', async () => {
		const { server, received, bytes, content } = await setup()
		const foreign = new Y.Doc()
		foreign.getMap('e').set('key', 'text')
		foreign.getText('t').insert(0, 'hello')
		foreign.getMap('e').delete('key')
		const hostile = [
			encodePageMessage({ type: 'update', items: [] }).subarray(0, 2),
			new Uint8Array([0, 2, 255, 255, 255, 15]),
			new Uint8Array(300).fill(0xff),
			new Uint8Array([7, 7, 7]),
			// A stock client's own items and deletions, and the same as an answer.
			...[2, 1].map((type) => {
				const update = Y.encodeStateAsUpdate(foreign)
				return new Uint8Array([0, type, update.length, ...update])
			}),
			new Uint8Array([2, 0, 4, 103, 111, 110, 101]),
		]
		for (const payload of hostile) server.raw(guid, payload as Bytes)
		await settle()
		expect([received, content()]).toEqual([[], []])
		expect(bytes()).toEqual(Y.encodeStateAsUpdate(new Y.Doc()))
	})

	it('takes out strays and keeps the numbers with their items', async () => {
		const { server, received } = await setup()
		server.send(guid, { type: 'update', items: [item(alice, 0), item(bob, 0)] }, [8, 9])
		server.send(guid, { type: 'update', items: [item(bob, 1)] }, [])
		await settle()
		// In update order: the higher clientID first.
		expect(received.flat()).toEqual([
			{ item: item(alice, 0), recv: 8 },
			{ item: item(bob, 0), recv: 9 },
			{ item: item(bob, 1), recv: 0 },
		])
	})
})

describe('out', () => {
	it('sends own items once, and not those of others', async () => {
		const { server, session } = await setup()
		server.publish(guid, item(bob, 0))
		await settle()
		session.place([item(alice, 0), item(alice, 1)])
		await settle()
		expect(server.uploads).toEqual([{ guid, items: [item(alice, 0), item(alice, 1)] }])
	})

	it('offers again as it was told, in one message', async () => {
		const { server, session } = await setup()
		session.offer([item(alice, 0), item(alice, 1)])
		await settle()
		expect(server.uploads.map(({ items }) => items.length)).toEqual([2])
	})

	it('sends what was placed without a connection when there is one, and asks for what it missed', async () => {
		const { server, session, later, received, synced } = await setup()
		server.drop()
		await settle()
		session.place([item(alice, 0)])
		await settle()
		expect(server.uploads).toEqual([])
		server.put(guid, item(bob, 0))
		await later(3_000)
		await later(3_000)
		expect(server.uploads.flatMap(({ items }) => items)).toEqual([item(alice, 0)])
		expect(received.flat().map((one) => one.item)).toEqual([item(bob, 0)])
		expect(synced()).toBe(2)
		expect(
			server
				.rows(guid)
				.map(({ content }) => Buffer.from(content).toString())
				.sort(),
		).toEqual([`${bob}.0`, `${alice}.0`])
	})

	it('does not send again what the server has', async () => {
		const world = await setup({ load: async () => [item(alice, 0), item(alice, 1)] })
		expect(world.server.uploads.flatMap(({ items }) => items)).toEqual([item(alice, 0), item(alice, 1)])
		world.server.drop()
		await world.later(3_000)
		await world.later(3_000)
		expect(world.server.hub.filter(({ t }) => t === 'open')).toHaveLength(2)
		expect(world.server.uploads).toHaveLength(1)
	})

	it('leaves the id of its awareness alone when own items enter the Y.Doc', async () => {
		const { session, server } = await setup()
		const before = session.awarenessId
		session.place([item(alice, 0)])
		server.publish(guid, item(bob, 0))
		await settle()
		expect(session.awarenessId).toBe(before)
		expect(before).not.toBe(alice)
	})
})

describe('the line', () => {
	it('stays open through silence', async () => {
		const { server, later } = await setup()
		for (let i = 0; i < 10; i++) await later(20_000)
		expect(server.hub.filter(({ t }) => t === 'open' || t === 'close')).toHaveLength(1)
	})

	it('is not opened again after a final verdict, and is after any other', async () => {
		const { server, later } = await setup()
		server.tell({ t: 'closed', guid, code: 'rate-limited' })
		await later(5_000)
		expect(server.hub.filter(({ t }) => t === 'open')).toHaveLength(2)
		server.tell({ t: 'closed', guid, code: 'not-member' })
		await later(60_000)
		expect(server.hub.filter(({ t }) => t === 'open')).toHaveLength(2)
	})

	it('comes back and asks anew where a check failed, so that nothing is skipped', async () => {
		let fails = true
		const world = await setup({
			check: async (batch) => {
				if (fails) throw new Error('the disk is full')
				return batch.map((one) => one.item)
			},
		})
		world.server.publish(guid, item(bob, 0))
		world.server.publish(guid, item(bob, 1))
		await settle()
		expect(world.content()).toEqual([])
		fails = false
		await world.later(3_000)
		await world.later(3_000)
		expect(world.content()).toEqual([`${bob}.0`, `${bob}.1`])
	})

	it('gives frames that came before the page was opened', async () => {
		const world = await setup()
		world.session.close()
		world.received.length = 0
		const follower = { current: () => {}, elsewhere: () => {}, expelled: () => {} }
		world.channels.follow(guid.slice(2, 24), follower)
		await settle()
		world.server.publish(guid, item(bob, 0))
		await settle()
		const again: number[] = []
		await openPage({ channels: world.channels, timers: world.time.timers }, guid, {
			load: async () => [],
			check: async (batch) => {
				again.push(...batch.map(({ recv }) => recv))
				return batch.map((one) => one.item)
			},
			synced: () => {},
			awareness: () => {},
		})
		await settle()
		expect(again[0]).toBe(1)
		expect(world.content()).toEqual([`${bob}.0`])
	})

	it('says nothing more once it is closed', async () => {
		const { server, session, later, received } = await setup()
		session.close()
		await settle()
		const said = server.uploads.length
		expect(server.hub.at(-1)).toEqual({ t: 'close', guid })
		server.publish(guid, item(bob, 0))
		await later(60_000)
		expect([server.uploads.length, received.length]).toEqual([said, 0])
	})
})

describe('awareness', () => {
	it('sends the own value under its own id, and takes it back', async () => {
		const { server, session } = await setup()
		session.setAwareness(new Uint8Array([1, 2, 3]) as Bytes)
		await settle()
		expect(server.awareness.at(-1)).toMatchObject({ clientId: session.awarenessId, state: '{"v":"AQID"}' })
		session.setAwareness(null)
		await settle()
		expect(server.awareness.at(-1)).toMatchObject({ clientId: session.awarenessId, state: 'null' })
	})

	it('tells the values of others, without what is no value', async () => {
		const { server, awareness } = await setup()
		server.send(guid, {
			type: 'awareness',
			states: [
				{ clientId: 11, clock: 1, state: '{"v":"AQID"}' },
				{ clientId: 12, clock: 1, state: '{"v":7}' },
				{ clientId: 13, clock: 1, state: '{"user":"mallory"}' },
				{ clientId: 14, clock: 1, state: '{"v":"not base64!"}' },
			],
		})
		await settle()
		expect(awareness.at(-1)).toEqual([11])
		server.send(guid, { type: 'awareness', states: [{ clientId: 11, clock: 1, state: 'null' }] })
		await settle()
		expect(awareness.at(-1)).toEqual([])
	})

	it('drops a message that is no JSON, which the stock code would choke on', async () => {
		const { server, awareness } = await setup()
		const before = awareness.length
		server.raw(guid, new Uint8Array([1, 5, 1, 11, 1, 1, 0x7b]) as Bytes)
		await settle()
		expect(awareness).toHaveLength(before)
		server.publish(guid, item(bob, 0))
		await settle()
	})
})

it('fills the Y.Doc from the rows of the store', async () => {
	const rows = [item(bob, 0), item(bob, 1), item(alice, 0)]
	const { bytes } = await setup({ load: async () => rows })
	expect(bytes()).toEqual(encodeUpdate(rows))
})
