/** Invite tokens (as hashes) in SQLite. */
import type { Invites } from '#server/domain/ports.ts'
import { and, desc, eq, gt, sql, sum } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { accounts, invites } from './schema.ts'

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
		givenBy: async (account, now) => {
			const open = and(eq(invites.createdBy, account), gt(invites.expiresAt, now))
			const left = db
				.select({ places: sum(invites.usesLeft).mapWith(Number) })
				.from(invites)
				.where(open)
				.get()
			const taken = db.select({ invited: accounts.invited }).from(accounts).where(eq(accounts.account, account)).get()
			return (left?.places ?? 0) + (taken?.invited ?? 0)
		},
		use: async (tokenHash, now) => {
			const used = db
				.update(invites)
				.set({ usesLeft: sql`${invites.usesLeft} - 1` })
				.where(and(eq(invites.tokenHash, tokenHash), gt(invites.usesLeft, 0), gt(invites.expiresAt, now)))
				.returning({ by: invites.createdBy })
				.get()
			if (used === undefined) return false
			db.update(accounts)
				.set({ invited: sql`${accounts.invited} + 1` })
				.where(eq(accounts.account, used.by))
				.run()
			return true
		},
		delete: async (id) => db.delete(invites).where(eq(invites.id, id)).run().changes === 1,
	}
}
