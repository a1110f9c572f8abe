/** The two databases hold the same: what one migration has, the other has too. */
import { getTableColumns, getTableName, is, Table } from 'drizzle-orm'
import { expect, test } from 'vitest'
import * as postgres from '#server/data/postgres/schema.ts'
import * as postgresBlobs from '#server/data/postgres/schema-blobs.ts'
import * as postgresEvents from '#server/data/postgres/schema-events.ts'
import * as sqlite from '#server/data/sqlite/schema.ts'
import * as sqliteBlobs from '#server/data/sqlite/schema-blobs.ts'
import * as sqliteEvents from '#server/data/sqlite/schema-events.ts'

/** What only SQLite has: the indexes of events that are kept by hand (docs/decisions/0250), and the number by which they find a row. */
const onlySqlite = ['event_indexes', 'events_by_event', 'events_by_place', 'events_by_recv', 'events.id'] as const
/** What only PostgreSQL has: what one node tells another (docs/decisions/0331). */
const onlyPostgres = ['changes'] as const
/** Kept as another type: 16 digits there, a signed number here. */
const otherType = ['markers.hlc'] as const

/** As a column of SQLite would be called. */
const kindOf = (sqlType: string): string =>
	({ bytea: 'blob', bigint: 'integer', boolean: 'integer', 'text COLLATE "C"': 'text' })[sqlType] ?? sqlType

/** `table.column` → type, whether it may be null, whether it is the key. */
function columnsOf(...modules: readonly object[]): Map<string, string> {
	const tables = modules.flatMap((module) => Object.values(module)).filter((value): value is Table => is(value, Table))
	const columns = tables.flatMap((table) =>
		Object.values(getTableColumns(table)).map((column) => [`${getTableName(table)}.${column.name}`, column] as const),
	)
	return new Map(
		columns.map(([name, column]) => [
			name,
			`${kindOf(column.getSQLType())}${column.notNull ? ', not null' : ''}${column.primary ? ', key' : ''}`,
		]),
	)
}

const inSqlite = columnsOf(sqlite, sqliteBlobs, sqliteEvents)
const inPostgres = columnsOf(postgres, postgresBlobs, postgresEvents)
const isOnlyInPostgres = (column: string) => onlyPostgres.some((name) => column.startsWith(`${name}.`))
const isOnlyInSqlite = (column: string) => onlySqlite.some((name) => column === name || column.startsWith(`${name}.`))

test('PostgreSQL has the tables and columns of SQLite, and no others', () => {
	expect([...inPostgres.keys()].filter((column) => !isOnlyInPostgres(column)).toSorted()).toEqual(
		[...inSqlite.keys()].filter((column) => !isOnlyInSqlite(column)).toSorted(),
	)
})

test('of the same kind, but for those that are named', () => {
	const differing = [...inPostgres].filter(
		([column, kind]) => !isOnlyInPostgres(column) && inSqlite.get(column) !== kind,
	)
	expect(differing.map(([column]) => column)).toEqual(otherType)
})

test('an exception is one', () => {
	for (const name of onlySqlite) {
		expect([...inSqlite.keys()].some((column) => column === name || column.startsWith(`${name}.`))).toBe(true)
		expect([...inPostgres.keys()].some((column) => column === name || column.startsWith(`${name}.`))).toBe(false)
	}
})
