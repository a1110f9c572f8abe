/** Session families and refresh tokens (as hashes) in SQLite. */
import type { SessionFamily, Sessions } from '#server/domain/ports.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { and, desc, eq, isNull, lte, notInArray } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { refreshTokens, sessionFamilies } from './schema.ts'

type FamilyColumns = typeof sessionFamilies.$inferSelect

function toFamily(row: FamilyColumns): SessionFamily {
	return { ...row, endedCode: row.endedCode as WireErrorCode | null }
}

export function sqliteSessions(db: Connection): Sessions {
	return { ...families(db), ...tokens(db) }
}

type FamilyMethods = 'family' | 'familiesOf' | 'insertFamily' | 'touchFamily' | 'endFamily'

function families(db: Connection): Pick<Sessions, FamilyMethods> {
	return {
		family: async (sid) => {
			const row = db.select().from(sessionFamilies).where(eq(sessionFamilies.sid, sid)).get()
			return row === undefined ? null : toFamily(row)
		},
		familiesOf: async (account) =>
			db
				.select()
				.from(sessionFamilies)
				.where(and(eq(sessionFamilies.account, account), isNull(sessionFamilies.endedAt)))
				.orderBy(desc(sessionFamilies.lastUsedAt))
				.all()
				.map(toFamily),
		insertFamily: async (row) => {
			db.insert(sessionFamilies).values(row).run()
		},
		touchFamily: async (sid, lastUsedAt) => {
			db.update(sessionFamilies).set({ lastUsedAt }).where(eq(sessionFamilies.sid, sid)).run()
		},
		endFamily: async (sid, endedAt, endedCode) =>
			db
				.update(sessionFamilies)
				.set({ endedAt, endedCode })
				.where(and(eq(sessionFamilies.sid, sid), isNull(sessionFamilies.endedAt)))
				.run().changes === 1,
	}
}

function tokens(db: Connection): Omit<Sessions, FamilyMethods> {
	return {
		token: async (id) => db.select().from(refreshTokens).where(eq(refreshTokens.id, id)).get() ?? null,
		tokensOf: async (account) => db.select().from(refreshTokens).where(eq(refreshTokens.account, account)).all(),
		insertToken: async (row) => {
			db.insert(refreshTokens).values(row).run()
		},
		setSuccessor: async (id, successor) =>
			db
				.update(refreshTokens)
				.set({ successor })
				.where(and(eq(refreshTokens.id, id), isNull(refreshTokens.successor)))
				.run().changes === 1,
		setTokenExpiry: async (id, expiresAt) => {
			db.update(refreshTokens).set({ expiresAt }).where(eq(refreshTokens.id, id)).run()
		},
		deleteToken: async (id) => {
			db.delete(refreshTokens).where(eq(refreshTokens.id, id)).run()
		},
		deleteTokensOf: async (account) => {
			db.delete(refreshTokens).where(eq(refreshTokens.account, account)).run()
		},
		deleteOtherTokens: async (sid, keep) => {
			db.delete(refreshTokens)
				.where(and(eq(refreshTokens.sid, sid), notInArray(refreshTokens.id, [...keep])))
				.run()
		},
		deleteExpired: async (now) => {
			db.delete(refreshTokens).where(lte(refreshTokens.expiresAt, now)).run()
			// A family whose last token has expired can be used by nobody any more.
			const alive = db.select({ sid: refreshTokens.sid }).from(refreshTokens)
			db.delete(sessionFamilies).where(notInArray(sessionFamilies.sid, alive)).run()
		},
	}
}
