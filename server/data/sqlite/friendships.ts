/** Friendships in SQLite: one row per pair, the accounts in the order of their bytes. */
import { compareBytes, type Bytes } from '#protocol/bytes.ts'
import type { FriendshipRow, FriendshipState, Friendships } from '#server/domain/ports.ts'
import { and, asc, eq, gt, max, or } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { blocks, friendChanges, friendships } from './schema.ts'

type Columns = typeof friendships.$inferSelect

function toRow({ lower, higher, lowerAsked, state, since, request, accept, closing }: Columns): FriendshipRow {
	const [requester, addressee] = lowerAsked ? [lower, higher] : [higher, lower]
	return { requester, addressee, state: state as FriendshipState, since, request, accept, closing }
}

function toColumns({ requester, addressee, ...rest }: FriendshipRow): Columns {
	const lowerAsked = compareBytes(requester, addressee) < 0
	const [lower, higher] = lowerAsked ? [requester, addressee] : [addressee, requester]
	return { ...rest, lower, higher, lowerAsked }
}

function pair(a: Bytes, b: Bytes) {
	const [lower, higher] = compareBytes(a, b) < 0 ? [a, b] : [b, a]
	return and(eq(friendships.lower, lower), eq(friendships.higher, higher))
}

export function sqliteFriendships(db: Connection): Friendships {
	const version = (account: Bytes): number =>
		db.select({ newest: max(friendChanges.version) }).from(friendChanges).where(eq(friendChanges.account, account)).get()
			?.newest ?? 0
	const blockOf = (account: Bytes, other: Bytes) => and(eq(blocks.account, account), eq(blocks.blocked, other))

	return {
		hasBlocked: async (account, other) =>
			db.select({ since: blocks.since }).from(blocks).where(blockOf(account, other)).get() !== undefined,
		blocksOf: async (account) =>
			db.select({ blocked: blocks.blocked, since: blocks.since }).from(blocks).where(eq(blocks.account, account)).all(),
		block: async (account, blocked, since) => {
			db.insert(blocks).values({ account, blocked, since }).onConflictDoNothing().run()
		},
		unblock: async (account, other) => {
			db.delete(blocks).where(blockOf(account, other)).run()
		},
		touch: async (account, other) => {
			const changed = { version: version(account) + 1 }
			db.insert(friendChanges)
				.values({ account, other, ...changed })
				.onConflictDoUpdate({ target: [friendChanges.account, friendChanges.other], set: changed })
				.run()
		},
		version: async (account) => version(account),
		changedSince: async (account, since) =>
			db
				.select({ other: friendChanges.other })
				.from(friendChanges)
				.where(and(eq(friendChanges.account, account), gt(friendChanges.version, since)))
				.orderBy(asc(friendChanges.version))
				.all()
				.map(({ other }) => other),
		between: async (a, b) => {
			const row = db.select().from(friendships).where(pair(a, b)).get()
			return row === undefined ? null : toRow(row)
		},
		of: async (account) =>
			db
				.select()
				.from(friendships)
				.where(or(eq(friendships.lower, account), eq(friendships.higher, account)))
				.all()
				.map(toRow),
		put: async (row) => {
			const columns = toColumns(row)
			db.insert(friendships)
				.values(columns)
				.onConflictDoUpdate({ target: [friendships.lower, friendships.higher], set: columns })
				.run()
		},
	}
}
