/** Prepared statements by their text, for the paths where drizzle's query building would cost more than the query. */
import type { Bytes } from '#protocol/bytes.ts'
import type { Statement } from 'better-sqlite3'
import type { Connection } from './connection.ts'

type Value = number | string | Uint8Array | null

export interface Statements {
	get<T>(sql: string, ...values: readonly Value[]): T | null
	all<T>(sql: string, ...values: readonly Value[]): T[]
	/** The rowid of the inserted row. */
	run(sql: string, ...values: readonly Value[]): number
	/** How many rows changed. */
	change(sql: string, ...values: readonly Value[]): number
}

/** `sql` is always a constant of the code: it is the key of the cache. */
export function statements(db: Connection): Statements {
	const cache = new Map<string, Statement>()
	const prepare = (sql: string): Statement => {
		const known = cache.get(sql)
		if (known !== undefined) return known
		const statement = db.$client.prepare(sql)
		cache.set(sql, statement)
		return statement
	}
	return {
		get: <T>(sql: string, ...values: readonly Value[]) => (prepare(sql).get(...values) as T | undefined) ?? null,
		all: <T>(sql: string, ...values: readonly Value[]) => prepare(sql).all(...values) as T[],
		run: (sql, ...values) => Number(prepare(sql).run(...values).lastInsertRowid),
		change: (sql, ...values) => prepare(sql).run(...values).changes,
	}
}

/** A BLOB as a plain byte string: Buffer's `slice` shares memory where the code expects a copy. */
export function fromBlob(blob: Uint8Array): Bytes {
	return new Uint8Array(blob)
}
