/** E-mail addresses in PostgreSQL: the confirmed ones, and those that wait. */
import type { Bytes } from '#protocol/bytes.ts'
import type { EmailConfirmationRow, Emails } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresEmails(db: Queryable): Emails {
	const { get, change } = statements(db)
	return {
		of: async (account) =>
			(await get<{ address: string }>('SELECT address FROM emails WHERE account = $1', account))?.address ?? null,
		accountWith: async (address) =>
			(await get<{ account: Bytes }>('SELECT account FROM emails WHERE address = $1', address))?.account ?? null,
		confirm: async (account, address, confirmedAt) => {
			await change('DELETE FROM emails WHERE address = $1', address)
			await change(
				`INSERT INTO emails (account, address, confirmed_at) VALUES ($1, $2, $3)
				 ON CONFLICT (account) DO UPDATE SET address = excluded.address, confirmed_at = excluded.confirmed_at`,
				...[account, address, confirmedAt],
			)
		},
		forget: async (account) => {
			await change('DELETE FROM emails WHERE account = $1', account)
		},
		pending: (account) =>
			get<EmailConfirmationRow>(
				`SELECT account, address, token_hash AS "tokenHash", expires_at AS "expiresAt"
				 FROM email_confirmations WHERE account = $1`,
				account,
			),
		setPending: async ({ account, address, tokenHash, expiresAt }) => {
			await change(
				`INSERT INTO email_confirmations (account, address, token_hash, expires_at) VALUES ($1, $2, $3, $4)
				 ON CONFLICT (account) DO UPDATE SET address = excluded.address, token_hash = excluded.token_hash, expires_at = excluded.expires_at`,
				...[account, address, tokenHash, expiresAt],
			)
		},
		deletePending: async (account) => {
			await change('DELETE FROM email_confirmations WHERE account = $1', account)
		},
		deleteExpired: async (now) => {
			await change('DELETE FROM email_confirmations WHERE expires_at <= $1', now)
		},
	}
}
