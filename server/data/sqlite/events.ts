/**
 * Events in SQLite. The hottest tables of the server: prepared statements, one call per turn and conversation for all
 * writes. BLOBs come out as plain byte strings over a buffer of their own.
 */
import type {
	ConversationCounters,
	EventChange,
	EventPlace,
	Events,
	PageItemRow,
	PageRow,
	StreamRow,
	WaitingRedaction,
} from '#server/domain/event-ports.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { Connection } from './connection.ts'
import { fromBlob, statements, type Statements } from './statements.ts'

export function sqliteEvents(db: Connection): Events {
	const prepared = statements(db)
	return { ...counts(prepared), ...pageTables(prepared), ...lookups(prepared), ...writes(prepared) }
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

function counts({ get, run }: Statements): Pick<Events, 'lock' | 'counters'> {
	const find = (conversation: Bytes): ConversationCounters | null => {
		const sql = `SELECT ${countersColumns} FROM conversation_counters WHERE conversation = ?`
		const row = get<Omit<ConversationCounters, 'redactionsWait'> & { redactionsWait: 0 | 1 }>(sql, conversation)
		return row && { ...row, redactionsWait: row.redactionsWait === 1 }
	}
	return {
		// The transaction was begun IMMEDIATE: nobody else writes until it ends.
		lock: async (conversation) => {
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
			const id = run(sql, conv, page, part, openedAt)
			return { id, page, part, posts: 0, postBytes: 0, bytes: 0, version: 0, openedAt }
		},
		streams: async (pageId) => all<StreamRow>(`SELECT ${streamColumns} FROM streams WHERE page = ?`, pageId).map(toStream),
		openStream: async (pageId, { clientId, device, incarnation, startedAt }) => {
			const sql =
				'INSERT INTO streams (page, client_id, device, incarnation, next, started_at) VALUES (?, ?, ?, ?, 0, ?)'
			const id = run(sql, pageId, clientId, device, incarnation, startedAt)
			return { id, clientId, device, incarnation, next: 0, startedAt }
		},
	}
}

type LookupMethods = 'byEventId' | 'byPlace' | 'item' | 'rows' | 'digestItems' | 'waitingRedactions'

function lookups({ get, all }: Statements): Pick<Events, LookupMethods> {
	const toPlace = (row: EventPlace | null) => row && { ...row, eventId: fromBlob(row.eventId) }
	return {
		// Sorted here: for ORDER BY recv SQLite would walk the whole conversation, or set a sorter up for 100 µs.
		byEventId: async (id, eventId) => {
			const sql = 'SELECT recv FROM events WHERE conv = ? AND event_id = ?'
			// Nearly always there is none, which `get` says in half the time.
			if (get<{ recv: number }>(sql, id, eventId) === null) return null
			const rows = all<{ recv: number }>(sql, id, eventId)
			const first = Math.min(...rows.map(({ recv }) => recv))
			return toPlace(get(`SELECT ${placeColumns} WHERE e.conv = ? AND e.recv = ?`, id, first))
		},
		byPlace: async ({ page, stream }, clock) =>
			toPlace(get(`SELECT ${placeColumns} WHERE e.page = ? AND e.stream = ? AND e.clock = ?`, page, stream, clock)),
		item: async (id, recv) => {
			const row = get<{ bytes: Bytes }>('SELECT bytes FROM events WHERE conv = ? AND recv = ?', id, recv)
			return row && fromBlob(row.bytes)
		},
		rows: async (pageId, from) => {
			const columns = 'SELECT s.client_id AS clientId, e.clock, e.recv, e.bytes FROM'
			const rows =
				from === undefined
					? all<PageItemRow>(`${columns} events e JOIN streams s ON s.id = e.stream WHERE e.page = ?`, pageId)
					: all<PageItemRow>(
							// CROSS JOIN keeps this order: one range of the index for each stream that lags.
							`${columns} json_each(?) w
							 CROSS JOIN events e ON e.page = ? AND e.stream = w.value ->> 0 AND e.clock >= w.value ->> 1
							 CROSS JOIN streams s ON s.id = e.stream`,
							JSON.stringify(from.map(({ stream, clock }) => [stream, clock])),
							pageId,
						)
			return rows.map((row) => ({ ...row, bytes: fromBlob(row.bytes) }))
		},
		digestItems: async (pageId) =>
			all<{ clientId: number; clock: number; eventId: Bytes }>(
				'SELECT s.client_id AS clientId, e.clock, e.event_id AS eventId FROM events e JOIN streams s ON s.id = e.stream WHERE e.page = ?',
				pageId,
			).map((row) => ({ ...row, eventId: fromBlob(row.eventId) })),
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

function writes(prepared: Statements): Pick<Events, 'store'> {
	return {
		store: async (change) => {
			storeEvents(prepared, change)
			storeRedactions(prepared, change)
			storeCounts(prepared, change)
		},
	}
}

function storeEvents({ run }: Statements, { counters, events }: EventChange): void {
	for (const { recv, page, stream, clock, at, eventId, bytes } of events) {
		run('INSERT INTO events (conv, recv, page, stream, clock, at, event_id, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)', counters.id, recv, page, stream, clock, at, eventId, bytes)
	}
}

function storeRedactions({ change }: Pick<Statements, 'change'>, { counters, rewritten, waiting }: EventChange): void {
	for (const { recv, bytes } of rewritten) {
		change('UPDATE events SET bytes = ? WHERE conv = ? AND recv = ?', bytes, counters.id, recv)
	}
	for (const { target, by, account, admin } of waiting) {
		change('INSERT OR IGNORE INTO waiting_redactions (conv, target, "by", account, admin) VALUES (?, ?, ?, ?, ?)', counters.id, target, by, account, admin ? 1 : 0)
	}
}

/** A stream's `next` moves on from where the caller saw it, or the whole transaction fails. */
function storeCounts({ change }: Pick<Statements, 'change'>, { counters, pages, streams }: EventChange): void {
	for (const { id, from, next } of streams) {
		const moved = change('UPDATE streams SET next = ? WHERE id = ? AND next = ?', next, id, from)
		if (moved !== 1) throw new Error('a stream has moved on')
	}
	for (const { id, posts, postBytes, bytes, version } of pages) {
		const sql = 'UPDATE pages SET posts = ?, post_bytes = ?, bytes = ?, version = ? WHERE id = ?'
		change(sql, posts, postBytes, bytes, version, id)
	}
	const { id, recv, current, lastAt } = counters
	change('UPDATE conversation_counters SET recv = ?, current = ?, last_at = ? WHERE id = ?', recv, current, lastAt, id)
}
