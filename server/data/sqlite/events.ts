/**
 * Events in SQLite. The hottest tables of the server: prepared statements, one call per turn and conversation for all
 * writes. BLOBs come out as plain byte strings over a buffer of their own.
 */
import { SqliteError } from 'better-sqlite3'
import {
	Overtaken,
	type ConversationCounters,
	type DigestItem,
	type EventChange,
	type EventPlace,
	type Events,
	type ExpiredRow,
	type FeedRow,
	type PageItemRow,
	type PageRow,
	type StreamRow,
	type WaitingRedaction,
} from '#server/domain/event-ports.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { RECV_SEQ_RESTORE_STEP } from '#protocol/limits.ts'
import type { Connection } from './connection.ts'
import type { EventIndexes } from './event-indexes.ts'
import { idAtRecv, inTail, placesForReader, placesForWriter, type EventPlaces } from './event-places.ts'
import { fromBlob, statements, type Statements } from './statements.ts'

/** Without `indexes` it reads, and stores nothing. */
export function sqliteEvents(db: Connection, indexes: EventIndexes | null): Events {
	const prepared = statements(db)
	const places = indexes === null ? placesForReader(prepared) : placesForWriter(prepared, indexes)
	return {
		...counts(prepared),
		...pageTables(prepared),
		...lookups(prepared, places),
		...pageRows(prepared),
		...writes(prepared, { places, indexes }),
	}
}

const countersColumns =
	'id, recv, current, last_at AS lastAt, ' +
	'EXISTS (SELECT 1 FROM waiting_redactions w WHERE w.conv = conversation_counters.id) AS redactionsWait'
const pageColumns =
	'id, page, part, posts, post_bytes AS postBytes, bytes, version, opened_at AS openedAt'
const streamColumns = 'id, client_id AS clientId, device, incarnation, next, started_at AS startedAt'
const placeColumns =
	'e.recv, p.page, p.part, s.client_id AS clientId, e.clock, e.event_id AS eventId, e.at FROM events e ' +
	'JOIN pages p ON p.id = e.page JOIN streams s ON s.id = e.stream'

function counts({ get, run }: Statements): Pick<Events, 'openCounters' | 'counters'> {
	const find = (conversation: Bytes): ConversationCounters | null => {
		const sql = `SELECT ${countersColumns} FROM conversation_counters WHERE conversation = ?`
		const row = get<Omit<ConversationCounters, 'redactionsWait'> & { redactionsWait: 0 | 1 }>(sql, conversation)
		return row && { ...row, redactionsWait: row.redactionsWait === 1 }
	}
	return {
		openCounters: async (conversation) => {
			const found = find(conversation)
			if (found !== null) return found
			run('INSERT INTO conversation_counters (conversation, recv, current, last_at) VALUES (?, 0, 0, 0)', conversation)
			return find(conversation) as ConversationCounters
		},
		counters: async (conversation) => find(conversation),
	}
}

type PageMethods = 'pages' | 'parts' | 'openPage' | 'streams' | 'openStream'

function pageTables({ all, run }: Statements): Pick<Events, PageMethods> {
	const toStream = (row: StreamRow): StreamRow => ({ ...row, device: fromBlob(row.device) })
	return {
		pages: async (id, since) =>
			all<PageRow>(`SELECT ${pageColumns} FROM pages WHERE conv = ? AND version > ? ORDER BY page, part`, id, since),
		parts: async (id, page) =>
			all<PageRow>(`SELECT ${pageColumns} FROM pages WHERE conv = ? AND page = ? ORDER BY part`, id, page),
		openPage: async (conv, { page, part, openedAt }) => {
			const sql =
				'INSERT INTO pages (conv, page, part, posts, post_bytes, bytes, version, opened_at) VALUES (?, ?, ?, 0, 0, 0, 0, ?)'
			const id = orOvertaken(() => run(sql, conv, page, part, openedAt))
			return { id, page, part, posts: 0, postBytes: 0, bytes: 0, version: 0, openedAt }
		},
		streams: async (pageId) => all<StreamRow>(`SELECT ${streamColumns} FROM streams WHERE page = ?`, pageId).map(toStream),
		openStream: async (pageId, { clientId, device, incarnation, startedAt }) => {
			const sql =
				'INSERT INTO streams (page, client_id, device, incarnation, next, started_at) VALUES (?, ?, ?, ?, 0, ?)'
			const id = orOvertaken(() => run(sql, pageId, clientId, device, incarnation, startedAt))
			return { id, clientId, device, incarnation, next: 0, startedAt }
		},
	}
}

