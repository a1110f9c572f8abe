/**
 * Moves what a SQLite file holds into an empty PostgreSQL database (docs/decisions/0452). Table after table, rows that are in one of the two
 * alone are found by their hashes: what is there only goes, what is here only comes, in pieces of a transaction each. Whoever is interrupted
 * begins again, and finds done what was done. That may be ahead, while a server writes the file: one reading sees one state of it. The
 * last run is made while nobody writes, and the caller holds the folder: it compares every row of both, and lets servers start there.
 */
import Database from 'better-sqlite3'
import { Client } from 'pg'
import type { PostgresServer } from '#server/config-addresses.ts'
import { clientOptions } from './connection.ts'
import { locks } from './locks.ts'
import { hasPostgresInstance, migratePostgres } from './migrate.ts'
import {
	createSum,
	hashOfRow,
	insertRows,
	quoted,
	rowsOfSqlite,
	storedRows,
	tablesOf,
	type Spelled,
	type Table,
} from './moved-rows.ts'

export interface MoveOptions {
	readonly file: string
	readonly server: PostgresServer
	/** A server may write the file meanwhile: more is to come, and none may start on what is there. */
	readonly ahead: boolean
	readonly progress: (text: string) => void
}

export interface MovedTable {
	readonly table: string
	readonly rows: number
}

/** A piece of a move: so many rows, and no more bytes than that. */
export const movePiece = { rows: 1000, bytes: 8 * 1024 * 1024 } as const

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
	const { rows } = source.prepare(`SELECT count(*) AS rows FROM ${quoted(table)}`).get() as { rows: number | bigint }
	return Number(rows)
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

/** Throws one sentence; what was moved by then stays, and the next try goes on from there. Rows by table, as they are there then. */
export async function moveToPostgres(options: MoveOptions): Promise<MovedTable[]> {
	const { file, server, ahead, progress } = options
	await withClient(server, (client) => client.query(notesSql))
	await migratePostgres(server, 'a move')
	const source = new Database(file, { readonly: true, fileMustExist: true }).defaultSafeIntegers(true)
	try {
		return await withClient(server, async (client) => {
			// One move at a time: also behind one that was killed, and whose last piece is still being stored.
			await client.query('SELECT pg_advisory_lock($1)', [locks.move])
			source.exec('BEGIN')
			const tables = await tablesOf(client)
			await layReferencesAside(client)
			const move = { source, client, progress }
			for (const table of tables) await moveTable(move, table)
			const moved = ahead ? tables.map(({ name }) => ({ table: name, rows: rowsIn(source, name) })) : await compare(move, tables)
			if (!ahead) await finish(client, tables)
			return moved
		})
	} finally {
		source.close()
	}
}

/** While these are there, a move is not finished: how many rows of each table came, and which tables refer to which. */
const notesSql = `CREATE TABLE IF NOT EXISTS kith_move ("table" text PRIMARY KEY, rows bigint NOT NULL);
	CREATE TABLE IF NOT EXISTS kith_move_references ("table" text NOT NULL, name text NOT NULL, definition text NOT NULL)`

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

interface Move {
	readonly source: Database.Database
	readonly client: Client
	readonly progress: (text: string) => void
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

/** Rows come and go in no order: what refers to what is looked at again when all are there. */
async function layReferencesAside(client: Client): Promise<void> {
	const { rows } = await client.query<{ table: string; name: string; definition: string }>(
		`SELECT c.relname AS "table", k.conname AS name, pg_get_constraintdef(k.oid) AS definition FROM pg_constraint k
			JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE k.contype = 'f' AND n.nspname = 'public'`,
	)
	await inTransaction(client, async () => {
		for (const { table, name, definition } of rows) {
			await client.query('INSERT INTO kith_move_references VALUES ($1, $2, $3)', [table, name, definition])
			await client.query(`ALTER TABLE ${quoted(table)} DROP CONSTRAINT ${quoted(name)}`)
		}
	})
}

async function moveTable({ source, client, progress }: Move, table: Table): Promise<void> {
	const total = rowsIn(source, table.name)
	// Of rows that are there already: where they lie.
	const there = new Map<string, string>()
	for await (const { row, place } of storedRows(client, table)) there.set(hashOfRow(row), place)
	const gone = new Map(there)
	if (there.size > 0) for (const row of rowsOfSqlite(source, table)) gone.delete(hashOfRow(row))
	let done = there.size - gone.size
	const note = () =>
		client.query(
			'INSERT INTO kith_move ("table", rows) VALUES ($1, $2) ON CONFLICT ("table") DO UPDATE SET rows = excluded.rows',
			[table.name, done],
		)
	if (gone.size > 0)
		await inTransaction(client, async () => {
			await client.query(`DELETE FROM ${quoted(table.name)} WHERE ctid = ANY($1::tid[])`, [[...gone.values()]])
			await note()
		})
	for (const piece of piecesOf(missingRows(source, table, there))) {
		done += piece.length
		await inTransaction(client, async () => {
			await insertRows(client, table, piece)
			await note()
		})
		progress(`${table.name}: ${done} of ${total}`)
	}
}

function* missingRows(source: Database.Database, table: Table, there: ReadonlyMap<string, string>) {
	for (const row of rowsOfSqlite(source, table)) if (there.size === 0 || !there.has(hashOfRow(row))) yield row
}

type Row = readonly Spelled[]

function* piecesOf(rows: Iterable<Row>): Generator<Row[]> {
	let [piece, bytes]: [Row[], number] = [[], 0]
	for (const row of rows) {
		piece.push(row)
		bytes += row.reduce((sum, value) => sum + (value?.length ?? 0), 0)
		if (piece.length < movePiece.rows && bytes < movePiece.bytes) continue
		yield piece
		;[piece, bytes] = [[], 0]
	}
	if (piece.length > 0) yield piece
}

/** Every row of both. */
async function compare({ source, client, progress }: Move, tables: readonly Table[]): Promise<MovedTable[]> {
	const moved: MovedTable[] = []
	for (const table of tables) {
		progress(`Comparing ${table.name}`)
		const here = createSum()
		for (const row of rowsOfSqlite(source, table)) here.add(row)
		const there = createSum()
		for await (const { row } of storedRows(client, table)) there.add(row)
		const [a, b] = [here.result(), there.result()]
		if (a.rows !== b.rows || a.hash !== b.hash)
			throw new Error(
				`${table.name} is not the same in both (${a.rows} and ${b.rows} rows): does something else write to that database? Call it again.`,
			)
		moved.push({ table: table.name, rows: a.rows })
	}
	return moved
}

/** What refers to what holds again, numbers that the database gives go on behind those that it was given, and servers may start on it. */
async function finish(client: Client, tables: readonly Table[]): Promise<void> {
	const { rows: references } = await client.query<{ table: string; name: string; definition: string }>(
		'SELECT "table", name, definition FROM kith_move_references',
	)
	await inTransaction(client, async () => {
		for (const { table, name, definition } of references)
			await client.query(`ALTER TABLE ${quoted(table)} ADD CONSTRAINT ${quoted(name)} ${definition}`)
		for (const { name, columns } of tables)
			for (const { name: column } of columns.filter(({ isIdentity }) => isIdentity))
				await client.query(
					`SELECT setval(pg_get_serial_sequence('${name}', '${column}'), (SELECT coalesce(max(${quoted(column)}), 0) + 1 FROM ${quoted(name)}), false)`,
				)
		await client.query('DROP TABLE kith_move, kith_move_references')
	})
	await client.query('ANALYZE')
}
