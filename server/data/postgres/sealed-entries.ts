/** Account entries in PostgreSQL: one row per name, the newest change last. */
import type { Bytes } from '#protocol/bytes.ts'
import { RECV_SEQ_RESTORE_STEP } from '#protocol/limits.ts'
import type { SealedEntries } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresSealedEntries(db: Queryable): SealedEntries {
	const { get, all, change } = statements(db)
	const newest = 'SELECT coalesce(max(version), 0) AS version FROM sealed_entries WHERE account = $1'
	return {
		get: async (account, name) => {
			const sql = 'SELECT entry FROM sealed_entries WHERE account = $1 AND name = $2'
			return (await get<{ entry: Bytes }>(sql, account, name))?.entry ?? null
		},
		since: (account, since, limit) =>
			all(
				'SELECT version, entry FROM sealed_entries WHERE account = $1 AND version > $2 ORDER BY version LIMIT $3',
				...[account, since, limit],
			),
		version: async (account) => (await get<{ version: number }>(newest, account))?.version ?? 0,
		count: async (account) =>
			(await get<{ count: number }>('SELECT count(*) FROM sealed_entries WHERE account = $1', account))?.count ?? 0,
		put: async (account, name, entry) => {
			await change(
				`INSERT INTO sealed_entries (account, name, version, entry) SELECT $1::bytea, $2::bytea, (${newest}) + 1, $3::bytea
				 ON CONFLICT (account, name) DO UPDATE SET version = excluded.version, entry = excluded.entry`,
				...[account, name, entry],
			)
		},
		leap: async () => {
			await change(`UPDATE sealed_entries SET version = version + ${RECV_SEQ_RESTORE_STEP}`)
		},
	}
}
