/** Databases of their own for tests, on the PostgreSQL at TEST_DATABASE_URL. */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { readConfig } from '#server/config.ts'
import type { PostgresServer } from '#server/config-addresses.ts'
import { clientOptions } from '#server/data/postgres/connection.ts'

const address = process.env['TEST_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

export interface TestDatabase {
	readonly url: string
	readonly server: PostgresServer
	/** Asks it something on a connection of its own. */
	query<T extends object>(sql: string, values?: readonly unknown[]): Promise<T[]>
	/** Resolves once it answers with a row. */
	until(sql: string): Promise<void>
	/** All rows of all tables in words, bytes in hexadecimal digits: for those who look for what must not be there. */
	rows(): Promise<string[]>
	/** Deletes all rows. */
	empty(): Promise<void>
	drop(): Promise<void>
}

/** Longer than a busy machine needs, ms. */
const patience = 120_000

/** The same server, another database. */
function urlOf(database: string, base = address): string {
	const url = new URL(base)
	url.pathname = `/${database}`
	return url.href
}

function serverAt(url: string): PostgresServer {
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
export async function testDatabase(
	name = `kith_test_${randomBytes(8).toString('hex')}`,
	base = address,
): Promise<TestDatabase> {
	const url = urlOf(name, base)
	const there = await ask(base, 'SELECT 1 FROM pg_database WHERE datname = $1', [name])
	if (there.length === 0) await ask(base, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
	return {
		url,
		server: serverAt(url),
		query: (sql, values) => ask(url, sql, values),
		until: async (sql) => {
			const ends = Date.now() + patience
			while ((await ask(url, sql)).length === 0) if (Date.now() > ends) throw new Error(`never true: ${sql}`)
		},
		rows: async () => {
			const tables = await ask<{ name: string }>(
				url,
				"SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
			)
			const all = tables.map(({ name }) => `SELECT '${name} ' || t::text AS row FROM "${name}" t`).join(' UNION ALL ')
			return (await ask<{ row: string }>(url, all)).map(({ row }) => row)
		},
		empty: async () => void (await ask(url, emptyAll)),
		drop: async () => void (await ask(base, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
	}
}

export async function isPostgresHere(): Promise<boolean> {
	try {
		await ask(address, 'SELECT 1')
		return true
	} catch {
		return false
	}
}
