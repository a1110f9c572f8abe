/**
 * Events in PostgreSQL: one statement for all that a turn stores in a conversation, however many events that is. Recv and place
 * are unique by the schema; where another node has moved on first, the counters no longer match and nothing is stored.
 */
import { DatabaseError } from 'pg'
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
import { statements, type Queryable, type Statements, type Value } from './statements.ts'

export function postgresEvents(db: Queryable): Events {
	const prepared = statements(db)
	return { ...counts(prepared), ...pageTables(prepared), ...lookups(prepared), ...pageRows(prepared), ...writes(prepared) }
}

const countersColumns =
	'id, recv, current, last_at AS "lastAt", ' +
	'EXISTS (SELECT 1 FROM waiting_redactions w WHERE w.conv = conversation_counters.id) AS "redactionsWait"'
const pageColumns = 'id, page, part, posts, post_bytes AS "postBytes", bytes, version, opened_at AS "openedAt"'
const streamColumns = 'id, client_id AS "clientId", device, incarnation, next, started_at AS "startedAt"'
const placeColumns = 'e.recv, p.page, p.part, s.client_id AS "clientId", e.clock, e.event_id AS "eventId", e.at'
const joined = 'JOIN pages p ON p.id = e.page JOIN streams s ON s.id = e.stream'

function counts({ get, change }: Statements): Pick<Events, 'openCounters' | 'counters'> {
	const find = (conversation: Bytes): Promise<ConversationCounters | null> =>
		get(`SELECT ${countersColumns} FROM conversation_counters WHERE conversation = $1`, conversation)
	return {
		openCounters: async (conversation) => {
			const found = await find(conversation)
			if (found !== null) return found
			const sql =
				'INSERT INTO conversation_counters (conversation, recv, current, last_at) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING'
			await change(sql, conversation)
			return (await find(conversation)) as ConversationCounters
		},
		counters: find,
	}
}

type PageMethods = 'pages' | 'parts' | 'openPage' | 'streams' | 'openStream'

function pageTables({ get, all }: Statements): Pick<Events, PageMethods> {
	/** The row that was inserted; what the caller opens, because he does not see it, may be there. */
	const open = async (sql: string, ...values: readonly Value[]): Promise<number> => {
		const opened = await get<{ id: number }>(sql, ...values)
		if (opened === null) throw new Overtaken()
		return opened.id
	}
	return {
		pages: (id, since) =>
			all<PageRow>(`SELECT ${pageColumns} FROM pages WHERE conv = $1 AND version > $2 ORDER BY page, part`, id, since),
		parts: (id, page) =>
			all<PageRow>(`SELECT ${pageColumns} FROM pages WHERE conv = $1 AND page = $2 ORDER BY part`, id, page),
		openPage: async (conv, { page, part, openedAt }) => {
			const id = await open(
				`INSERT INTO pages (conv, page, part, posts, post_bytes, bytes, version, opened_at)
				 VALUES ($1, $2, $3, 0, 0, 0, 0, $4) ON CONFLICT DO NOTHING RETURNING id`,
				...[conv, page, part, openedAt],
			)
			return { id, page, part, posts: 0, postBytes: 0, bytes: 0, version: 0, openedAt }
		},
		streams: (pageId) => all<StreamRow>(`SELECT ${streamColumns} FROM streams WHERE page = $1`, pageId),
		openStream: async (pageId, { clientId, device, incarnation, startedAt }) => {
			const id = await open(
				`INSERT INTO streams (page, client_id, device, incarnation, next, started_at)
				 VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT DO NOTHING RETURNING id`,
				...[pageId, clientId, device, incarnation, startedAt],
			)
			return { id, clientId, device, incarnation, next: 0, startedAt }
		},
	}
}

type LookupMethods = 'byEventIds' | 'byEventId' | 'byPlace' | 'item' | 'waitingRedactions' | 'expired'

function lookups({ get, all }: Statements): Pick<Events, LookupMethods> {
	const byEventIds: Events['byEventIds'] = (conv, eventIds) =>
		all<EventPlace>(
			`SELECT DISTINCT ON (e.event_id) ${placeColumns} FROM events e ${joined}
			 WHERE e.conv = $1 AND e.event_id = ANY($2::bytea[]) ORDER BY e.event_id, e.recv`,
			conv,
			eventIds,
		)
	return {
		byEventIds,
		byEventId: async (conv, eventId) => (await byEventIds(conv, [eventId]))[0] ?? null,
		byPlace: ({ page, stream }, clock) =>
			get<EventPlace>(
				`SELECT ${placeColumns} FROM events e ${joined} WHERE e.page = $1 AND e.stream = $2 AND e.clock = $3`,
				...[page, stream, clock],
			),
		item: async (conv, recv) =>
			(await get<{ bytes: Bytes }>('SELECT bytes FROM events WHERE conv = $1 AND recv = $2', conv, recv))?.bytes ?? null,
		expired: (now, limit) =>
			all<ExpiredRow>(
				`SELECT x.conv AS id, x.recv, e.bytes FROM expiries x JOIN events e ON e.conv = x.conv AND e.recv = x.recv
				 WHERE x.at <= $1 ORDER BY x.at LIMIT $2`,
				now,
				limit,
			),
		waitingRedactions: (id, target) =>
			all<WaitingRedaction>(
				'SELECT target, "by", account, admin FROM waiting_redactions WHERE conv = $1 AND target = $2',
				id,
				target,
			),
	}
}

const itemColumns = 's.client_id AS "clientId", e.clock, e.recv, e.bytes'

