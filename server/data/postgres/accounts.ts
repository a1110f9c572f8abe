/** Accounts, their logs, devices, X-Wing keys and OPAQUE records in PostgreSQL. */
import type { Bytes } from '#protocol/bytes.ts'
import type {
	AccountLogs,
	AccountRow,
	Accounts,
	CredentialRow,
	Credentials,
	Devices,
	KemKeys,
	PresenceRow,
} from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

const columns = 'account, name, role, created_at AS "createdAt", disabled_at AS "disabledAt", owner'
/** No LIKE: a name may hold what is a wildcard there. */
const hasInName = "($1 = '' OR strpos(name, $1) > 0)"

export function postgresAccounts(db: Queryable): Accounts {
	const { get, all, change } = statements(db)
	return {
		byId: (account) => get<AccountRow>(`SELECT ${columns} FROM accounts WHERE account = $1`, account),
		byName: (name) => get<AccountRow>(`SELECT ${columns} FROM accounts WHERE name = $1`, name),
		hasAdmin: async () => (await get("SELECT 1 FROM accounts WHERE role = 'admin' LIMIT 1")) !== null,
		admins: async () => {
			const sql = "SELECT account FROM accounts WHERE role = 'admin' AND disabled_at IS NULL"
			return (await all<{ account: Bytes }>(sql)).map(({ account }) => account)
		},
		page: ({ search, after, limit }) =>
			all<AccountRow>(
				`SELECT ${columns} FROM accounts WHERE ${hasInName} AND name > $2 ORDER BY name LIMIT $3`,
				search,
				after,
				limit,
			),
		count: async (search) =>
			(await get<{ count: number }>(`SELECT count(*) FROM accounts WHERE ${hasInName}`, search))?.count ?? 0,
		setRole: async (account, role) => {
			await change('UPDATE accounts SET role = $2 WHERE account = $1', account, role)
		},
		setDisabled: async (account, disabledAt) => {
			await change('UPDATE accounts SET disabled_at = $2 WHERE account = $1', account, disabledAt)
		},
		insert: async ({ account, name, role, createdAt, disabledAt, owner }) =>
			(await change(
				'INSERT INTO accounts (account, name, role, created_at, disabled_at, owner) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING',
				...[account, name, role, createdAt, disabledAt, owner],
			)) === 1,
		profile: async (account) =>
			(await get<{ profile: Bytes | null }>('SELECT profile FROM accounts WHERE account = $1', account))?.profile ?? null,
		setProfile: async (account, profile) => {
			await change('UPDATE accounts SET profile = $2 WHERE account = $1', account, profile)
		},
		presence: (account) =>
			get<PresenceRow>('SELECT hidden, last_seen AS "lastSeen" FROM accounts WHERE account = $1', account),
		setHidden: async (account, hidden) => {
			await change('UPDATE accounts SET hidden = $2 WHERE account = $1', account, hidden)
		},
		setLastSeen: async (account, lastSeen) => {
			await change('UPDATE accounts SET last_seen = $2 WHERE account = $1', account, lastSeen)
		},
	}
}

export function postgresAccountLogs(db: Queryable): AccountLogs {
	const { all, change } = statements(db)
	return {
		entries: async (account, from) => {
			const sql = 'SELECT entry FROM account_entries WHERE account = $1 AND seq >= $2 ORDER BY seq'
			return (await all<{ entry: Bytes }>(sql, account, from)).map(({ entry }) => entry)
		},
		append: async (account, seq, entry) =>
			(await change(
				`INSERT INTO account_entries (account, seq, entry) SELECT $1::bytea, $2::bigint, $3::bytea
				 WHERE $2 = (SELECT coalesce(max(seq), -1) + 1 FROM account_entries WHERE account = $1) ON CONFLICT DO NOTHING`,
				...[account, seq, entry],
			)) === 1,
	}
}

export function postgresDevices(db: Queryable): Devices {
	const { get, all, change } = statements(db)
	return {
		owner: async (device) =>
			(await get<{ account: Bytes }>('SELECT account FROM devices WHERE device = $1', device))?.account ?? null,
		insert: async (device, account, addedAt) =>
			(await change(
				'INSERT INTO devices (device, account, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
				...[device, account, addedAt],
			)) === 1,
		bar: async (device, barredAt) => {
			const sql = 'INSERT INTO barred_devices (device, barred_at) VALUES ($1, $2) ON CONFLICT DO NOTHING'
			await change(sql, device, barredAt)
		},
		barred: async () =>
			(await all<{ device: Bytes }>('SELECT device FROM barred_devices')).map(({ device }) => device),
	}
}

export function postgresKemKeys(db: Queryable): KemKeys {
	const { get, change } = statements(db)
	return {
		byHash: async (account, hash) =>
			(await get<{ key: Bytes }>('SELECT key FROM kem_keys WHERE account = $1 AND hash = $2', account, hash))?.key ??
			null,
		insert: async (account, hash, key) => {
			const sql = 'INSERT INTO kem_keys (account, hash, key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
			await change(sql, account, hash, key)
		},
	}
}

export function postgresCredentials(db: Queryable): Credentials {
	const { get, change } = statements(db)
	return {
		get: (account) =>
			get<CredentialRow>('SELECT identifier, record, stretching FROM credentials WHERE account = $1', account),
		set: async (account, { identifier, record, stretching }) => {
			await change(
				`INSERT INTO credentials (account, identifier, record, stretching) VALUES ($1, $2, $3, $4)
				 ON CONFLICT (account) DO UPDATE SET identifier = excluded.identifier, record = excluded.record, stretching = excluded.stretching`,
				...[account, identifier, record, stretching],
			)
		},
	}
}
