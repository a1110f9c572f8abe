/** Brings the file to the newest schema, before anything else reads it. A migration that fails leaves nothing half done. */
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { join, resolve } from 'node:path'
import type { Connection } from './connection.ts'

const folder = join(resolve(import.meta.dirname, '../../..'), 'drizzle/sqlite')

export function migrateSqlite(writer: Connection): void {
	migrate(writer, { migrationsFolder: folder })
}
