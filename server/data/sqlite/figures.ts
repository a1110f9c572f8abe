/** Numbers of what is stored, in SQLite. None of them reads a row of events: pages and streams have counted already. */
import type { Figures } from '#server/domain/ports.ts'
import { count, desc, eq, isNotNull, sql } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { conversationCounters, pages, streams } from './schema-events.ts'
import { accounts, conversations } from './schema.ts'

export function sqliteFigures(db: Connection): Figures {
	return {
		byKind: async () => {
			const rows = db
				.select({ kind: conversations.kind, count: count() })
				.from(conversations)
				.groupBy(conversations.kind)
				.all()
			return new Map(rows.map((row) => [row.kind, row.count]))
		},
		ofKind: async (kind) => {
			const lastAt = sql<number>`coalesce(${conversationCounters.lastAt}, 0)`
			const { conversation, createdAt } = conversations
			return db
				.select({ conversation, kind: conversations.kind, createdAt, lastAt })
				.from(conversations)
				.leftJoin(conversationCounters, eq(conversationCounters.conversation, conversation))
				.where(eq(conversations.kind, kind))
				.orderBy(desc(lastAt), desc(createdAt))
				.all()
		},
		disabled: async () =>
			db.select({ count: count() }).from(accounts).where(isNotNull(accounts.disabledAt)).get()?.count ?? 0,
		events: async () => ({
			rows: db.select({ sum: sum(streams.next) }).from(streams).get()?.sum ?? 0,
			bytes: db.select({ sum: sum(pages.bytes) }).from(pages).get()?.sum ?? 0,
		}),
		databaseBytes: async () => {
			const pragma = (name: string) => Number(db.$client.pragma(name, { simple: true }))
			return pragma('page_count') * pragma('page_size')
		},
	}
}

function sum(column: typeof streams.next | typeof pages.bytes) {
	return sql<number>`coalesce(sum(${column}), 0)`
}
