/** What every adapter of the ports Events and Markers must do (server/domain/event-ports.ts). */
import { expect, test } from 'vitest'
import { utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { RECV_SEQ_RESTORE_STEP } from '#protocol/limits.ts'
import {
	Overtaken,
	type ConversationCounters,
	type EventChange,
	type EventRow,
	type PageRow,
	type StreamRow,
} from '#server/domain/event-ports.ts'
import type { Repositories, UnitOfWork } from '#server/domain/ports.ts'

/** A fresh, migrated, empty database. */
export interface DataUnderTest {
	readonly repositories: Repositories
	readonly unitOfWork: UnitOfWork
	close(): Promise<void> | void
}

const id = (length: number, fill: number): Bytes => new Uint8Array(length).fill(fill)
const conversation = id(16, 1)
const device = id(16, 7)

interface Scene extends DataUnderTest {
	readonly counters: ConversationCounters
	readonly page: PageRow
	readonly stream: StreamRow
	/** `count` rows from recv and clock on, in the one stream. */
	change(from: number, count: number): EventChange
}

const eventId = (recv: number): Bytes => id(16, 100 + recv)

async function scene(data: DataUnderTest, name: Bytes = conversation): Promise<Scene> {
	return data.unitOfWork.transaction(async ({ conversations, events }) => {
		await conversations.insert({ conversation: name, kind: 'dm', createdAt: 1 })
		const counters = await events.openCounters(name)
		const page = await events.openPage(counters.id, { page: 0, part: 0, openedAt: 5 })
		const stream = await events.openStream(page.id, { clientId: 2 ** 53 - 1, device, incarnation: 3, startedAt: 6 })
		const row = (recv: number): EventRow => ({
			recv,
			page: page.id,
			stream: stream.id,
			clock: recv - 1,
			eventId: eventId(recv),
			at: 1000 + recv,
			expiresAt: null,
			bytes: utf8ToBytes(`item ${recv}`),
		})
		const change = (from: number, count: number): EventChange => ({
			counters: { ...counters, recv: from + count - 1, lastAt: 99 },
			pages: [{ ...page, posts: from + count - 1, postBytes: 10, bytes: 20, version: from + count - 1 }],
			streams: [{ id: stream.id, from: from - 1, next: from + count - 1 }],
			events: Array.from({ length: count }, (_, i) => row(from + i)),
			rewritten: [],
			waiting: [],
		})
		return { ...data, counters, page, stream, change }
	})
}

const store = ({ unitOfWork }: DataUnderTest, change: EventChange): Promise<void> =>
	unitOfWork.transaction(({ events }) => events.store(change))

export function eventsContract(adapter: string, open: () => Promise<DataUnderTest> | DataUnderTest): void {
	const check = (title: string, run: (scene: Scene) => Promise<void>): void => {
		test(`${adapter}: ${title}`, async () => {
			const data = await open()
			try {
				await run(await scene(data))
			} finally {
				await data.close()
			}
		})
	}

	check('what expires is due from its time on, the first first, until it has gone', async (s) => {
		const change = s.change(1, 3)
		const [one, two, three] = change.events as [EventRow, EventRow, EventRow]
		await store(s, { ...change, events: [{ ...one, expiresAt: 70 }, { ...two, expiresAt: 60 }, three] })
		const { id } = s.counters
		const { events } = s.repositories
		const due = async (now: number, limit = 9) => (await events.expired(now, limit)).map(({ recv }) => recv)
		expect([await due(59), await due(60), await due(70), await due(70, 1)]).toEqual([[], [2], [2, 1], [2]])
		expect(await events.expired(60, 1)).toEqual([{ id, recv: 2, bytes: two.bytes }])
		const gone = { id, recv: 2, bytes: utf8ToBytes('skeleton') }
		await s.unitOfWork.transaction((all) => all.events.expire([gone]))
		expect(await events.item(id, 2)).toEqual(gone.bytes)
		expect(await due(99)).toEqual([1])
	})

	check('counters start at zero, are made once, and are what was stored', async (s) => {
		expect(s.counters).toMatchObject({ recv: 0, current: 0, lastAt: 0 })
		await store(s, s.change(1, 2))
		const again = await s.unitOfWork.transaction(({ events }) => events.openCounters(conversation))
		expect(again).toEqual({ id: s.counters.id, recv: 2, current: 0, lastAt: 99, redactionsWait: false })
		expect(await s.repositories.events.counters(conversation)).toEqual(again)
		expect(await s.repositories.events.counters(id(16, 9))).toBeNull()
	})

	check('a leap goes to the next multiple, and events go on from there', async (s) => {
		await store(s, s.change(1, 2))
		const leap = () => s.unitOfWork.transaction(({ events }) => events.leap())
		await leap()
		const { counters } = s.repositories.events
		expect((await counters(conversation))?.recv).toBe(RECV_SEQ_RESTORE_STEP)
		await leap()
		expect((await counters(conversation))?.recv).toBe(2 * RECV_SEQ_RESTORE_STEP)
		expect((await s.repositories.figures.events()).rows).toBe(2)
	})

	check('a conversation is read from a recv on, in order, so much at a time, and no further than asked', async (s) => {
		await store(s, s.change(1, 5))
		const { id } = s.counters
		const { events } = s.repositories
		const read = async (after: number, upTo: number, limit: number) =>
			(await events.after(id, { after, upTo, limit })).map(({ recv }) => recv)
		expect(await read(0, 5, 9)).toEqual([1, 2, 3, 4, 5])
		expect(await read(2, 4, 9)).toEqual([3, 4])
		expect(await read(1, 5, 2)).toEqual([2, 3])
		expect(await read(5, 9, 9)).toEqual([])
		expect(await events.after(id + 1, { after: 0, upTo: 9, limit: 9 })).toEqual([])
		const place = { page: 0, part: 0, clientId: s.stream.clientId, clock: 4, recv: 5 }
		expect(await events.after(id, { after: 4, upTo: 5, limit: 1 })).toEqual([
			{ ...place, bytes: utf8ToBytes('item 5') },
		])
	})

	check('a page is found by its place and by its version, and exists once', async (s) => {
		await store(s, s.change(1, 3))
		const stored = { ...s.page, posts: 3, postBytes: 10, bytes: 20, version: 3 }
		expect(await s.repositories.events.parts(s.counters.id, 0)).toEqual([stored])
		expect(await s.repositories.events.parts(s.counters.id, 1)).toEqual([])
		expect(await s.repositories.events.pages(s.counters.id, 2)).toEqual([stored])
		expect(await s.repositories.events.pages(s.counters.id, 3)).toEqual([])
		const twice = s.unitOfWork.transaction(({ events }) =>
			events.openPage(s.counters.id, { page: 0, part: 0, openedAt: 5 }),
		)
		await expect(twice).rejects.toThrow(Overtaken)
	})

	check('streams keep device, incarnation and the next clock; a clientID exists once in a page', async (s) => {
		await store(s, s.change(1, 2))
		const stored = { id: s.stream.id, clientId: 2 ** 53 - 1, device, incarnation: 3, next: 2, startedAt: 6 }
		expect(await s.repositories.events.streams(s.page.id)).toEqual([stored])
		const { id: _id, next: _next, ...same } = s.stream
		await expect(s.unitOfWork.transaction(({ events }) => events.openStream(s.page.id, same))).rejects.toThrow(
			Overtaken,
		)
	})

	check('events are found by eventId, by place and by recv', async (s) => {
		await store(s, s.change(1, 2))
		const place = { recv: 2, page: 0, part: 0, clientId: 2 ** 53 - 1, clock: 1, eventId: eventId(2), at: 1002 }
		const { events } = s.repositories
		expect(await events.byEventId(s.counters.id, eventId(2))).toEqual(place)
		expect(await events.byPlace({ page: s.page.id, stream: s.stream.id }, 1)).toEqual(place)
		expect(await events.byEventId(s.counters.id, eventId(9))).toBeNull()
		expect(await events.byPlace({ page: s.page.id, stream: s.stream.id }, 7)).toBeNull()
		expect(await events.item(s.counters.id, 2)).toEqual(utf8ToBytes('item 2'))
		expect(await events.item(s.counters.id, 9)).toBeNull()
	})

	check('of several places of one event the first stored one is given', async (s) => {
		const first = s.change(1, 1)
		const second = s.change(2, 1)
		await store(s, first)
		await store(s, { ...second, events: second.events.map((row) => ({ ...row, eventId: eventId(1) })) })
		expect(await s.repositories.events.byEventId(s.counters.id, eventId(1))).toMatchObject({ recv: 1, clock: 0 })
	})

	check('rows of a page: all, or from given clocks on', async (s) => {
		await store(s, s.change(1, 3))
		const { events } = s.repositories
		const all = await events.rows(s.page.id)
		expect(all.map(({ recv }) => recv).sort()).toEqual([1, 2, 3])
		expect(all.find(({ recv }) => recv === 3)).toEqual({
			clientId: 2 ** 53 - 1,
			clock: 2,
			recv: 3,
			bytes: utf8ToBytes('item 3'),
		})
		expect(await events.rows(s.page.id, [{ stream: s.stream.id, clock: 2 }])).toMatchObject([{ recv: 3 }])
		expect(await events.rows(s.page.id, [{ stream: s.stream.id, clock: 3 }])).toEqual([])
		expect(await events.rows(s.page.id, [])).toEqual([])
		expect((await events.digestItems(s.page.id)).length).toBe(3)
	})

	check('a row is rewritten in its bytes and nothing else', async (s) => {
		await store(s, s.change(1, 2))
		const later = s.change(3, 1)
		await store(s, { ...later, rewritten: [{ recv: 1, bytes: utf8ToBytes('bare') }] })
		const { events } = s.repositories
		expect(await events.item(s.counters.id, 1)).toEqual(utf8ToBytes('bare'))
		expect(await events.byEventId(s.counters.id, eventId(1))).toMatchObject({ recv: 1, clock: 0 })
	})

	check('redactions wait for their target, each once', async (s) => {
		const waiting = { target: id(16, 5), by: id(16, 6), account: id(32, 8), admin: true }
		const other = { ...waiting, by: id(16, 7), admin: false }
		await store(s, { ...s.change(1, 1), waiting: [waiting, other] })
		await store(s, { ...s.change(2, 1), waiting: [waiting] })
		const { events } = s.repositories
		expect([s.counters, await events.counters(conversation)].map((counters) => counters?.redactionsWait)).toEqual([
			false,
			true,
		])
		expect(await events.waitingRedactions(s.counters.id, id(16, 5))).toEqual([waiting, other])
		expect(await events.waitingRedactions(s.counters.id, id(16, 4))).toEqual([])
	})

	check('a taken recv or a stream that moved on fails the whole transaction', async (s) => {
		await store(s, s.change(1, 2))
		await expect(store(s, { ...s.change(2, 1), streams: [] })).rejects.toThrow(Overtaken)
		await expect(store(s, { ...s.change(4, 1), streams: [] })).rejects.toThrow(Overtaken)
		await expect(store(s, { ...s.change(3, 1), streams: [{ id: s.stream.id, from: 0, next: 3 }] })).rejects.toThrow()
		expect(await s.repositories.events.counters(conversation)).toMatchObject({ recv: 2 })
		expect((await s.repositories.events.rows(s.page.id)).length).toBe(2)
	})

	check('conversations do not see each other', async (s) => {
		await store(s, s.change(1, 1))
		const other = await scene(s, id(16, 2))
		expect(other.counters).toMatchObject({ recv: 0 })
		expect(await s.repositories.events.byEventId(other.counters.id, eventId(1))).toBeNull()
		expect(await s.repositories.events.rows(other.page.id)).toEqual([])
	})

	check('markers: the highest hlc per device and kind stays', async (s) => {
		const row = { account: id(32, 8), device, kind: 'read', hlc: 2n ** 63n + 5n, marker: utf8ToBytes('new') } as const
		const put = (change: object): Promise<boolean> =>
			s.unitOfWork.transaction(({ markers }) => markers.put(conversation, { ...row, ...change }))
		expect(await put({})).toBe(true)
		expect(await put({ marker: utf8ToBytes('same') })).toBe(false)
		expect(await put({ hlc: 9n, marker: utf8ToBytes('old') })).toBe(false)
		expect(await put({ kind: 'delivered', hlc: 1n, marker: utf8ToBytes('delivered') })).toBe(true)
		expect(await put({ hlc: 2n ** 64n - 1n, marker: utf8ToBytes('newest') })).toBe(true)
		expect(await s.repositories.markers.of(conversation)).toEqual([
			{ ...row, kind: 'delivered', hlc: 1n, marker: utf8ToBytes('delivered') },
			{ ...row, hlc: 2n ** 64n - 1n, marker: utf8ToBytes('newest') },
		])
		expect(await s.repositories.markers.of(id(16, 3))).toEqual([])
	})
}
