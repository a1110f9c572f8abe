/**
 * Brings the file to the newest schema, before anything else reads it. A migration that fails leaves nothing half done, and
 * before one begins the file is copied, so that there is a way back to the version before (docs/hosting.md).
 */
import type Database from 'better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { chmodSync, renameSync, rmSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Connection } from './connection.ts'

const folder = join(resolve(import.meta.dirname, '../../..'), 'drizzle/sqlite')

export interface MigrationState {
	/** Of a file: carried out. */
	readonly done: number
	/** Of this version: still to come. */
	readonly pending: number
	/** The file was written by a newer Kith. */
	readonly isNewer: boolean
}

export function migrationsIn(file: Database.Database): MigrationState {
	const known = readMigrationFiles({ migrationsFolder: folder }).map(({ folderMillis }) => folderMillis)
	const has = file.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'").get() !== undefined
	const rows = has ? (file.prepare('SELECT created_at AS at FROM __drizzle_migrations').all() as { at: number }[]) : []
	const last = Math.max(0, ...rows.map(({ at }) => Number(at)))
	return {
		done: rows.length,
		pending: known.filter((at) => at > last).length,
		isNewer: last > Math.max(0, ...known),
	}
}

/** Throws one sentence when the file is of a newer Kith. */
export function migrateSqlite(writer: Connection): void {
	const { done, pending, isNewer } = migrationsIn(writer.$client)
	const path = writer.$client.name
	if (isNewer)
		throw new Error(`${path} was written by a newer Kith: start that version, or restore a backup of this one.`)
	if (pending === 0) return
	if (done > 0) takeSnapshot(writer.$client)
	migrate(writer, { migrationsFolder: folder })
}

const snapshotName = (path: string): string => `${basename(path)}.before-update`

/** How long the way back stays open: it holds what people have deleted since. */
export const snapshotDays = 14
const day = 24 * 60 * 60 * 1000

/** The newest alone is kept. It is made whole under another name first. */
function takeSnapshot(file: Database.Database): void {
	const path = join(dirname(file.name), snapshotName(file.name))
	const partial = `${path}.partial`
	rmSync(partial, { force: true })
	file.prepare('VACUUM INTO ?').run(partial)
	chmodSync(partial, 0o600)
	renameSync(partial, path)
}

/** Removes the copy from before an update that is old enough. `path` of the database. */
export async function dropOldSnapshot(path: string, now: number): Promise<void> {
	const snapshot = join(dirname(path), snapshotName(path))
	const found = await stat(snapshot).catch(() => null)
	if (found !== null && found.mtimeMs < now - snapshotDays * day) await rm(snapshot, { force: true })
}
