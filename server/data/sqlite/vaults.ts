/** Vault versions, VK boxes and binds in SQLite. */
import type { Vaults } from '#server/domain/ports.ts'
import { and, asc, desc, eq, lt, max, notInArray } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { binds, vaults, vkBoxes } from './schema.ts'

export function sqliteVaults(db: Connection): Vaults {
	return { ...versions(db), ...boxes(db) }
}

type VersionMethods = 'newest' | 'insert' | 'prune'

function versions(db: Connection): Pick<Vaults, VersionMethods> {
	const newestVersion = (account: Parameters<Vaults['newest']>[0]): number =>
		db.select({ version: max(vaults.version) }).from(vaults).where(eq(vaults.account, account)).get()?.version ?? 0

	return {
		newest: async (account) =>
			db
				.select({
					version: vaults.version,
					device: vaults.device,
					storedAt: vaults.storedAt,
					vault: vaults.vault,
				})
				.from(vaults)
				.where(eq(vaults.account, account))
				.orderBy(desc(vaults.version))
				.limit(1)
				.get() ?? null,
		insert: async (account, row) => {
			if (newestVersion(account) + 1 !== row.version) return false
			db.insert(vaults)
				.values({ account, ...row })
				.run()
			return true
		},
		prune: async (account, before) => {
			const lastOfEach = db
				.select({ version: max(vaults.version) })
				.from(vaults)
				.where(eq(vaults.account, account))
				.groupBy(vaults.device)
			db.delete(vaults)
				.where(
					and(eq(vaults.account, account), lt(vaults.storedAt, before), notInArray(vaults.version, lastOfEach)),
				)
				.run()
		},
	}
}

function boxes(db: Connection): Omit<Vaults, VersionMethods> {
	return {
		boxes: async (account) =>
			db
				.select({ recipient: vkBoxes.recipient, vkGen: vkBoxes.vkGen, box: vkBoxes.box })
				.from(vkBoxes)
				.where(eq(vkBoxes.account, account))
				.orderBy(asc(vkBoxes.recipient), asc(vkBoxes.vkGen))
				.all(),
		insertBox: async (account, row) =>
			db
				.insert(vkBoxes)
				.values({ account, ...row })
				.onConflictDoNothing()
				.run().changes === 1,
		deleteBox: async (account, recipient) => {
			db.delete(vkBoxes)
				.where(and(eq(vkBoxes.account, account), eq(vkBoxes.recipient, recipient)))
				.run()
		},
		binds: async (account) =>
			db
				.select({ method: binds.method, bind: binds.bind })
				.from(binds)
				.where(eq(binds.account, account))
				.orderBy(asc(binds.method))
				.all(),
		insertBind: async (account, row) => {
			db.insert(binds)
				.values({ account, ...row })
				.run()
		},
	}
}
