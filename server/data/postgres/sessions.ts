/** Session families and refresh tokens (as hashes) in PostgreSQL. */
import type { RefreshTokenRow, SessionFamily, Sessions } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresSessions(db: Queryable): Sessions {
	return { ...families(db), ...tokens(db) }
}

type FamilyMethods = 'family' | 'familiesOf' | 'insertFamily' | 'touchFamily' | 'endFamily'
const familyColumns =
	'sid, account, device, created_at AS "createdAt", last_used_at AS "lastUsedAt", ended_at AS "endedAt", ended_code AS "endedCode"'

function families(db: Queryable): Pick<Sessions, FamilyMethods> {
	const { get, all, change } = statements(db)
	return {
		family: (sid) => get<SessionFamily>(`SELECT ${familyColumns} FROM session_families WHERE sid = $1`, sid),
		familiesOf: (account) =>
			all<SessionFamily>(
				`SELECT ${familyColumns} FROM session_families WHERE account = $1 AND ended_at IS NULL ORDER BY last_used_at DESC`,
				account,
			),
		insertFamily: async ({ sid, account, device, createdAt, lastUsedAt, endedAt, endedCode }) => {
			await change(
				`INSERT INTO session_families (sid, account, device, created_at, last_used_at, ended_at, ended_code)
				 VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				...[sid, account, device, createdAt, lastUsedAt, endedAt, endedCode],
			)
		},
		touchFamily: async (sid, lastUsedAt) => {
			await change('UPDATE session_families SET last_used_at = $2 WHERE sid = $1', sid, lastUsedAt)
		},
		endFamily: async (sid, endedAt, code) =>
			(await change(
				'UPDATE session_families SET ended_at = $2, ended_code = $3 WHERE sid = $1 AND ended_at IS NULL',
				...[sid, endedAt, code],
			)) === 1,
	}
}

const tokenColumns = 'id, account, sid, expires_at AS "expiresAt", nonce, successor'

function tokens(db: Queryable): Omit<Sessions, FamilyMethods> {
	const { get, all, change } = statements(db)
	return {
		token: (id) => get<RefreshTokenRow>(`SELECT ${tokenColumns} FROM refresh_tokens WHERE id = $1`, id),
		tokensOf: (account) =>
			all<RefreshTokenRow>(`SELECT ${tokenColumns} FROM refresh_tokens WHERE account = $1`, account),
		insertToken: async ({ id, account, sid, expiresAt, nonce, successor }) => {
			await change(
				`INSERT INTO refresh_tokens (id, account, sid, expires_at, nonce, successor) VALUES ($1, $2, $3, $4, $5, $6)`,
				...[id, account, sid, expiresAt, nonce, successor],
			)
		},
		setSuccessor: async (id, successor) =>
			(await change('UPDATE refresh_tokens SET successor = $2 WHERE id = $1 AND successor IS NULL', id, successor)) === 1,
		setTokenExpiry: async (id, expiresAt) => {
			await change('UPDATE refresh_tokens SET expires_at = $2 WHERE id = $1', id, expiresAt)
		},
		deleteToken: async (id) => {
			await change('DELETE FROM refresh_tokens WHERE id = $1', id)
		},
		deleteTokensOf: async (account) => {
			await change('DELETE FROM refresh_tokens WHERE account = $1', account)
		},
		deleteOtherTokens: async (sid, keep) => {
			await change('DELETE FROM refresh_tokens WHERE sid = $1 AND id <> ALL($2::text[])', sid, keep)
		},
		deleteExpired: async (now) => {
			await change('DELETE FROM refresh_tokens WHERE expires_at <= $1', now)
			// A family whose last token has expired can be used by nobody any more.
			await change(
				'DELETE FROM session_families f WHERE NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.sid = f.sid)',
			)
		},
	}
}
