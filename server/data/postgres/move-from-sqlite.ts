/**
 * Moves what a SQLite file holds into an empty PostgreSQL database: table after table, in pieces that are committed together with a note
 * of how far they go, so that whoever is interrupted goes on. At the end every row of both is hashed and compared. Nobody may write the
 * file meanwhile: the caller holds the folder.
 */
import Database from 'better-sqlite3'
import { createHash } from 'node:crypto'
import { Client } from 'pg'
import type { PostgresServer } from '#server/config-addresses.ts'
import { clientOptions } from './connection.ts'
import { hasPostgresInstance, migratePostgres } from './migrate.ts'
import { toSigned } from './values.ts'

export interface MoveOptions {
	readonly file: string
	readonly server: PostgresServer
	/** Empties what an earlier move has left, and begins anew. */
	readonly again: boolean
	readonly progress: (text: string) => void
}

export interface MovedTable {
	readonly table: string
	readonly rows: number
}

interface Column {
	readonly name: string
	readonly type: 'bytea' | 'bigint' | 'boolean' | 'text'
	readonly isIdentity: boolean
}

interface Table {
	readonly name: string
	readonly columns: readonly Column[]
}

/** As both databases spell a value: what is compared, and what PostgreSQL takes. */
type Spelled = string | null

/** A piece of a move: so many rows, and no more bytes than that. */
export const movePiece = { rows: 1000, bytes: 8 * 1024 * 1024 } as const

const quoted = (name: string) => `"${name}"`

/** What a move would bring; writes nothing. */
export function countTables(file: string): MovedTable[] {
	const source = new Database(file, { readonly: true, fileMustExist: true })
	try {
		const names = source.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all() as { name: string }[]
		return names.filter(({ name }) => isMoved(name)).map(({ name: table }) => ({ table, rows: rowsIn(source, table) }))
	} finally {
		source.close()
	}
}

/** Indexes that SQLite keeps by hand, and notes of its own: PostgreSQL has them in another form. */
function isMoved(table: string): boolean {
	return !/^(sqlite_|__drizzle|events_by_|event_indexes$)/.test(table)
}

function rowsIn(source: Database.Database, table: string): number {
	return (source.prepare(`SELECT count(*) AS rows FROM ${quoted(table)}`).get() as { rows: number }).rows
}

/** A sentence where the database has something in it that no move of ours has begun; else null. */
export async function targetProblem(server: PostgresServer): Promise<string | null> {
	if (!(await hasPostgresInstance(server)) || (await isUnfinished(server))) return null
	return 'DATABASE_URL names a database in which there is a Kith already: nothing was moved.'
}

async function isUnfinished(server: PostgresServer): Promise<boolean> {
	return withClient(server, async (client) => {
		const { rows } = await client.query("SELECT 1 WHERE to_regclass('kith_move') IS NOT NULL")
		return rows.length > 0
	})
}

/** Throws one sentence; what was moved by then stays, and the next try goes on behind it. */
export async function moveToPostgres(options: MoveOptions): Promise<MovedTable[]> {
	const { file, server, again } = options
	await withClient(server, (client) =>
		client.query('CREATE TABLE IF NOT EXISTS kith_move ("table" text PRIMARY KEY, last bigint NOT NULL, rows bigint NOT NULL)'),
	)
	await migratePostgres(server, 'a move')
	const source = new Database(file, { readonly: true, fileMustExist: true }).defaultSafeIntegers(true)
	try {
		return await withClient(server, async (client) => {
			const tables = await tablesInOrder(client)
			if (again) await empty(client, tables)
			for (const table of tables) await moveTable({ source, client, progress: options.progress }, table)
			const moved = await compare({ source, client, progress: options.progress }, tables)
			await finish(client, tables)
			return moved
		})
	} finally {
		source.close()
	}
}

async function withClient<T>(server: PostgresServer, work: (client: Client) => Promise<T>): Promise<T> {
	const client = new Client(clientOptions(server))
	client.on('error', () => undefined)
	await client.connect()
	try {
		return await work(client)
	} finally {
		await client.end()
	}
}

const columnsSql = `SELECT table_name AS "table", column_name AS name, data_type AS type, is_identity = 'YES' AS "isIdentity"
	FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT IN ('changes', 'kith_move')
	ORDER BY table_name, ordinal_position`
const referencesSql = `SELECT c.relname AS child, p.relname AS parent FROM pg_constraint k
	JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid WHERE k.contype = 'f' AND c.oid <> p.oid`

/** Whatever a row refers to is there before it. */
async function tablesInOrder(client: Client): Promise<Table[]> {
	const { rows: columns } = await client.query<Column & { table: string }>(columnsSql)
	const { rows: references } = await client.query<{ child: string; parent: string }>(referencesSql)
	const byTable = Map.groupBy(columns, ({ table }) => table)
	const ordered: Table[] = []
	const waiting = new Set(byTable.keys())
	while (waiting.size > 0) {
		const free = [...waiting].filter((name) => !references.some(({ child, parent }) => child === name && waiting.has(parent)))
		if (free.length === 0) throw new Error('The tables refer to each other in a circle.')
		for (const name of free) {
			waiting.delete(name)
			ordered.push({ name, columns: byTable.get(name) ?? [] })
		}
	}
	return ordered
}

interface Move {
	readonly source: Database.Database
	readonly client: Client
	readonly progress: (text: string) => void
}

async function empty(client: Client, tables: readonly Table[]): Promise<void> {
	await inTransaction(client, async () => {
		for (const { name } of tables.toReversed()) await client.query(`DELETE FROM ${quoted(name)}`)
		await client.query('DELETE FROM kith_move')
	})
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
	await client.query('BEGIN')
	try {
		await work()
		await client.query('COMMIT')
	} catch (error) {
		await client.query('ROLLBACK').catch(() => undefined)
		throw error
	}
}

