/** For the doctor, which looks at a database beside the server: where devices are woken. */
import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { Client } from 'pg'
import type { PostgresServer } from '#server/config-addresses.ts'
import { clientOptions } from './postgres/connection.ts'

const sql = 'SELECT endpoint FROM push_subscriptions'

/** None where there is no such table yet: it comes with the next start. */
export function endpointsInSqlite(file: string): string[] {
	if (!existsSync(file)) return []
	const database = new Database(file, { readonly: true })
	try {
		return (database.prepare(sql).all() as { endpoint: string }[]).map(({ endpoint }) => endpoint)
	} catch {
		return []
	} finally {
		database.close()
	}
}

/** None where the database does not answer: that is another finding. */
export async function endpointsInPostgres(server: PostgresServer): Promise<string[]> {
	const client = new Client({ ...clientOptions(server), query_timeout: 30_000 })
	client.on('error', () => undefined)
	try {
		await client.connect()
		return (await client.query<{ endpoint: string }>(sql)).rows.map(({ endpoint }) => endpoint)
	} catch {
		return []
	} finally {
		await client.end().catch(() => undefined)
	}
}