/** What the caller opens, because he does not see it, may be there. */
function orOvertaken<T>(open: () => T): T {
	try {
		return open()
	} catch (error) {
		throw error instanceof SqliteError && error.code === 'SQLITE_CONSTRAINT_UNIQUE' ? new Overtaken() : error
	}
}

type LookupMethods = 'byEventIds' | 'byEventId' | 'byPlace' | 'item' | 'waitingRedactions' | 'expired'

function lookups({ get, all }: Statements, places: EventPlaces): Pick<Events, LookupMethods> {
	const placeOf = (id: number | null): EventPlace | null => {
		const row = id === null ? null : get<EventPlace>(`SELECT ${placeColumns} WHERE e.id = ?`, id)
		return row && { ...row, eventId: fromBlob(row.eventId) }
	}
	return {
		byEventIds: async (conv, eventIds) =>
			eventIds.flatMap((eventId) => placeOf(places.byEvent(conv, eventId)) ?? []),
		byEventId: async (conv, eventId) => placeOf(places.byEvent(conv, eventId)),
		byPlace: async (stream, clock) => placeOf(places.byPlace(stream, clock)),
		item: async (conv, recv) => {
			const id = places.byRecv(conv, recv)
			const row = id === null ? null : get<{ bytes: Bytes }>('SELECT bytes FROM events WHERE id = ?', id)
			return row && fromBlob(row.bytes)
		},
		expired: async (now, limit) =>
			all<ExpiredRow>(
				`SELECT x.conv AS id, x.recv, e.bytes FROM expiries x JOIN events e ON e.id = ${idAtRecv('x.conv', 'x.recv')} WHERE x.at <= ? ORDER BY x.at LIMIT ?`,
				now,
				limit,
			).map((row) => ({ ...row, bytes: fromBlob(row.bytes) })),
		waitingRedactions: async (id, target) =>
			all<Omit<WaitingRedaction, 'admin'> & { admin: 0 | 1 }>(
				'SELECT target, "by", account, admin FROM waiting_redactions WHERE conv = ? AND target = ?',
				id,
				target,
			).map((row) => ({
				target: fromBlob(row.target),
				by: fromBlob(row.by),
				account: fromBlob(row.account),
				admin: row.admin === 1,
			})),
	}
}

const itemColumns = 's.client_id AS clientId, e.stream, e.clock, e.recv, e.bytes'
const tailOfPage = `SELECT ${itemColumns} FROM (SELECT e.* ${inTail('by_place', 'e.page = ?')}) e CROSS JOIN streams s ON s.id = e.stream`
const rowsOfIndex = 'CROSS JOIN events e ON e.id = i.event CROSS JOIN streams s ON s.id = e.stream'
const ofPage = `SELECT ${itemColumns} FROM events_by_place i ${rowsOfIndex} WHERE i.page = ? UNION ALL ${tailOfPage}`
/** CROSS JOIN keeps this order: one range of the index for each stream that lags. Of the tail all of the page. */
const ofStreams =
	`SELECT ${itemColumns} FROM json_each(?) w CROSS JOIN events_by_place i ` +
	`ON i.page = ? AND i.stream = w.value ->> 0 AND i.clock >= w.value ->> 1 ${rowsOfIndex} UNION ALL ${tailOfPage}`
/** Of what is in the index, without a look at the rows. */
const digestOfPage =
	'SELECT s.client_id AS clientId, i.clock, i.event_id AS eventId FROM events_by_place i CROSS JOIN streams s ON s.id = i.stream WHERE i.page = ? ' +
	`UNION ALL SELECT s.client_id, e.clock, e.event_id FROM (SELECT e.* ${inTail('by_place', 'e.page = ?')}) e CROSS JOIN streams s ON s.id = e.stream`

const feedColumns = `p.page, p.part, ${itemColumns}`
const placed = 'CROSS JOIN streams s ON s.id = e.stream CROSS JOIN pages p ON p.id = e.page'
/** The tail is short, and sorted with the rest. */
const afterRecv =
	`SELECT * FROM (SELECT ${feedColumns} FROM events_by_recv i CROSS JOIN events e ON e.id = i.event ${placed} ` +
	`WHERE i.conv = ? AND i.recv > ? AND i.recv <= ? ORDER BY i.recv LIMIT ?) UNION ALL SELECT ${feedColumns} FROM ` +
	`(SELECT e.* ${inTail('by_recv', 'e.conv = ? AND e.recv > ? AND e.recv <= ?')}) e ${placed} ORDER BY recv LIMIT ?`

