/** Bots, their owners and the hashes of their tokens in SQLite. */
import type { BotRow, Bots, BotScope } from '#server/domain/bot-ports.ts'
import { and, asc, desc, eq, isNull } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { bots } from './schema.ts'

export function sqliteBots(db: Connection): Bots {
	const toRow = (row: typeof bots.$inferSelect | undefined): BotRow | null =>
		row === undefined ? null : { ...row, scopes: row.scopes.split(' ') as BotScope[] }
	return {
		insert: async (row) => {
			db.insert(bots)
				.values({ ...row, scopes: row.scopes.join(' ') })
				.run()
		},
		byTokenHash: async (tokenHash) => toRow(db.select().from(bots).where(eq(bots.tokenHash, tokenHash)).get()),
		byAccount: async (account) => toRow(db.select().from(bots).where(eq(bots.account, account)).get()),
		of: async (owner) =>
			db
				.select()
				.from(bots)
				.where(and(eq(bots.owner, owner), isNull(bots.endedAt)))
				.orderBy(desc(bots.createdAt), bots.id)
				.all()
				.map((row) => toRow(row) as BotRow),
		all: async () =>
			db
				.select()
				.from(bots)
				.where(isNull(bots.endedAt))
				.orderBy(asc(bots.name), bots.id)
				.all()
				.map((row) => toRow(row) as BotRow),
		setAccount: async (id, account) => {
			db.update(bots).set({ account }).where(eq(bots.id, id)).run()
		},
		end: async (id, endedAt) => {
			db.update(bots).set({ endedAt }).where(eq(bots.id, id)).run()
		},
	}
}
