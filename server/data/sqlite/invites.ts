/** Invite tokens (as hashes) in SQLite. */
import type { Invites } from '#server/domain/ports.ts'
import { and, desc, eq, gt, sql } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { invites } from './schema.ts'

export function sqliteInvites(db: Connection): Invites {
	return {
		byTokenHash: async (tokenHash) => db.select().from(invites).where(eq(invites.tokenHash, tokenHash)).get() ?? null,
		open: async (now) =>
			db
				.select()
				.from(invites)
				.where(and(gt(invites.usesLeft, 0), gt(invites.expiresAt, now)))
				.orderBy(desc(invites.createdAt))
				.all(),
		insert: async (row) => {
			db.insert(invites).values(row).run()
		},
		use: async (tokenHash, now) =>
			db
				.update(invites)
				.set({ usesLeft: sql`${invites.usesLeft} - 1` })
				.where(and(eq(invites.tokenHash, tokenHash), gt(invites.usesLeft, 0), gt(invites.expiresAt, now)))
				.run().changes === 1,
		delete: async (id) => db.delete(invites).where(eq(invites.id, id)).run().changes === 1,
	}
}
