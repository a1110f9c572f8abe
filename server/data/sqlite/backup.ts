/**
 * A copy of a database that others go on writing, and the questions that are asked of a copy. The copy is what one read
 * transaction sees: it is consistent, and nobody waits for it.
 */
import { bytesToHex } from '#protocol/bytes.ts'
import Database from 'better-sqlite3'
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { fromBlob } from './statements.ts'
import { migrationsIn, type MigrationState } from './migrate.ts'

export interface CopyProgress {
	readonly done: number
	readonly total: number
}

/** Pages a step: 4 MiB, between which the process does other things. */
const pagesPerStep = 1024

/** `to` must not exist; what it holds is durable when this resolves. */
export async function copySqlite(from: string, to: string, progress: (now: CopyProgress) => void): Promise<void> {
	const source = new Database(from, { readonly: true, fileMustExist: true })
	try {
		// Held until the last page: without it every write of the server would make the copy begin anew.
		source.exec('BEGIN')
		source.prepare('SELECT count(*) FROM sqlite_schema').get()
		await source.backup(to, {
			progress: ({ totalPages, remainingPages }) => {
				progress({ done: totalPages - remainingPages, total: totalPages })
				return pagesPerStep
			},
		})
	} finally {
		source.close()
	}
	const copy = new Database(to)
	// One file that is whole by itself, on a disk that can only be read too.
	copy.pragma('journal_mode = DELETE')
	copy.close()
	syncFile(to)
}

function syncFile(path: string): void {
	const file = openSync(path, 'r+')
	fsyncSync(file)
	closeSync(file)
}

export function sqliteBytes(path: string): number {
	return statSync(path).size
}

/** A file of people that a database speaks of. */
export interface BlobRecord {
	/** In hexadecimal. */
	readonly blob: string
	/** How much of it must be there. */
	readonly received: number
}

/** Of a copy, or of the live file: asks nothing else of it. */
export function readMigrations(path: string): MigrationState {
	return reading(path, migrationsIn)
}

/** Of a copy, or of the live file. */
export function readBlobRecords(path: string): BlobRecord[] {
	return reading(path, (file) =>
		(file.prepare('SELECT blob, received FROM blobs').all() as { blob: Uint8Array; received: number }[]).map(
			({ blob, received }) => ({ blob: bytesToHex(fromBlob(blob)), received }),
		),
	)
}

/** ms; null before the first event. */
export function newestEventAt(path: string): number | null {
	return reading(path, (file) => (file.prepare('SELECT max(last_at) AS at FROM conversation_counters').get() as { at: number | null }).at)
}

/** From a copy: what was deleted while it was made is not in it either. */
export function dropBlobRecords(path: string, blobs: readonly string[]): void {
	const file = new Database(path, { fileMustExist: true })
	const drop = file.prepare('DELETE FROM blobs WHERE blob = ?')
	file.transaction(() => {
		for (const blob of blobs) drop.run(Buffer.from(blob, 'hex'))
	})()
	file.close()
	syncFile(path)
}

export type DatabaseCheck =
	| { readonly type: 'whole'; readonly migrations: MigrationState }
	/** What SQLite says, a line each. */
	| { readonly type: 'damaged'; readonly findings: readonly string[] }

const findingsMax = 5

/** Every page, every index, every reference. */
export function checkSqlite(path: string): DatabaseCheck {
	try {
		return reading(path, (file) => {
			const integrity = (file.pragma(`integrity_check(${findingsMax})`) as { integrity_check: string }[]).map(
				(row) => row.integrity_check,
			)
			const broken = (file.pragma('foreign_key_check') as { table: string; rowid: number | null }[])
				.slice(0, findingsMax)
				.map(({ table, rowid }) => `row ${rowid ?? '?'} of ${table} refers to a row that is not there`)
			const findings = [...integrity.filter((line) => line !== 'ok'), ...broken]
			if (findings.length > 0) return { type: 'damaged', findings }
			return { type: 'whole', migrations: migrationsIn(file) }
		})
	} catch (error) {
		return { type: 'damaged', findings: [error instanceof Error ? error.message : String(error)] }
	}
}

function reading<T>(path: string, read: (file: Database.Database) => T): T {
	const file = new Database(path, { readonly: true, fileMustExist: true })
	try {
		return read(file)
	} finally {
		file.close()
	}
}