function pageRows({ all }: Statements): Pick<Events, 'rows' | 'after' | 'digestItems'> {
	return {
		after: async (conv, { after, upTo, limit }) => {
			const range = [conv, after, upTo, limit]
			const rows = all<FeedRow & { stream: number }>(afterRecv, ...range, ...range)
			return rows.map(({ stream: _, ...row }) => ({ ...row, bytes: fromBlob(row.bytes) }))
		},
		rows: async (page, from) => {
			const lagging = from && new Map(from.map(({ stream, clock }) => [stream, clock]))
			const rows =
				lagging === undefined
					? all<PageItemRow & { stream: number }>(ofPage, page, page)
					: all<PageItemRow & { stream: number }>(ofStreams, JSON.stringify([...lagging]), page, page)
			const isWanted = (stream: number, clock: number): boolean =>
				lagging === undefined || clock >= (lagging.get(stream) ?? Infinity)
			return rows
				.filter(({ stream, clock }) => isWanted(stream, clock))
				.map(({ clientId, clock, recv, bytes }) => ({ clientId, clock, recv, bytes: fromBlob(bytes) }))
		},
		digestItems: async (page) =>
			all<DigestItem>(digestOfPage, page, page).map((row) => ({ ...row, eventId: fromBlob(row.eventId) })),
	}
}

interface Writing {
	readonly places: EventPlaces
	readonly indexes: EventIndexes | null
}

function writes(prepared: Statements, { places, indexes }: Writing): Pick<Events, 'store' | 'expire' | 'leap'> {
	const rewrite = (conv: number, { recv, bytes }: { readonly recv: number; readonly bytes: Bytes }): void => {
		const id = places.byRecv(conv, recv)
		if (id !== null) prepared.change('UPDATE events SET bytes = ? WHERE id = ?', bytes, id)
	}
	return {
		expire: async (rows) => {
			for (const row of rows) {
				rewrite(row.id, row)
				prepared.change('DELETE FROM expiries WHERE conv = ? AND recv = ?', row.id, row.recv)
			}
		},
		leap: async () => {
			// As text: a number of this size would be bound as a fraction, and divided as one.
			prepared.change(`UPDATE conversation_counters SET recv = (recv / ${RECV_SEQ_RESTORE_STEP} + 1) * ${RECV_SEQ_RESTORE_STEP}`)
		},
		store: async (change) => {
			if (indexes === null) throw new Error('the reading connection stores nothing')
			storeEvents(prepared, change, indexes)
			for (const row of change.rewritten) rewrite(change.counters.id, row)
			storeWaiting(prepared, change)
			storeCounts(prepared, change)
			indexes.keepShort()
		},
	}
}

function storeEvents({ run }: Statements, { counters, events }: EventChange, indexes: EventIndexes): void {
	const conv = counters.id
	for (const { recv, page, stream, clock, at, eventId, expiresAt, bytes } of events) {
		if (expiresAt !== null) run('INSERT INTO expiries (at, conv, recv) VALUES (?, ?, ?)', expiresAt, conv, recv)
		const id = run('INSERT INTO events (conv, recv, page, stream, clock, at, event_id, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)', conv, recv, page, stream, clock, at, eventId, bytes)
		indexes.add({ id, conv, recv, stream, clock, eventId })
	}
}

function storeWaiting({ change }: Pick<Statements, 'change'>, { counters, waiting }: EventChange): void {
	for (const { target, by, account, admin } of waiting) {
		change('INSERT OR IGNORE INTO waiting_redactions (conv, target, "by", account, admin) VALUES (?, ?, ?, ?, ?)', counters.id, target, by, account, admin ? 1 : 0)
	}
}

/** `recv` and each stream's `next` move on from where the caller saw them, or the whole transaction fails. */
function storeCounts({ change }: Pick<Statements, 'change'>, { counters, pages, streams, events }: EventChange): void {
	for (const { id, from, next } of streams) {
		const moved = change('UPDATE streams SET next = ? WHERE id = ? AND next = ?', next, id, from)
		if (moved !== 1) throw new Overtaken()
	}
	for (const { id, posts, postBytes, bytes, version } of pages) {
		const sql = 'UPDATE pages SET posts = ?, post_bytes = ?, bytes = ?, version = ? WHERE id = ?'
		change(sql, posts, postBytes, bytes, version, id)
	}
	const { id, recv, current, lastAt } = counters
	const sql = 'UPDATE conversation_counters SET recv = ?, current = ?, last_at = ? WHERE id = ? AND recv = ?'
	if (change(sql, recv, current, lastAt, id, recv - events.length) !== 1) throw new Overtaken()
}
