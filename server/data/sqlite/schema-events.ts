/**
 * Tables of events, pages, streams and markers. Numbers measured for 506-byte items (a 300-byte message), 50
 * conversations written in turn: docs/decisions/0050-keep-events-in-a-rowid-table.md.
 */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { bytes } from './columns.ts'
import { conversations } from './schema.ts'

/** The small number of a conversation in every row below, and what is counted in it. */
export const conversationCounters = sqliteTable('conversation_counters', {
	id: integer('id').primaryKey(),
	conversation: bytes('conversation')
		.notNull()
		.unique()
		.references(() => conversations.conversation),
	recv: integer('recv').notNull(),
	current: integer('current').notNull(),
	lastAt: integer('last_at').notNull(),
})

export const pages = sqliteTable(
	'pages',
	{
		id: integer('id').primaryKey(),
		conv: integer('conv')
			.notNull()
			.references(() => conversationCounters.id),
		page: integer('page').notNull(),
		part: integer('part').notNull(),
		posts: integer('posts').notNull(),
		postBytes: integer('post_bytes').notNull(),
		bytes: integer('bytes').notNull(),
		version: integer('version').notNull(),
		openedAt: integer('opened_at').notNull(),
	},
	(table) => [uniqueIndex('pages_place').on(table.conv, table.page, table.part)],
)

export const streams = sqliteTable(
	'streams',
	{
		id: integer('id').primaryKey(),
		page: integer('page')
			.notNull()
			.references(() => pages.id),
		clientId: integer('client_id').notNull(),
		device: bytes('device').notNull(),
		incarnation: integer('incarnation').notNull(),
		next: integer('next').notNull(),
		startedAt: integer('started_at').notNull(),
	},
	(table) => [uniqueIndex('streams_client').on(table.page, table.clientId)],
)

/**
 * Found by the three tables below, which are its indexes (event-indexes.ts). No foreign keys: 1 µs each on the hottest insert,
 * for numbers that the same transaction has just read or made.
 */
export const events = sqliteTable('events', {
	/** Ascending as they were stored, so within a conversation as recv. */
	id: integer('id').primaryKey(),
	conv: integer('conv').notNull(),
	recv: integer('recv').notNull(),
	page: integer('page').notNull(),
	stream: integer('stream').notNull(),
	clock: integer('clock').notNull(),
	at: integer('at').notNull(),
	eventId: bytes('event_id').notNull(),
	bytes: bytes('bytes').notNull(),
})

// The three are WITHOUT ROWID, which drizzle cannot say: the migration does.

export const eventsByRecv = sqliteTable(
	'events_by_recv',
	{
		conv: integer('conv').notNull(),
		recv: integer('recv').notNull(),
		event: integer('event').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conv, table.recv] })],
)

/** Covers the digest, and finds a stream's rows. */
export const eventsByPlace = sqliteTable(
	'events_by_place',
	{
		page: integer('page').notNull(),
		stream: integer('stream').notNull(),
		clock: integer('clock').notNull(),
		eventId: bytes('event_id').notNull(),
		event: integer('event').notNull(),
	},
	(table) => [primaryKey({ columns: [table.page, table.stream, table.clock] })],
)

/** Finds duplicates and targets; an event that was placed twice has two rows. */
export const eventsByEvent = sqliteTable(
	'events_by_event',
	{
		conv: integer('conv').notNull(),
		eventId: bytes('event_id').notNull(),
		event: integer('event').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conv, table.eventId, table.event] })],
)

/** One row: the last event that each of the three has. */
export const eventIndexes = sqliteTable('event_indexes', {
	byRecv: integer('by_recv').notNull(),
	byPlace: integer('by_place').notNull(),
	byEvent: integer('by_event').notNull(),
})

/** When the text of which item goes: only of those that expire, and until it has gone. */
export const expiries = sqliteTable(
	'expiries',
	{
		conv: integer('conv').notNull(),
		recv: integer('recv').notNull(),
		at: integer('at').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conv, table.recv] }), index('expiries_at').on(table.at)],
)

/** Redacts whose targets were not there yet. */
export const waitingRedactions = sqliteTable(
	'waiting_redactions',
	{
		conv: integer('conv').notNull(),
		target: bytes('target').notNull(),
		by: bytes('by').notNull(),
		account: bytes('account').notNull(),
		admin: integer('admin', { mode: 'boolean' }).notNull(),
	},
	(table) => [primaryKey({ columns: [table.conv, table.target, table.by] })],
)

/** hlc as 16 hexadecimal digits: it is unsigned 64-bit, and the digits sort as the number does. */
export const markers = sqliteTable(
	'markers',
	{
		conversation: bytes('conversation')
			.notNull()
			.references(() => conversations.conversation),
		device: bytes('device').notNull(),
		kind: text('kind', { enum: ['read', 'delivered'] }).notNull(),
		account: bytes('account').notNull(),
		hlc: text('hlc').notNull(),
		marker: bytes('marker').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conversation, table.device, table.kind] })],
)