/** Of SQLite, as PostgreSQL spells it. */
function spelled(table: string, { name, type }: Column, value: unknown): Spelled {
	if (value === null) return null
	if (table === 'markers' && name === 'hlc') return toSigned(BigInt(`0x${value as string}`))
	if (type === 'bytea') return Buffer.from(value as Uint8Array).toString('hex')
	if (type === 'boolean') return BigInt(value as bigint) === 0n ? 'false' : 'true'
	return type === 'text' ? String(value).replaceAll('\0', '\uFFFD') : String(value)
}

/** Rows behind `last`, in the order in which SQLite has them. */
function* rowsAfter(source: Database.Database, { name, columns }: Table, last: bigint): Generator<readonly [bigint, readonly Spelled[]]> {
	const wanted = columns.map((column) => quoted(column.name)).join(', ')
	const sql = `SELECT rowid AS "#row", ${wanted} FROM ${quoted(name)} WHERE rowid > ? ORDER BY rowid`
	for (const row of source.prepare(sql).iterate(last) as Iterable<Record<string, unknown>>)
		yield [row['#row'] as bigint, columns.map((column) => spelled(name, column, row[column.name]))]
}

async function moveTable({ source, client, progress }: Move, table: Table): Promise<void> {
	const { rows: noted } = await client.query<{ last: string; rows: string }>(
		'SELECT last::text, rows::text FROM kith_move WHERE "table" = $1',
		[table.name],
	)
	let last = BigInt(noted[0]?.last ?? -1)
	let done = Number(noted[0]?.rows ?? 0)
	const total = Number(rowsIn(source, table.name))
	for (;;) {
		const piece = nextPiece(source, table, last)
		if (piece.length === 0) return
		last = (piece.at(-1) as (typeof piece)[number])[0]
		done += piece.length
		await inTransaction(client, async () => {
			await insert(client, table, piece.map(([, row]) => row))
			await client.query(
				'INSERT INTO kith_move ("table", last, rows) VALUES ($1, $2, $3) ON CONFLICT ("table") DO UPDATE SET last = excluded.last, rows = excluded.rows',
				[table.name, String(last), done],
			)
		})
		progress(`${table.name}: ${done} of ${total}`)
	}
}

function nextPiece(source: Database.Database, table: Table, last: bigint) {
	const piece: (readonly [bigint, readonly Spelled[]])[] = []
	let bytes = 0
	for (const row of rowsAfter(source, table, last)) {
		piece.push(row)
		bytes += row[1].reduce((sum, value) => sum + (value?.length ?? 0), 0)
		if (piece.length >= movePiece.rows || bytes >= movePiece.bytes) break
	}
	return piece
}

async function insert(client: Client, { name, columns }: Table, rows: readonly (readonly Spelled[])[]): Promise<void> {
	const names = columns.map((column) => quoted(column.name)).join(', ')
	const values = columns.map(({ type }, i) => (type === 'bytea' ? `decode(v.c${i}, 'hex')` : `v.c${i}::${type}`)).join(', ')
	const given = columns.map((_, i) => `$${i + 1}::text[]`).join(', ')
	const aliases = columns.map((_, i) => `c${i}`).join(', ')
	await client.query(
		`INSERT INTO ${quoted(name)} (${names}) SELECT ${values} FROM unnest(${given}) AS v(${aliases})`,
		columns.map((_, i) => rows.map((row) => row[i])),
	)
}

/** Of a set of rows, in whatever order they come: the sum of their hashes. */
function createSum() {
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

/** Every row of both. */
async function compare({ source, client, progress }: Move, tables: readonly Table[]): Promise<MovedTable[]> {
	const moved: MovedTable[] = []
	for (const table of tables) {
		progress(`Comparing ${table.name}`)
		const here = createSum()
		for (const [, row] of rowsAfter(source, table, -1n)) here.add(row)
		const there = createSum()
		for await (const row of storedRows(client, table)) there.add(row)
		const [a, b] = [here.result(), there.result()]
		if (a.rows !== b.rows || a.hash !== b.hash)
			throw new Error(
				`${table.name} is not the same in both (${a.rows} and ${b.rows} rows): was the server started in between? Move it again from the beginning, with --again.`,
			)
		moved.push({ table: table.name, rows: a.rows })
	}
	return moved
}

async function* storedRows(client: Client, { name, columns }: Table): AsyncGenerator<readonly Spelled[]> {
	const wanted = columns.map(({ name: column, type }) =>
		type === 'bytea' ? `encode(${quoted(column)}, 'hex')` : `${quoted(column)}::text`,
	)
	await client.query('BEGIN')
	try {
		await client.query(`DECLARE moved NO SCROLL CURSOR FOR SELECT ${wanted.join(', ')} FROM ${quoted(name)}`)
		for (;;) {
			const { rows } = await client.query<Spelled[]>({ text: `FETCH ${movePiece.rows} FROM moved`, rowMode: 'array' })
			if (rows.length === 0) return
			yield* rows
		}
	} finally {
		await client.query('COMMIT')
	}
}

/** The numbers that the database gives go on behind those that it was given; from now on it may be started. */
async function finish(client: Client, tables: readonly Table[]): Promise<void> {
	await inTransaction(client, async () => {
		for (const { name, columns } of tables)
			for (const { name: column } of columns.filter(({ isIdentity }) => isIdentity))
				await client.query(
					`SELECT setval(pg_get_serial_sequence('${name}', '${column}'), (SELECT coalesce(max(${quoted(column)}), 0) + 1 FROM ${quoted(name)}), false)`,
				)
		await client.query('DROP TABLE kith_move')
	})
	await client.query('ANALYZE')
}
