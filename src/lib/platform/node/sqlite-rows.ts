/** Rows in one SQLite file: a table per store, a nullable column and a partial index per secondary index. */
import Database from 'better-sqlite3'
import { rm } from 'node:fs/promises'
import { copyBytes, type Bytes } from '#protocol/bytes.ts'
import { changesSince, schemaVersion, storeSchema, type SchemaChange } from '#store/schema.ts'
import type { Scan, SerialRows } from '#store/serial-storage.ts'
import { StorageError, type KeyRange, type Row, type RowIndexes, type TransactionMode } from '#store/storage.ts'

type Value = string | number | Uint8Array | null

/** Store and index names come from the schema, never from outside; quoted all the same. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const indexColumn = (name: string): string => quoted(`by_${name}`)
const indexesOf = (store: string): readonly string[] => storeSchema[store as keyof typeof storeSchema]

function createStore(database: Database.Database, name: string, indexes: readonly string[]): void {
	const columns = indexes.map((index) => `, ${indexColumn(index)} TEXT`).join('')
	database.exec(
		`CREATE TABLE ${quoted(name)} (key TEXT PRIMARY KEY, bytes BLOB NOT NULL${columns}) STRICT, WITHOUT ROWID`,
	)
	for (const index of indexes) {
		const column = indexColumn(index)
		database.exec(
			`CREATE INDEX ${quoted(`${name}_${index}`)} ON ${quoted(name)} (${column}, key) WHERE ${column} IS NOT NULL`,
		)
	}
}

function migrate(database: Database.Database, changes: readonly SchemaChange[]): void {
	const version = database.pragma('user_version', { simple: true }) as number
	const newest = schemaVersion(changes)
	if (version > newest) throw new StorageError('newer-schema', `file has schema ${version}, this is ${newest}`)
	database.transaction(() => {
		database.exec('CREATE TABLE IF NOT EXISTS kith_generation (generation INTEGER NOT NULL) STRICT')
		for (const change of changesSince(version, changes)) {
			for (const name of change.drop ?? []) database.exec(`DROP TABLE ${quoted(name)}`)
			for (const [name, indexes] of Object.entries(change.create ?? {})) createStore(database, name, indexes)
			for (const name of change.clear ?? []) database.exec(`DELETE FROM ${quoted(name)}`)
		}
		database.pragma(`user_version = ${newest}`)
	})()
}

function openDatabase(path: string, changes: readonly SchemaChange[]): Database.Database {
	let database: Database.Database | null = null
	try {
		database = new Database(path)
		database.pragma('journal_mode = WAL')
		database.pragma('secure_delete = ON')
		migrate(database, changes)
		return database
	} catch (error) {
		database?.close()
		if (error instanceof StorageError) throw error
		throw new StorageError('unavailable', `${path}: ${(error as Error).message}`, { cause: error })
	}
}

function sqliteToStorageError(error: unknown): unknown {
	if (!(error instanceof Database.SqliteError)) return error
	const type = error.code === 'SQLITE_FULL' ? 'full' : 'unavailable'
	return new StorageError(type, `${error.code}: ${error.message}`, { cause: error })
}

/** `… FROM store WHERE …` for a scan, with its values in order. */
function scanToSql(store: string, scan: Scan): { readonly sql: string; readonly values: Value[] } {
	const column = scan.index === undefined ? 'key' : indexColumn(scan.index)
	const conditions = scan.index === undefined ? [] : [`${column} IS NOT NULL`]
	const values: Value[] = []
	if (scan.from !== undefined) {
		conditions.push(`${column} >= ?`)
		values.push(scan.from)
	}
	if (scan.to !== undefined) {
		conditions.push(`${column} < ?`)
		values.push(scan.to)
	}
	const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
	const direction = scan.reverse ? 'DESC' : 'ASC'
	const order = scan.index === undefined ? `key ${direction}` : `${column} ${direction}, key ${direction}`
	if (scan.limit !== undefined) values.push(scan.limit)
	const limit = scan.limit === undefined ? '' : ' LIMIT ?'
	return { sql: `FROM ${quoted(store)}${where} ORDER BY ${order}${limit}`, values }
}

