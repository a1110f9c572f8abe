/**
 * One SQLite file in WAL mode: one connection that writes, one that reads what is committed.
 * `synchronous=FULL`, because what is acknowledged must survive a power cut (250 µs for a lone commit);
 * `secure_delete`, because a redacted ciphertext must leave the disk.
 */
import Database from 'better-sqlite3'
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'

export type Connection = BetterSQLite3Database & { readonly $client: Database.Database }

export interface SqliteConnections {
	readonly writer: Connection
	readonly reader: Connection
	close(): void
}

/** Of pages: the ends of the indexes of some hundred busy conversations. Grows only as far as it is used. */
const writerCacheKib = 8 * 1024

/**
 * Pages of the write-ahead log that are copied into the file together: a page that changed often is copied once. What was deleted
 * does not wait for it (domain/scrubbing.ts).
 */
const checkpointPages = 4000

/** Opens or makes the file at `path`. Throws when it cannot be opened or is no database. */
export function openSqlite(path: string): SqliteConnections {
	const writing = new Database(path)
	writing.pragma('journal_mode = WAL')
	writing.pragma('synchronous = FULL')
	writing.pragma('foreign_keys = ON')
	writing.pragma('secure_delete = ON')
	writing.pragma('busy_timeout = 5000')
	writing.pragma(`cache_size = -${writerCacheKib}`)
	writing.pragma(`wal_autocheckpoint = ${checkpointPages}`)
	const reading = new Database(path)
	reading.pragma('query_only = ON')
	reading.pragma('busy_timeout = 5000')
	return {
		writer: drizzle({ client: writing }),
		reader: drizzle({ client: reading }),
		close: () => {
			reading.close()
			writing.close()
		},
	}
}
