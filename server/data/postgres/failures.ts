/** What a failure of the database means: to a transaction, and to the operator whose server does not start. */
import { DatabaseError } from 'pg'
import type { PostgresServer } from '#server/config-addresses.ts'

/** The connection is gone, and with it the answer; else the database has answered with a refusal, and goes on. */
export function isBroken(error: unknown): boolean {
	if (!(error instanceof DatabaseError)) return true
	// 57P: it shuts down, or somebody ended the connection. 25P03: idle within a transaction for too long.
	return error.code === undefined || /^(08|57P|25P03)/.test(error.code)
}

/** A deadlock, or a conflict of two transactions: the same again may go well. */
export function isConflict(error: unknown): boolean {
	return error instanceof DatabaseError && /^40/.test(error.code ?? '')
}

/** Repeats no password: what the database says may name user and database, and those the operator has named himself. */
export function sentenceAbout(error: unknown, { host, port, user, database }: PostgresServer): string {
	const code = codeOf(error)
	if (code === '28P01' || code === '28000') return `DATABASE_URL: PostgreSQL does not let in ${user ?? 'this user'} (${code}).`
	if (code === '3D000') return `DATABASE_URL: there is no database ${database}. Make it with: createdb ${database}`
	if (error instanceof Error && error.message.includes('does not support SSL')) {
		return `DATABASE_URL: PostgreSQL at ${host} speaks no TLS. Where nobody else can listen, say ?sslmode=disable.`
	}
	return `DATABASE_URL: PostgreSQL at ${host}, port ${port}, cannot be reached (${code ?? 'no answer'}).`
}

function codeOf(error: unknown): string | undefined {
	return error instanceof Error ? (error as Error & { code?: string }).code : undefined
}
