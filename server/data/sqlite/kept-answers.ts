/** Answers to requests that came with a key, in SQLite. */
import type { KeptAnswers } from '#server/domain/kept-answer-ports.ts'
import { count, eq, lt } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { keptAnswers } from './schema.ts'

export function sqliteKeptAnswers(db: Connection): KeptAnswers {
	return {
		byId: async (id) => db.select().from(keptAnswers).where(eq(keptAnswers.id, id)).get() ?? null,
		put: async (row) => {
			db.insert(keptAnswers).values(row).onConflictDoUpdate({ target: keptAnswers.id, set: row }).run()
		},
		delete: async (id) => void db.delete(keptAnswers).where(eq(keptAnswers.id, id)).run(),
		count: async (account) =>
			db.select({ rows: count() }).from(keptAnswers).where(eq(keptAnswers.account, account)).get()?.rows ?? 0,
		deleteBefore: async (at) => void db.delete(keptAnswers).where(lt(keptAnswers.at, at)).run(),
	}
}
