/** Rows of a SQLite file and of a PostgreSQL database in one spelling, so that both can be compared and the one become the other. */
import type Database from 'better-sqlite3'
import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { toSigned } from './values.ts'

export interface Column {
	readonly name: string
	readonly type: 'bytea' | 'bigint' | 'boolean' | 'text'
	readonly isIdentity: boolean
}

export interface Table {
	readonly name: string
	readonly columns: readonly Column[]
}

/** A value as both databases spell it: what is compared, and what PostgreSQL takes. */
export type Spelled = string | null

export interface StoredRow {
	readonly row: readonly Spelled[]
	/** Where it lies, as long as it is not changed. */
	readonly place: string
}

/** How many rows are fetched at once. */
const fetchRows = 1000

export const quoted = (name: string) => `"${name}"`

const columnsSql = `SELECT table_name AS "table", column_name AS name, data_type AS type, is_identity = 'YES' AS "isIdentity"
	FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'changes' AND table_name NOT LIKE 'kith\\_move%'
	ORDER BY table_name, ordinal_position`

/** Those that are moved. */
export async function tablesOf(client: Client): Promise<Table[]> {
	const { rows } = await client.query<Column & { table: string }>(columnsSql)
	return [...Map.groupBy(rows, ({ table }) => table)].map(([name, columns]) => ({ name, columns }))
}

function spelled(table: string, { name, type }: Column, value: unknown): Spelled {
	if (value === null) return null
	if (table === 'markers' && name === 'hlc') return toSigned(BigInt(`0x${value as string}`))
	if (type === 'bytea') return Buffer.from(value as Uint8Array).toString('hex')
	if (type === 'boolean') return BigInt(value as bigint) === 0n ? 'false' : 'true'
	return type === 'text' ? String(value).replaceAll('\0', '\uFFFD') : String(value)
}

export function* rowsOfSqlite(source: Database.Database, { name, columns }: Table): Generator<readonly Spelled[]> {
	const wanted = columns.map((column) => quoted(column.name)).join(', ')
	const sql = `SELECT ${wanted} FROM ${quoted(name)} ORDER BY rowid`
	for (const row of source.prepare(sql).raw().iterate() as Iterable<readonly unknown[]>)
		yield columns.map((column, i) => spelled(name, column, row[i]))
}

export async function* storedRows(client: Client, { name, columns }: Table): AsyncGenerator<StoredRow> {
	const wanted = columns.map(({ name: column, type }) =>
		type === 'bytea' ? `encode(${quoted(column)}, 'hex')` : `${quoted(column)}::text`,
	)
	await client.query('BEGIN')
	try {
		await client.query(`DECLARE moved NO SCROLL CURSOR FOR SELECT ctid::text, ${wanted.join(', ')} FROM ${quoted(name)}`)
		for (;;) {
			const { rows } = await client.query<[string, ...Spelled[]]>({ text: `FETCH ${fetchRows} FROM moved`, rowMode: 'array' })
			if (rows.length === 0) return
			for (const [place, ...row] of rows) yield { row, place }
		}
	} finally {
		await client.query('COMMIT')
	}
}

export async function insertRows(client: Client, { name, columns }: Table, rows: readonly (readonly Spelled[])[]): Promise<void> {
	const names = columns.map((column) => quoted(column.name)).join(', ')
	const values = columns.map(({ type }, i) => (type === 'bytea' ? `decode(v.c${i}, 'hex')` : `v.c${i}::${type}`)).join(', ')
	const given = columns.map((_, i) => `$${i + 1}::text[]`).join(', ')
	const aliases = columns.map((_, i) => `c${i}`).join(', ')
	await client.query(
		`INSERT INTO ${quoted(name)} (${names}) SELECT ${values} FROM unnest(${given}) AS v(${aliases})`,
		columns.map((_, i) => rows.map((row) => row[i])),
	)
}

/** Of a row, in base64: as much of its SHA-256 as no two rows of one table share. */
export function hashOfRow(row: readonly Spelled[]): string {
	return createHash('sha256').update(JSON.stringify(row)).digest('base64').slice(0, 24)
}

/** Of a set of rows, in whatever order they come: the sum of their SHA-256. */
export function createSum() {
	let [sum, rows] = [0n, 0]
	const modulus = 1n << 256n
	return {
		add: (row: readonly Spelled[]) => {
			rows++
			sum = (sum + BigInt(`0x${createHash('sha256').update(JSON.stringify(row)).digest('hex')}`)) % modulus
		},
		result: () => ({ rows, hash: sum.toString(16) }),
	}
}
