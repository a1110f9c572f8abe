/** Numbers of what is stored, in PostgreSQL. None of them reads a row of events: pages and streams have counted already. */
import type { ConversationRow, Figures } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresFigures(db: Queryable): Figures {
	const { get, all } = statements(db)
	const number = async (sql: string): Promise<number> => (await get<{ number: number }>(sql))?.number ?? 0
	return {
		byKind: async () => {
			const sql = 'SELECT kind, count(*) FROM conversations GROUP BY kind'
			return new Map((await all<{ kind: string; count: number }>(sql)).map(({ kind, count }) => [kind, count]))
		},
		ofKind: (kind) =>
			all<ConversationRow & { lastAt: number }>(
				`SELECT conversation, kind, created_at AS "createdAt", coalesce(last_at, 0) AS "lastAt"
				 FROM conversations LEFT JOIN conversation_counters USING (conversation)
				 WHERE kind = $1 ORDER BY coalesce(last_at, 0) DESC, created_at DESC`,
				kind,
			),
		disabled: () => number('SELECT count(*) AS number FROM accounts WHERE disabled_at IS NOT NULL'),
		events: async () => ({
			rows: await number('SELECT coalesce(sum(next), 0)::bigint AS number FROM streams'),
			bytes: await number('SELECT coalesce(sum(bytes), 0)::bigint AS number FROM pages'),
		}),
		databaseBytes: () => number('SELECT pg_database_size(current_database()) AS number'),
	}
}
