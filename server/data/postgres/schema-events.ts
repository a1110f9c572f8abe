/**
 * Tables of events, pages, streams and markers, as in ../sqlite/schema-events.ts. Events have real indexes here, kept by the
 * database, in the place of the tables that SQLite's are kept in by hand (docs/decisions/0250), and no number of their own.
 */
import { bigint, boolean, index, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytes, text, whole } from './columns.ts'
import { conversations } from './schema.ts'

/** The small number of a conversation in every row below, and what is counted in it. */
export const conversationCounters = pgTable('conversation_counters', {
	id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
	conversation: bytes('conversation')
		.notNull()
		.unique()
		.references(() => conversations.conversation),
	recv: whole('recv').notNull(),
	current: whole('current').notNull(),
	lastAt: whole('last_at').notNull(),
})

export const pages = pgTable(
	'pages',
	{
		id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
		conv: whole('conv')
			.notNull()
			.references(() => conversationCounters.id),
		page: whole('page').notNull(),
		part: whole('part').notNull(),
		posts: whole('posts').notNull(),
		postBytes: whole('post_bytes').notNull(),
		bytes: whole('bytes').notNull(),
		version: whole('version').notNull(),
		openedAt: whole('opened_at').notNull(),
	},
	(table) => [uniqueIndex('pages_place').on(table.conv, table.page, table.part)],
)

export const streams = pgTable(
	'streams',
	{
		id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
		page: whole('page')
			.notNull()
			.references(() => pages.id),
		clientId: whole('client_id').notNull(),
		device: bytes('device').notNull(),
		incarnation: whole('incarnation').notNull(),
		next: whole('next').notNull(),
		startedAt: whole('started_at').notNull(),
	},
	(table) => [uniqueIndex('streams_client').on(table.page, table.clientId)],
)

// What drizzle cannot say the migration does: `events_place` includes event_id, which the digest is read from, and `bytes` are not
// compressed, because ciphertext cannot be.

export const events = pgTable(
	'events',
	{
		conv: whole('conv').notNull(),
		recv: whole('recv').notNull(),
		page: whole('page').notNull(),
		stream: whole('stream').notNull(),
		clock: whole('clock').notNull(),
		at: whole('at').notNull(),
		eventId: bytes('event_id').notNull(),
		bytes: bytes('bytes').notNull(),
	},
	(table) => [
		primaryKey({ columns: [table.conv, table.recv] }),
		uniqueIndex('events_place').on(table.page, table.stream, table.clock),
		index('events_event').on(table.conv, table.eventId, table.recv),
	],
)

/** When the text of which item goes: only of those that expire, and until it has gone. */
export const expiries = pgTable(
	'expiries',
	{
		conv: whole('conv').notNull(),
		recv: whole('recv').notNull(),
		at: whole('at').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conv, table.recv] }), index('expiries_at').on(table.at)],
)

/** Redacts whose targets were not there yet. */
export const waitingRedactions = pgTable(
	'waiting_redactions',
	{
		conv: whole('conv').notNull(),
		target: bytes('target').notNull(),
		by: bytes('by').notNull(),
		account: bytes('account').notNull(),
		admin: boolean('admin').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conv, table.target, table.by] })],
)

/** hlc less 2^63: it is unsigned 64-bit, and bigint is signed. */
export const markers = pgTable(
	'markers',
	{
		conversation: bytes('conversation')
			.notNull()
			.references(() => conversations.conversation),
		device: bytes('device').notNull(),
		kind: text('kind').notNull(),
		account: bytes('account').notNull(),
		hlc: whole('hlc').notNull(),
		marker: bytes('marker').notNull(),
	},
	(table) => [primaryKey({ columns: [table.conversation, table.device, table.kind] })],
)