export class SqliteRows implements SerialRows {
	readonly #path: string
	readonly #database: Database.Database
	readonly #statements = new Map<string, Database.Statement<Value[]>>()

	constructor(path: string, changes: readonly SchemaChange[]) {
		this.#path = path
		this.#database = openDatabase(path, changes)
	}

	#prepare(sql: string): Database.Statement<Value[]> {
		let statement = this.#statements.get(sql)
		if (statement === undefined) {
			statement = this.#database.prepare<Value[]>(sql)
			this.#statements.set(sql, statement)
		}
		return statement
	}

	begin(mode: TransactionMode): void {
		try {
			// FULL flushes the log at commit; NORMAL leaves that to the next commit under FULL or to the checkpoint.
			if (mode !== 'read') this.#database.pragma(`synchronous = ${mode === 'write' ? 'FULL' : 'NORMAL'}`)
			this.#database.exec(mode === 'read' ? 'BEGIN' : 'BEGIN IMMEDIATE')
		} catch (error) {
			throw sqliteToStorageError(error)
		}
	}
	commit(): void {
		try {
			this.#database.exec('COMMIT')
		} catch (error) {
			throw sqliteToStorageError(error)
		}
	}
	rollback(): void {
		// SQLite has rolled back by itself after some errors (a full disk).
		if (this.#database.inTransaction) this.#database.exec('ROLLBACK')
	}

	generation(): number {
		const row = this.#prepare('SELECT generation FROM kith_generation').get() as { generation: number } | undefined
		return row?.generation ?? 0
	}
	setGeneration(generation: number): void {
		this.#database.exec('DELETE FROM kith_generation')
		this.#prepare('INSERT INTO kith_generation VALUES (?)').run(generation)
	}

	get(store: string, key: string): Bytes | null {
		const row = this.#prepare(`SELECT bytes FROM ${quoted(store)} WHERE key = ?`).get(key) as
			{ bytes: Buffer } | undefined
		return row === undefined ? null : copyBytes(row.bytes)
	}
	put(store: string, key: string, bytes: Bytes, indexes: RowIndexes): void {
		const names = indexesOf(store)
		const marks = ['?', '?', ...names.map(() => '?')].join(', ')
		const values = names.map((name) => indexes[name] ?? null)
		const columns = ['key', 'bytes', ...names.map(indexColumn)].join(', ')
		this.#prepare(`INSERT OR REPLACE INTO ${quoted(store)} (${columns}) VALUES (${marks})`).run(key, bytes, ...values)
	}
	delete(store: string, key: string): void {
		this.#prepare(`DELETE FROM ${quoted(store)} WHERE key = ?`).run(key)
	}
	deleteRange(store: string, range: KeyRange): void {
		const from = range.from ?? ''
		if (range.to === undefined) this.#prepare(`DELETE FROM ${quoted(store)} WHERE key >= ?`).run(from)
		else this.#prepare(`DELETE FROM ${quoted(store)} WHERE key >= ? AND key < ?`).run(from, range.to)
	}
	range(store: string, scan: Scan): Row[] {
		const { sql, values } = scanToSql(store, scan)
		const names = indexesOf(store)
		const columns = ['key', 'bytes', ...names.map(indexColumn)].join(', ')
		const rows = this.#prepare(`SELECT ${columns} ${sql}`)
			.raw()
			.all(...values) as [string, Buffer, ...(string | null)[]][]
		return rows.map(([key, bytes, ...indexes]) => ({
			key,
			bytes: copyBytes(bytes),
			indexes: Object.fromEntries(names.map((name, i) => [name, indexes[i] ?? null])),
		}))
	}
	keys(store: string, scan: Scan): string[] {
		const { sql, values } = scanToSql(store, scan)
		return (this.#prepare(`SELECT key ${sql}`).all(...values) as { key: string }[]).map((row) => row.key)
	}
	count(store: string, scan: Scan): number {
		const { sql, values } = scanToSql(store, scan)
		return (this.#prepare(`SELECT count(*) AS n FROM (SELECT key ${sql})`).get(...values) as { n: number }).n
	}

	close(): void {
		this.#database.close()
	}
	async remove(): Promise<void> {
		for (const suffix of ['', '-wal', '-shm']) await rm(this.#path + suffix, { force: true })
	}
}
