/**
 * Brings the database to the newest schema, before anything else reads it. Of several nodes that start together one does it, the
 * others wait. A migration that fails leaves nothing half done.
 */
import { drizzle } from 'drizzle-orm/node-postgres'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { join, resolve } from 'node:path'
import { Client } from 'pg'
import type { PostgresServer } from '#server/config-addresses.ts'
import { clientOptions } from './connection.ts'
import { locks } from './locks.ts'
import { sentenceAbout } from './failures.ts'

const folder = join(resolve(import.meta.dirname, '../../..'), 'drizzle/postgres')

const versionMin = 150_000

/** A connection for a few questions; rejects with one sentence where the database cannot be had. */
async function connected(server: PostgresServer): Promise<Client> {
	const client = new Client(clientOptions(server))
	client.on('error', () => undefined)
	try {
		await client.connect()
		return client
	} catch (error) {
		throw new Error(sentenceAbout(error, server), { cause: error })
	}
}

/** Has a Kith ever run on it? Its secrets exist then. */
export async function hasPostgresInstance(server: PostgresServer): Promise<boolean> {
	const client = await connected(server)
	try {
		const { rows: tables } = await client.query("SELECT 1 WHERE to_regclass('instance_facts') IS NOT NULL")
		if (tables.length === 0) return false
		return (await client.query("SELECT 1 FROM instance_facts WHERE fact = 'epoch'")).rows.length > 0
	} finally {
		await client.end()
	}
}

/** `by`: a server does not start on what a move has not finished. */
export async function migratePostgres(server: PostgresServer, by: 'a server' | 'a move' = 'a server'): Promise<void> {
	const client = await connected(server)
	try {
		await checkDatabase(client)
		if (by === 'a server') await mustBeWhole(client)
		await client.query('SELECT pg_advisory_lock($1)', [locks.migration])
		await migrate(drizzle({ client }), { migrationsFolder: folder })
	} finally {
		await client.end()
	}
}

export interface MigrationState {
	readonly done: number
	readonly pending: number
	/** The database was written by a newer Kith. */
	readonly isNewer: boolean
}

export async function migrationsIn(client: Client): Promise<MigrationState> {
	const known = readMigrationFiles({ migrationsFolder: folder }).map(({ folderMillis }) => folderMillis)
	const table = 'drizzle.__drizzle_migrations'
	const { rows: tables } = await client.query('SELECT 1 WHERE to_regclass($1) IS NOT NULL', [table])
	const { rows } =
		tables.length === 0 ? { rows: [] } : await client.query<{ at: number }>(`SELECT created_at::float8 AS at FROM ${table}`)
	const last = Math.max(0, ...rows.map(({ at }) => at))
	return {
		done: rows.length,
		pending: known.filter((at) => at > last).length,
		isNewer: last > Math.max(0, ...known),
	}
}

async function mustBeWhole(client: Client): Promise<void> {
	const { rows } = await client.query("SELECT 1 WHERE to_regclass('kith_move') IS NOT NULL")
	if (rows.length > 0)
		throw new Error('DATABASE_URL names a database into which a move from SQLite is not finished: kith migrate-to goes on with it.')
}

async function checkDatabase(client: Client): Promise<void> {
	const { rows } = await client.query<{ version: number; encoding: string }>(
		"SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding",
	)
	const { version = 0, encoding = '' } = rows[0] ?? {}
	if (version < versionMin) throw new Error('DATABASE_URL names a PostgreSQL that is older than 15: it is too old for Kith.')
	if (encoding !== 'UTF8') throw new Error(`DATABASE_URL names a database in ${encoding}: make one with ENCODING 'UTF8'.`)
}
