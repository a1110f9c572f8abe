/** Where devices can be woken, in SQLite. */
import type { PushSubscriptions } from '#server/domain/push-ports.ts'
import { and, asc, eq, exists, getTableColumns, isNull, notExists } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { members, pushSubscriptions, sessionFamilies } from './schema.ts'

export function sqlitePushSubscriptions(db: Connection): PushSubscriptions {
	const table = pushSubscriptions
	const livingSession = db
		.select({ sid: sessionFamilies.sid })
		.from(sessionFamilies)
		.where(
			and(
				eq(sessionFamilies.account, table.account),
				eq(sessionFamilies.device, table.device),
				isNull(sessionFamilies.endedAt),
			),
		)
	return {
		put: async (row) => {
			db.insert(table).values(row).onConflictDoUpdate({ target: table.device, set: row }).run()
		},
		of: async (device) => db.select().from(table).where(eq(table.device, device)).get() ?? null,
		at: async (endpoint) => db.select().from(table).where(eq(table.endpoint, endpoint)).orderBy(asc(table.device)).all(),
		ofMembers: async (conversation) =>
			db
				.select(getTableColumns(table))
				.from(table)
				.innerJoin(members, eq(members.account, table.account))
				.where(and(eq(members.conversation, conversation), exists(livingSession)))
				.orderBy(asc(table.device))
				.all(),
		delete: async (device, endpoint) => {
			db.delete(table).where(and(eq(table.device, device), eq(table.endpoint, endpoint))).run()
		},
		deleteEnded: async () => {
			db.delete(table).where(notExists(livingSession)).run()
		},
		endpoints: async () =>
			db
				.select({ endpoint: table.endpoint })
				.from(table)
				.orderBy(asc(table.device))
				.all()
				.map(({ endpoint }) => endpoint),
	}
}
