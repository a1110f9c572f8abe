/** Account entries in SQLite: one row per name, the newest change last. */
import type { Bytes } from '#protocol/bytes.ts'
import { RECV_SEQ_RESTORE_STEP } from '#protocol/limits.ts'
import type { SealedEntries } from '#server/domain/ports.ts'
import { and, asc, count, eq, gt, max, sql } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { sealedEntries } from './schema.ts'

export function sqliteSealedEntries(db: Connection): SealedEntries {
	const version = (account: Bytes): number =>
		db.select({ newest: max(sealedEntries.version) }).from(sealedEntries).where(eq(sealedEntries.account, account)).get()
			?.newest ?? 0

	return {
		get: async (account, name) =>
			db
				.select({ entry: sealedEntries.entry })
				.from(sealedEntries)
				.where(and(eq(sealedEntries.account, account), eq(sealedEntries.name, name)))
				.get()?.entry ?? null,
		since: async (account, since, limit) =>
			db
				.select({ version: sealedEntries.version, entry: sealedEntries.entry })
				.from(sealedEntries)
				.where(and(eq(sealedEntries.account, account), gt(sealedEntries.version, since)))
				.orderBy(asc(sealedEntries.version))
				.limit(limit)
				.all(),
		version: async (account) => version(account),
		count: async (account) =>
			db.select({ rows: count() }).from(sealedEntries).where(eq(sealedEntries.account, account)).get()?.rows ?? 0,
		put: async (account, name, entry) => {
			const changed = { version: version(account) + 1, entry }
			db.insert(sealedEntries)
				.values({ account, name, ...changed })
				.onConflictDoUpdate({ target: [sealedEntries.account, sealedEntries.name], set: changed })
				.run()
		},
		leap: async () => {
			db.update(sealedEntries)
				.set({ version: sql`${sealedEntries.version} + ${RECV_SEQ_RESTORE_STEP}` })
				.run()
		},
	}
}
