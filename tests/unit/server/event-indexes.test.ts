/** Rows are found by every question at every moment: before they are in the indexes, after, and when either was taken back. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { expect, onTestFinished, test } from 'vitest'
import type { Bytes } from '#protocol/bytes.ts'
import { openSqliteData, type SqliteData } from '#server/data/sqlite/sqlite.ts'
import type { EventChange, EventRow, Events } from '#server/domain/event-ports.ts'
import { projectRoot } from '../../architecture/source-files.ts'

const device = new Uint8Array(16).fill(7)
const conversations = [1, 2, 3].map((fill) => new Uint8Array(16).fill(fill))

function file(): string {
	const folder = mkdtempSync(join(tmpdir(), 'kith-indexes-'))
	onTestFinished(() => rmSync(folder, { recursive: true }))
	return join(folder, 'kith.sqlite')
}

function opened(path: string): SqliteData {
	const data = openSqliteData(path)
	onTestFinished(() => data.close())
	return data
}

/** The nth event of a conversation: sixteen bytes that follow in no order. */
function eventId(conv: number, n: number): Bytes {
	const id = new Uint8Array(16)
	new DataView(id.buffer).setUint32(0, Math.imul(n + conv * 1_000_003, 2_654_435_761))
	new DataView(id.buffer).setUint32(12, n)
	return id
}

const bytesOf = (conv: number, n: number): Bytes => new TextEncoder().encode(`${conv}: ${n}`)

interface Line {
	readonly conv: number
	readonly page: number
	readonly streams: readonly number[]
	count: number
}

async function lines({ unitOfWork }: SqliteData): Promise<Line[]> {
	return unitOfWork.transaction(async ({ conversations: stored, events }) => {
		const made: Line[] = []
		for (const conversation of conversations) {
			await stored.insert({ conversation, kind: 'group', createdAt: 1 })
			const { id } = await events.openCounters(conversation)
			const page = await events.openPage(id, { page: 0, part: 0, openedAt: 5 })
			const streams = []
			for (const clientId of [8, 9]) {
				streams.push((await events.openStream(page.id, { clientId, device, incarnation: 1, startedAt: 6 })).id)
			}
			made.push({ conv: id, page: page.id, streams, count: 0 })
		}
		return made
	})
}

/** The next rows, one stream and the other in turn. */
function rowsOf({ conv, page, streams, count }: Line, more: number): EventRow[] {
	return Array.from({ length: more }, (_, i) => {
		const n = count + i
		const place = { recv: n + 1, page, stream: streams[n % 2] as number, clock: n >> 1 }
		return { ...place, eventId: eventId(conv, n), at: n, expiresAt: n % 100 === 0 ? n : null, bytes: bytesOf(conv, n) }
	})
}

function changeOf(line: Line, events: readonly EventRow[]): EventChange {
	const end = line.count + events.length
	const nextOf = (count: number, which: number): number => (count + 1 - which) >> 1
	const streams = line.streams.map((id, i) => ({ id, from: nextOf(line.count, i), next: nextOf(end, i) }))
	const counters = { id: line.conv, recv: end, current: 0, lastAt: end, redactionsWait: false }
	return { counters, pages: [], streams, events, rewritten: [], waiting: [] }
}

async function grow({ unitOfWork }: SqliteData, all: readonly Line[], more: number): Promise<void> {
	await unitOfWork.transaction(async ({ events }) => {
		for (const line of all) await events.store(changeOf(line, rowsOf(line, more)))
	})
	for (const line of all) line.count += more
}

async function checkRow(events: Events, line: Line, n: number): Promise<void> {
	const { conv, page, streams } = line
	const place = {
		recv: n + 1,
		page: 0,
		part: 0,
		clientId: 8 + (n % 2),
		clock: n >> 1,
		eventId: eventId(conv, n),
		at: n,
	}
	expect(await events.byEventId(conv, eventId(conv, n))).toEqual(place)
	expect(await events.byPlace({ page, stream: streams[n % 2] as number }, n >> 1)).toEqual(place)
	expect(await events.item(conv, n + 1)).toEqual(bytesOf(conv, n))
}

/** Asks both connections for everything that should be there, and for what should not. */
async function checkAll({ repositories, unitOfWork }: SqliteData, all: readonly Line[]): Promise<void> {
	const check = async (events: Events): Promise<void> => {
		for (const line of all) {
			const { conv, count, page, streams } = line
			for (const n of new Set([0, 1, count >> 1, count - 2, count - 1])) await checkRow(events, line, n)
			expect(await events.byEventId(conv, eventId(conv, count))).toBeNull()
			expect(await events.byPlace({ page, stream: streams[count % 2] as number }, count >> 1)).toBeNull()
			expect(await events.item(conv, count + 1)).toBeNull()
			const recvs = (await events.rows(page)).map(({ recv }) => recv).toSorted((a, b) => a - b)
			expect(recvs).toEqual(Array.from({ length: count }, (_, n) => n + 1))
			const late = await events.rows(page, [{ stream: streams[1] as number, clock: (count >> 1) - 3 }])
			expect(late.map(({ clientId }) => clientId)).toEqual([9, 9, 9])
			const digest = await events.digestItems(page)
			expect(new Set(digest.map(({ eventId }) => String(eventId))).size).toBe(count)
		}
		const due = all.reduce((sum, { count }) => sum + Math.ceil(count / 100), 0)
		expect((await events.expired(Infinity, 10_000)).length).toBe(due)
	}
	await check(repositories.events)
	await unitOfWork.transaction(({ events }) => check(events))
}

