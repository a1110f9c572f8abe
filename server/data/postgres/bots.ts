/** Bots, their owners and the hashes of their tokens in PostgreSQL. */
import type { BotRow, Bots, BotScope } from '#server/domain/bot-ports.ts'
import { statements, type Queryable } from './statements.ts'

type Stored = Omit<BotRow, 'scopes'> & { readonly scopes: string }

const columns =
	'id, owner, name, token_hash AS "tokenHash", scopes, created_at AS "createdAt", account, ended_at AS "endedAt"'

export function postgresBots(db: Queryable): Bots {
	const { get, all, change } = statements(db)
	const toRow = (row: Stored): BotRow => ({ ...row, scopes: row.scopes.split(' ') as BotScope[] })
	const orNull = (row: Stored | null): BotRow | null => (row === null ? null : toRow(row))
	return {
		insert: async ({ id, owner, name, tokenHash, scopes, createdAt, account, endedAt }) => {
			await change(
				`INSERT INTO bots (id, owner, name, token_hash, scopes, created_at, account, ended_at)
				 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				...[id, owner, name, tokenHash, scopes.join(' '), createdAt, account, endedAt],
			)
		},
		byTokenHash: async (hash) => orNull(await get<Stored>(`SELECT ${columns} FROM bots WHERE token_hash = $1`, hash)),
		byAccount: async (account) => orNull(await get<Stored>(`SELECT ${columns} FROM bots WHERE account = $1`, account)),
		of: async (owner) => {
			const sql = `SELECT ${columns} FROM bots WHERE owner = $1 AND ended_at IS NULL ORDER BY created_at DESC, id`
			return (await all<Stored>(sql, owner)).map(toRow)
		},
		all: async () =>
			(await all<Stored>(`SELECT ${columns} FROM bots WHERE ended_at IS NULL ORDER BY name, id`)).map(toRow),
		setAccount: async (id, account) => {
			await change('UPDATE bots SET account = $2 WHERE id = $1', id, account)
		},
		end: async (id, at) => {
			await change('UPDATE bots SET ended_at = $2 WHERE id = $1', id, at)
		},
	}
}
