/**
 * Prepared statements by their text: parsed and planned once on each connection. No query builder: an error of one quotes the
 * parameters, and names and tokens are among them.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { QueryResult, QueryResultRow } from 'pg'

type One = number | string | boolean | Bytes | null
export type Value = One | readonly One[]

/** A connection, or a pool of them. */
export interface Queryable {
	query<T extends QueryResultRow>(query: {
		readonly name: string
		readonly text: string
		values: unknown[]
	}): Promise<QueryResult<T>>
}

export interface Statements {
	get<T extends object>(sql: string, ...values: readonly Value[]): Promise<T | null>
	all<T extends object>(sql: string, ...values: readonly Value[]): Promise<T[]>
	/** How many rows changed. */
	change(sql: string, ...values: readonly Value[]): Promise<number>
}

/** Names that fit on every connection. */
const names = new Map<string, string>()

function nameOf(sql: string): string {
	const known = names.get(sql)
	if (known !== undefined) return known
	const name = `kith${names.size}`
	names.set(sql, name)
	return name
}

/** Its text holds no NUL, and nobody's name does: it becomes what half of a surrogate pair becomes. */
function storable(value: Value): Value {
	return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}

/** `sql` is always a constant of the code: it is the key of the names. */
export function statements(db: Queryable): Statements {
	const run = <T extends QueryResultRow>(text: string, values: readonly Value[]): Promise<QueryResult<T>> =>
		db.query<T>({ name: nameOf(text), text, values: values.map(storable) })
	return {
		get: async <T extends object>(sql: string, ...values: readonly Value[]) => (await run<T>(sql, values)).rows[0] ?? null,
		all: async <T extends object>(sql: string, ...values: readonly Value[]) => (await run<T>(sql, values)).rows,
		change: async (sql, ...values) => (await run(sql, values)).rowCount ?? 0,
	}
}
