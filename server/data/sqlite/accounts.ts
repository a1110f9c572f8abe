/** Accounts, their logs, devices, X-Wing keys and OPAQUE records in SQLite. */
import type { AccountLogs, AccountRow, Accounts, Credentials, Devices, KemKeys, Role } from '#server/domain/ports.ts'
import { and, asc, count, eq, gt, isNull, max, sql } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { accountEntries, accounts, barredDevices, credentials, devices, kemKeys } from './schema.ts'
import { fromBlob, statements } from './statements.ts'

const columns = {
	account: accounts.account,
	name: accounts.name,
	role: accounts.role,
	createdAt: accounts.createdAt,
	disabledAt: accounts.disabledAt,
	owner: accounts.owner,
}

/** Asked for each friend of whoever comes or goes. */
const presenceOf = 'SELECT hidden, last_seen AS lastSeen FROM accounts WHERE account = ?'

export function sqliteAccounts(db: Connection): Accounts {
	const { get } = statements(db)
	const toRow = (row: (Omit<AccountRow, 'role'> & { role: string }) | undefined): AccountRow | null =>
		row === undefined ? null : { ...row, role: row.role as Role }
	return {
		byId: async (account) => toRow(db.select(columns).from(accounts).where(eq(accounts.account, account)).get()),
		byName: async (name) => toRow(db.select(columns).from(accounts).where(eq(accounts.name, name)).get()),
		hasAdmin: async () =>
			db.select({ account: accounts.account }).from(accounts).where(eq(accounts.role, 'admin')).limit(1).get() !==
			undefined,
		admins: async () =>
			db
				.select({ account: accounts.account })
				.from(accounts)
				.where(and(eq(accounts.role, 'admin'), isNull(accounts.disabledAt)))
				.all()
				.map(({ account }) => account),
		page: async ({ search, after, limit }) =>
			db
				.select(columns)
				.from(accounts)
				.where(and(gt(accounts.name, after), hasInName(search)))
				.orderBy(asc(accounts.name))
				.limit(limit)
				.all()
				.map((row) => toRow(row) as AccountRow),
		count: async (search) => db.select({ count: count() }).from(accounts).where(hasInName(search)).get()?.count ?? 0,
		setRole: async (account, role) => {
			db.update(accounts).set({ role }).where(eq(accounts.account, account)).run()
		},
		setDisabled: async (account, disabledAt) => {
			db.update(accounts).set({ disabledAt }).where(eq(accounts.account, account)).run()
		},
		insert: async (row) => db.insert(accounts).values(row).onConflictDoNothing().run().changes === 1,
		profile: async (account) =>
			db.select({ profile: accounts.profile }).from(accounts).where(eq(accounts.account, account)).get()?.profile ??
			null,
		setProfile: async (account, profile) => {
			db.update(accounts).set({ profile }).where(eq(accounts.account, account)).run()
		},
		presence: async (account) => {
			const row = get<{ hidden: number; lastSeen: number | null }>(presenceOf, account)
			return row && { hidden: row.hidden === 1, lastSeen: row.lastSeen }
		},
		setHidden: async (account, hidden) => {
			db.update(accounts).set({ hidden }).where(eq(accounts.account, account)).run()
		},
		setLastSeen: async (account, lastSeen) => {
			db.update(accounts).set({ lastSeen }).where(eq(accounts.account, account)).run()
		},
	}
}

/** No LIKE: a name may hold what is a wildcard there. */
function hasInName(search: string) {
	return search === '' ? undefined : sql`instr(${accounts.name}, ${search}) > 0`
}

/** Read for each state that is not at hand. */
const entriesFrom = 'SELECT entry FROM account_entries WHERE account = ? AND seq >= ? ORDER BY seq'

export function sqliteAccountLogs(db: Connection): AccountLogs {
	const { all } = statements(db)
	return {
		entries: async (account, from) =>
			all<{ entry: Uint8Array }>(entriesFrom, account, from).map(({ entry }) => fromBlob(entry)),
		append: async (account, seq, entry) => {
			const head = db
				.select({ seq: max(accountEntries.seq) })
				.from(accountEntries)
				.where(eq(accountEntries.account, account))
				.get()
			if ((head?.seq ?? -1) + 1 !== seq) return false
			db.insert(accountEntries).values({ account, seq, entry }).run()
			return true
		},
	}
}

export function sqliteDevices(db: Connection): Devices {
	return {
		owner: async (device) =>
			db.select({ account: devices.account }).from(devices).where(eq(devices.device, device)).get()?.account ?? null,
		insert: async (device, account, addedAt) =>
			db.insert(devices).values({ device, account, addedAt }).onConflictDoNothing().run().changes === 1,
		bar: async (device, barredAt) => {
			db.insert(barredDevices).values({ device, barredAt }).onConflictDoNothing().run()
		},
		barred: async () =>
			db
				.select({ device: barredDevices.device })
				.from(barredDevices)
				.all()
				.map(({ device }) => device),
	}
}

export function sqliteKemKeys(db: Connection): KemKeys {
	return {
		byHash: async (account, hash) =>
			db
				.select({ key: kemKeys.key })
				.from(kemKeys)
				.where(and(eq(kemKeys.account, account), eq(kemKeys.hash, hash)))
				.get()?.key ?? null,
		insert: async (account, hash, key) => {
			db.insert(kemKeys).values({ account, hash, key }).onConflictDoNothing().run()
		},
	}
}

export function sqliteCredentials(db: Connection): Credentials {
	return {
		get: async (account) =>
			db
				.select({
					identifier: credentials.identifier,
					record: credentials.record,
					stretching: credentials.stretching,
				})
				.from(credentials)
				.where(eq(credentials.account, account))
				.get() ?? null,
		set: async (account, row) => {
			db.insert(credentials)
				.values({ account, ...row })
				.onConflictDoUpdate({ target: credentials.account, set: row })
				.run()
		},
	}
}
