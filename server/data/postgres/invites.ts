/** Invite tokens (as hashes) in PostgreSQL. */
import type { InviteRow, Invites } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

const columns =
	'id, token_hash AS "tokenHash", created_by AS "createdBy", created_at AS "createdAt", expires_at AS "expiresAt", uses_left AS "usesLeft"'

export function postgresInvites(db: Queryable): Invites {
	const { get, all, change } = statements(db)
	return {
		byTokenHash: (tokenHash) => get<InviteRow>(`SELECT ${columns} FROM invites WHERE token_hash = $1`, tokenHash),
		open: (now) =>
			all<InviteRow>(
				`SELECT ${columns} FROM invites WHERE uses_left > 0 AND expires_at > $1 ORDER BY created_at DESC`,
				now,
			),
		insert: async ({ id, tokenHash, createdBy, createdAt, expiresAt, usesLeft }) => {
			await change(
				`INSERT INTO invites (id, token_hash, created_by, created_at, expires_at, uses_left)
				 VALUES ($1, $2, $3, $4, $5, $6)`,
				...[id, tokenHash, createdBy, createdAt, expiresAt, usesLeft],
			)
		},
		givenBy: async (account, now) => {
			const sql = `SELECT coalesce((SELECT sum(uses_left) FROM invites WHERE created_by = $1 AND expires_at > $2), 0)::bigint
				+ coalesce((SELECT invited FROM accounts WHERE account = $1), 0) AS places`
			return (await get<{ places: number }>(sql, account, now))?.places ?? 0
		},
		use: async (tokenHash, now) =>
			(await change(
				`WITH used AS (
					UPDATE invites SET uses_left = uses_left - 1
					WHERE token_hash = $1 AND uses_left > 0 AND expires_at > $2 RETURNING created_by
				) UPDATE accounts SET invited = invited + 1 FROM used WHERE account = used.created_by`,
				tokenHash,
				now,
			)) === 1,
		delete: async (id) => (await change('DELETE FROM invites WHERE id = $1', id)) === 1,
	}
}
