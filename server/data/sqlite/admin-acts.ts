/** What administrators did, in SQLite. */
import type { AdminActs } from '#server/domain/ports.ts'
import { desc, lt, max } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { adminActs } from './schema.ts'

export function sqliteAdminActs(db: Connection): AdminActs {
	return {
		insert: async (row) => {
			const newest = db
				.select({ seq: max(adminActs.seq) })
				.from(adminActs)
				.get()
			db.insert(adminActs)
				.values({ ...row, seq: (newest?.seq ?? 0) + 1 })
				.run()
		},
		page: async ({ before, limit }) =>
			db.select().from(adminActs).where(lt(adminActs.seq, before)).orderBy(desc(adminActs.seq)).limit(limit).all(),
		deleteBefore: async (at) => void db.delete(adminActs).where(lt(adminActs.at, at)).run(),
	}
}
