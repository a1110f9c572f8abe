/** What administrators did, in PostgreSQL. One transaction writes at a time (docs/decisions/0300), so the next number is nobody else's. */
import type { AdminActRow, AdminActs } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresAdminActs(db: Queryable): AdminActs {
	const { all, change } = statements(db)
	return {
		insert: async ({ at, by, act, subject }) => {
			await change(
				`INSERT INTO admin_acts (seq, at, by, act, subject)
				 SELECT coalesce(max(seq), 0) + 1, $1::bigint, $2::bytea, $3::text, $4::bytea FROM admin_acts`,
				...[at, by, act, subject],
			)
		},
		page: ({ before, limit }) =>
			all<AdminActRow>(
				'SELECT seq, at, by, act, subject FROM admin_acts WHERE seq < $1 ORDER BY seq DESC LIMIT $2',
				before,
				limit,
			),
		deleteBefore: async (at) => void (await change('DELETE FROM admin_acts WHERE at < $1', at)),
	}
}
