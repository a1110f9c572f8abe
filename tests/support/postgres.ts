/**
 * Databases of their own for tests, on the PostgreSQL at TEST_DATABASE_URL. Where none answers what needs one is skipped, and with
 * CI=true nothing is.
 */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { describe } from 'vitest'
import { readConfig, type PostgresServer } from '#server/config.ts'
import { clientOptions } from '#server/data/postgres/connection.ts'

const address = process.env['TEST_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

export interface TestDatabase {
	readonly url: string
	readonly server: PostgresServer
	/** Asks it something on a connection of its own. */
	query<T extends object>(sql: string, values?: readonly unknown[]): Promise<T[]>
	/** Deletes all rows. */
	empty(): Promise<void>
	drop(): Promise<void>
}

/** The same server, another database. */
function urlOf(database: string, base = address): string {
	const url = new URL(base)
	url.pathname = `/${database}`
	return url.href
}

export function serverAt(url: string): PostgresServer {
	const config = readConfig({ DATABASE_URL: url })
	if (!config.ok || config.value.postgres === null) throw new Error('no address of a database')
	return config.value.postgres
}

/** A connection for one thing. */
async function ask<T extends object>(url: string, sql: string, values: readonly unknown[] = []): Promise<T[]> {
	const client = new Client(clientOptions(serverAt(url)))
	await client.connect()
	try {
		return (await client.query<T>(sql, [...values])).rows
	} finally {
		await client.end()
	}
}

/** A few rows are deleted sooner than a table is truncated; what refers to what is not asked meanwhile. */
const emptyAll = `DO $$ DECLARE name text; BEGIN
	SET LOCAL session_replication_role = replica;
	FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP EXECUTE format('DELETE FROM public.%I', name); END LOOP;
END $$`

/** `name`: one that may be there already, and then is opened as it stands. */
export async function testDatabase(name = `kith_test_${randomBytes(8).toString('hex')}`, base = address): Promise<TestDatabase> {
	const url = urlOf(name, base)
	const there = await ask(base, 'SELECT 1 FROM pg_database WHERE datname = $1', [name])
	if (there.length === 0) await ask(base, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
	return {
		url,
		server: serverAt(url),
		query: (sql, values) => ask(url, sql, values),
		empty: async () => void (await ask(url, emptyAll)),
		drop: async () => void (await ask(base, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
	}
}

async function answers(): Promise<boolean> {
	try {
		await ask(address, 'SELECT 1')
		return true
	} catch {
		process.stderr.write('No PostgreSQL answers at TEST_DATABASE_URL: what needs one is skipped.\n')
		return false
	}
}

const isHere = process.env['CI'] === 'true' || (await answers())

export const describeOnPostgres = describe.skipIf(!isHere)
