/** E-mail addresses in SQLite: the confirmed ones, and those that wait. */
import type { Emails } from '#server/domain/ports.ts'
import { eq, lte } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { emailConfirmations, emails } from './schema.ts'

export function sqliteEmails(db: Connection): Emails {
	return {
		of: async (account) =>
			db.select({ address: emails.address }).from(emails).where(eq(emails.account, account)).get()?.address ?? null,
		accountWith: async (address) =>
			db.select({ account: emails.account }).from(emails).where(eq(emails.address, address)).get()?.account ?? null,
		confirm: async (account, address, confirmedAt) => {
			db.delete(emails).where(eq(emails.address, address)).run()
			db.insert(emails)
				.values({ account, address, confirmedAt })
				.onConflictDoUpdate({ target: emails.account, set: { address, confirmedAt } })
				.run()
		},
		forget: async (account) => {
			db.delete(emails).where(eq(emails.account, account)).run()
		},
		pending: async (account) =>
			db.select().from(emailConfirmations).where(eq(emailConfirmations.account, account)).get() ?? null,
		setPending: async (row) => {
			db.insert(emailConfirmations)
				.values(row)
				.onConflictDoUpdate({ target: emailConfirmations.account, set: row })
				.run()
		},
		deletePending: async (account) => {
			db.delete(emailConfirmations).where(eq(emailConfirmations.account, account)).run()
		},
		deleteExpired: async (now) => {
			db.delete(emailConfirmations).where(lte(emailConfirmations.expiresAt, now)).run()
		},
	}
}
