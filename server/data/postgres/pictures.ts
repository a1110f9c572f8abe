/** Sealed pictures of conversations in PostgreSQL. */
import type { Bytes } from '#protocol/bytes.ts'
import type { Pictures } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresPictures(db: Queryable): Pictures {
	const { get, change } = statements(db)
	return {
		sealed: async (conversation, picture) => {
			const sql = 'SELECT sealed FROM pictures WHERE conversation = $1 AND picture = $2'
			return (await get<{ sealed: Bytes }>(sql, conversation, picture))?.sealed ?? null
		},
		put: async ({ conversation, picture, sealed, at }) => {
			await change(
				`INSERT INTO pictures (conversation, picture, sealed, at) VALUES ($1, $2, $3, $4)
				 ON CONFLICT (conversation, picture) DO UPDATE SET at = excluded.at`,
				...[conversation, picture, sealed, at],
			)
		},
		keepNewest: async (conversation, count) => {
			await change(
				`DELETE FROM pictures WHERE conversation = $1 AND picture NOT IN
				 (SELECT picture FROM pictures WHERE conversation = $1 ORDER BY at DESC, picture DESC LIMIT $2)`,
				conversation,
				count,
			)
		},
	}
}