const entered = (path: string): number => {
	const database = new Database(path, { readonly: true })
	const { count } = database.prepare('SELECT count(*) AS count FROM events_by_event').get() as { count: number }
	database.close()
	return count
}

test('every row is found, whether the indexes have it or not', async () => {
	const path = file()
	const data = opened(path)
	const all = await lines(data)
	const seen = new Set<number>()
	for (let i = 0; i < 12; i++) {
		await grow(data, all, 80)
		await checkAll(data, all)
		seen.add(entered(path))
	}
	expect([...seen][0]).toBe(0)
	expect(seen.size).toBeGreaterThan(2)
	expect(Math.max(...seen)).toBeLessThan(3 * 12 * 80)
})

test('a transaction that is taken back takes its entries with it', async () => {
	const path = file()
	const data = opened(path)
	const all = await lines(data)
	await grow(data, all, 340)
	expect(entered(path)).toBe(0)
	const counts = all.map(({ count }) => count)
	for (let i = 0; i < 4; i++) {
		const broken = data.unitOfWork.transaction(async ({ events }) => {
			for (const line of all) await events.store(changeOf(line, rowsOf(line, 60)))
			throw new Error('the disk is full')
		})
		await expect(broken).rejects.toThrow('the disk is full')
	}
	expect(all.map(({ count }) => count)).toEqual(counts)
	expect(entered(path)).toBe(0)
	await checkAll(data, all)
	for (let i = 0; i < 3; i++) await grow(data, all, 60)
	expect(entered(path)).toBeGreaterThan(0)
	await checkAll(data, all)
})

test('what was not entered when the process ended is found by the next one', async () => {
	const path = file()
	const first = openSqliteData(path)
	const all = await lines(first)
	for (let i = 0; i < 5; i++) await grow(first, all, 80)
	first.close()
	const second = opened(path)
	await checkAll(second, all)
	for (let i = 0; i < 5; i++) await grow(second, all, 80)
	await checkAll(second, all)
})

test('an event that is placed twice is given at its first place, wherever the second is', async () => {
	const data = opened(file())
	const all = await lines(data)
	const line = all[0] as Line
	const twice = async (): Promise<void> => {
		const row = { ...(rowsOf(line, 1)[0] as EventRow), eventId: eventId(line.conv, 0) }
		await data.unitOfWork.transaction(({ events }) => events.store(changeOf(line, [row])))
		line.count++
		expect(await data.repositories.events.byEventId(line.conv, eventId(line.conv, 0))).toMatchObject({ recv: 1 })
		const within = data.unitOfWork.transaction(({ events }) => events.byEventId(line.conv, eventId(line.conv, 0)))
		expect(await within).toMatchObject({ recv: 1 })
	}
	await grow(data, all, 10)
	await twice()
	for (let i = 0; i < 5; i++) await grow(data, all, 80)
	await twice()
})

test('the same recv, and the same place, are never stored twice', async () => {
	const data = opened(file())
	const all = await lines(data)
	const line = all[0] as Line
	const again = rowsOf(line, 4).map((row) => ({ ...row, expiresAt: null }))
	for (let i = 0; i < 6; i++) {
		await grow(data, all, 80)
		const store = (change: EventChange) => data.unitOfWork.transaction(({ events }) => events.store(change))
		await expect(store(changeOf({ ...line, count: 0 }, again))).rejects.toThrow('moved on')
		const place = rowsOf(line, 1).map((row) => ({ ...row, clock: 0, expiresAt: null }))
		const moved = changeOf(line, place)
		await expect(store({ ...moved, streams: [{ id: line.streams[0] as number, from: 0, next: 1 }] })).rejects.toThrow(
			'moved on',
		)
	}
	await checkAll(data, all)
})

test('a database from before keeps all it has', async () => {
	const path = file()
	const old = join(path, '../migrations')
	cpSync(join(projectRoot, 'drizzle/sqlite'), old, { recursive: true })
	const journal = join(old, 'meta/_journal.json')
	const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { tag: string }[] }
	const before = entries.findIndex(({ tag }) => tag === '0014_index_events_later')
	writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, before) }))
	const database = new Database(path)
	migrate(drizzle({ client: database }), { migrationsFolder: old })
	const all = conversations.map((conversation, i): Line => {
		const conv = i + 1
		database
			.prepare('INSERT INTO conversations (conversation, kind, created_at) VALUES (?, ?, 1)')
			.run(conversation, 'group')
		database.prepare('INSERT INTO conversation_counters VALUES (?, ?, 50, 0, 50)').run(conv, conversation)
		database.prepare('INSERT INTO pages VALUES (?, ?, 0, 0, 50, 50, 50, 50, 5)').run(conv, conv)
		for (const at of [0, 1]) {
			database.prepare('INSERT INTO streams VALUES (?, ?, ?, ?, 1, 25, 6)').run(2 * conv + at, conv, 8 + at, device)
		}
		return { conv, page: conv, streams: [2 * conv, 2 * conv + 1], count: 0 }
	})
	const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
	for (const line of all) {
		for (const { recv, page, stream, clock, at, eventId, bytes, expiresAt } of rowsOf(line, 50)) {
			insert.run(line.conv, recv, page, stream, clock, at, eventId, bytes)
			if (expiresAt !== null)
				database.prepare('INSERT INTO expiries (conv, recv, at) VALUES (?, ?, ?)').run(line.conv, recv, at)
		}
		line.count = 50
	}
	database.close()
	const data = opened(path)
	await checkAll(data, all)
	expect(entered(path)).toBe(150)
	for (let i = 0; i < 5; i++) await grow(data, all, 80)
	await checkAll(data, all)
})