function pageRows({ all }: Statements): Pick<Events, 'rows' | 'after' | 'digestItems'> {
	return {
		after: (conv, { after, upTo, limit }) =>
			all<FeedRow>(
				`SELECT p.page, p.part, ${itemColumns} FROM events e JOIN streams s ON s.id = e.stream JOIN pages p ON p.id = e.page
				 WHERE e.conv = $1 AND e.recv > $2 AND e.recv <= $3 ORDER BY e.recv LIMIT $4`,
				...[conv, after, upTo, limit],
			),
		rows: (page, from) =>
			from === undefined
				? all<PageItemRow>(`SELECT ${itemColumns} FROM events e JOIN streams s ON s.id = e.stream WHERE e.page = $1`, page)
				: all<PageItemRow>(
						`SELECT ${itemColumns} FROM unnest($2::bigint[], $3::bigint[]) AS lagging(stream, clock)
						 JOIN events e ON e.page = $1 AND e.stream = lagging.stream AND e.clock >= lagging.clock
						 JOIN streams s ON s.id = e.stream`,
						page,
						from.map(({ stream }) => stream),
						from.map(({ clock }) => clock),
					),
		digestItems: (page) =>
			all<DigestItem>(
				`SELECT s.client_id AS "clientId", e.clock, e.event_id AS "eventId" FROM events e
				 JOIN streams s ON s.id = e.stream WHERE e.page = $1`,
				page,
			),
	}
}

/**
 * `recv` moves on from where the caller saw it, or nothing that follows happens; so does each stream's `next`. Arrays hold one
 * entry for each stream, page and event.
 */
const storeSql = `WITH moved AS (
	UPDATE conversation_counters SET recv = $2, current = $3, last_at = $4 WHERE id = $1 AND recv = $5 RETURNING id
), stepped AS (
	UPDATE streams s SET next = step.next
	FROM moved, unnest($6::bigint[], $7::bigint[], $8::bigint[]) AS step(id, seen, next)
	WHERE s.id = step.id AND s.next = step.seen RETURNING s.id
), counted AS (
	UPDATE pages p SET posts = c.posts, post_bytes = c.post_bytes, bytes = c.bytes, version = c.version
	FROM moved, unnest($9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[]) AS c(id, posts, post_bytes, bytes, version)
	WHERE p.id = c.id
), stored AS (
	INSERT INTO events (conv, recv, page, stream, clock, at, event_id, bytes)
	SELECT moved.id, e.* FROM moved, unnest($14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bytea[], $20::bytea[]) AS e
), expiring AS (
	INSERT INTO expiries (conv, recv, at)
	SELECT moved.id, x.recv, x.at FROM moved, unnest($14::bigint[], $21::bigint[]) AS x(recv, at) WHERE x.at IS NOT NULL
)
SELECT (SELECT count(*) FROM moved) AS moved, (SELECT count(*) FROM stepped) AS stepped`

function storeValues({ counters, streams, pages, events }: EventChange): Value[] {
	const { id, recv, current, lastAt } = counters
	return [
		...[id, recv, current, lastAt, recv - events.length],
		...columns(streams, ['id', 'from', 'next']),
		...columns(pages, ['id', 'posts', 'postBytes', 'bytes', 'version']),
		...columns(events, ['recv', 'page', 'stream', 'clock', 'at', 'eventId', 'bytes', 'expiresAt']),
	]
}

function columns<T, K extends keyof T>(rows: readonly T[], names: readonly K[]): T[K][][] {
	return names.map((name) => rows.map((row) => row[name]))
}

interface Rewritten {
	readonly id: number
	readonly recv: number
	readonly bytes: Bytes
}

function writes({ get, change }: Statements): Pick<Events, 'store' | 'expire' | 'leap'> {
	const rewrite = async (rows: readonly Rewritten[]): Promise<void> => {
		if (rows.length === 0) return
		await change(
			`UPDATE events e SET bytes = w.bytes FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS w(conv, recv, bytes)
			 WHERE e.conv = w.conv AND e.recv = w.recv`,
			...columns(rows, ['id', 'recv', 'bytes']),
		)
	}
	return {
		expire: async (rows) => {
			await rewrite(rows)
			await change(
				`DELETE FROM expiries x USING unnest($1::bigint[], $2::bigint[]) AS gone(conv, recv)
				 WHERE x.conv = gone.conv AND x.recv = gone.recv`,
				...columns(rows, ['id', 'recv']),
			)
		},
		leap: async () => {
			const step = RECV_SEQ_RESTORE_STEP
			await change(`UPDATE conversation_counters SET recv = (recv / ${step} + 1) * ${step}`)
		},
		store: async (stored) => {
			const { counters, streams, rewritten, waiting } = stored
			const moved = await orOvertaken(get<{ moved: number; stepped: number }>(storeSql, ...storeValues(stored)))
			if (moved?.moved !== 1 || moved.stepped !== streams.length) throw new Overtaken()
			await rewrite(rewritten.map((row) => ({ ...row, id: counters.id })))
			if (waiting.length === 0) return
			await change(
				`INSERT INTO waiting_redactions (conv, target, "by", account, admin)
				 SELECT $1::bigint, * FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::boolean[]) ON CONFLICT DO NOTHING`,
				...[counters.id, ...columns(waiting, ['target', 'by', 'account', 'admin'])],
			)
		},
	}
}

/** The schema has one row for each recv and for each place. */
async function orOvertaken<T>(storing: Promise<T>): Promise<T> {
	try {
		return await storing
	} catch (error) {
		throw error instanceof DatabaseError && error.code === '23505' ? new Overtaken() : error
	}
}
