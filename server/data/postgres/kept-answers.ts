/** Answers to requests that came with a key, in PostgreSQL. */
import type { KeptAnswerRow, KeptAnswers } from '#server/domain/kept-answer-ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresKeptAnswers(db: Queryable): KeptAnswers {
	const { get, change } = statements(db)
	return {
		byId: (id) => get<KeptAnswerRow>('SELECT id, account, request, at, answer FROM kept_answers WHERE id = $1', id),
		put: async ({ id, account, request, at, answer }) => {
			await change(
				`INSERT INTO kept_answers (id, account, request, at, answer) VALUES ($1, $2, $3, $4, $5)
				 ON CONFLICT (id) DO UPDATE SET account = $2, request = $3, at = $4, answer = $5`,
				...[id, account, request, at, answer],
			)
		},
		delete: async (id) => void (await change('DELETE FROM kept_answers WHERE id = $1', id)),
		count: async (account) =>
			(await get<{ rows: number }>('SELECT count(*)::int AS rows FROM kept_answers WHERE account = $1', account))?.rows ?? 0,
		deleteBefore: async (at) => void (await change('DELETE FROM kept_answers WHERE at < $1', at)),
	}
}
