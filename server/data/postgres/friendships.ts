/** Friendships in PostgreSQL: one row per pair, the accounts in the order of their bytes. */
import { compareBytes, type Bytes } from '#protocol/bytes.ts'
import type { BlockRow, FriendshipRow, FriendshipState, Friendships } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

interface Columns {
	readonly lower: Bytes
	readonly higher: Bytes
	readonly lowerAsked: boolean
	readonly state: FriendshipState
	readonly since: number
	readonly request: Bytes
	readonly accept: Bytes | null
	readonly closing: Bytes | null
}

const columns = 'lower, higher, lower_asked AS "lowerAsked", state, since, request, accept, closing'

function toRow({ lower, higher, lowerAsked, ...rest }: Columns): FriendshipRow {
	const [requester, addressee] = lowerAsked ? [lower, higher] : [higher, lower]
	return { requester, addressee, ...rest }
}

function inOrder(a: Bytes, b: Bytes): [Bytes, Bytes] {
	return compareBytes(a, b) < 0 ? [a, b] : [b, a]
}

export function postgresFriendships(db: Queryable): Friendships {
	return { ...pairs(db), ...blocks(db), ...changes(db) }
}

function pairs(db: Queryable): Pick<Friendships, 'between' | 'of' | 'put'> {
	const { get, all, change } = statements(db)
	return {
		between: async (a, b) => {
			const sql = `SELECT ${columns} FROM friendships WHERE lower = $1 AND higher = $2`
			const row = await get<Columns>(sql, ...inOrder(a, b))
			return row && toRow(row)
		},
		of: async (account) =>
			(await all<Columns>(`SELECT ${columns} FROM friendships WHERE lower = $1 OR higher = $1`, account)).map(toRow),
		put: async ({ requester, addressee, state, since, request, accept, closing }) => {
			const lowerAsked = compareBytes(requester, addressee) < 0
			await change(
				`INSERT INTO friendships (lower, higher, lower_asked, state, since, request, accept, closing)
				 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (lower, higher) DO UPDATE SET
				 lower_asked = excluded.lower_asked, state = excluded.state, since = excluded.since,
				 request = excluded.request, accept = excluded.accept, closing = excluded.closing`,
				...[...inOrder(requester, addressee), lowerAsked, state, since, request, accept, closing],
			)
		},
	}
}

function blocks(db: Queryable): Pick<Friendships, 'hasBlocked' | 'blocksOf' | 'block' | 'unblock'> {
	const { get, all, change } = statements(db)
	return {
		hasBlocked: async (account, other) =>
			(await get('SELECT 1 FROM blocks WHERE account = $1 AND blocked = $2', account, other)) !== null,
		blocksOf: (account) => all<BlockRow>('SELECT blocked, since FROM blocks WHERE account = $1', account),
		block: async (account, blocked, since) => {
			const sql = 'INSERT INTO blocks (account, blocked, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
			await change(sql, account, blocked, since)
		},
		unblock: async (account, other) => {
			await change('DELETE FROM blocks WHERE account = $1 AND blocked = $2', account, other)
		},
	}
}

function changes(db: Queryable): Pick<Friendships, 'touch' | 'version' | 'changedSince'> {
	const { get, all, change } = statements(db)
	const newest = 'SELECT coalesce(max(version), 0) AS version FROM friend_changes WHERE account = $1'
	return {
		touch: async (account, other) => {
			await change(
				`INSERT INTO friend_changes (account, other, version) SELECT $1::bytea, $2::bytea, (${newest}) + 1
				 ON CONFLICT (account, other) DO UPDATE SET version = excluded.version`,
				account,
				other,
			)
		},
		version: async (account) => (await get<{ version: number }>(newest, account))?.version ?? 0,
		changedSince: async (account, since) => {
			const sql = 'SELECT other FROM friend_changes WHERE account = $1 AND version > $2 ORDER BY version'
			return (await all<{ other: Bytes }>(sql, account, since)).map(({ other }) => other)
		},
	}
}
