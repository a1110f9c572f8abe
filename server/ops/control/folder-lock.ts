/**
 * One process at a time changes a data folder: the server, or a command while none runs. The lock is SQLite's own, on a file
 * that holds nothing: the system lets go of it however the process ends, so that no crash leaves one behind.
 */
import Database, { SqliteError } from 'better-sqlite3'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'

export interface FolderLock {
	release(): void
}

/** Null: another process has it. */
export function lockFolder(data: string): FolderLock | null {
	const path = join(data, 'kith.lock')
	const file = new Database(path, { timeout: 0 })
	try {
		chmodSync(path, 0o600)
		file.exec('BEGIN EXCLUSIVE')
	} catch (error) {
		file.close()
		if (error instanceof SqliteError && error.code.startsWith('SQLITE_BUSY')) return null
		throw error
	}
	return { release: () => file.close() }
}
