/** What the doctor asks a PostgreSQL database. Changes nothing: what is written to try it is taken back. */
import { Client } from 'pg'
import type { PostgresServer } from '#server/config-addresses.ts'
import { clientOptions } from './connection.ts'
import { sentenceAbout } from './failures.ts'
import { migrationsIn, type MigrationState } from './migrate.ts'

export interface PostgresLook {
	/** `16.2`. */
	readonly version: string
	readonly migrations: MigrationState
	/** There is a Kith in it, and no move into it that was not finished. */
	readonly contents: 'nothing' | 'unfinished-move' | 'kith'
	/** Settings that let a power cut take what was acknowledged, and are off. */
	readonly unsafe: readonly string[]
	/** Null: it takes writes; else the database's code for why not. */
	readonly refusesWrites: string | null
	readonly bytes: number
	/** ms: its clock, and that of the newest event; null before the first. */
	readonly now: number
	readonly newestEventAt: number | null
	/** Files of people that must be there, in hexadecimal, and how much of each. */
	readonly files: readonly { readonly blob: string; readonly received: number }[]
}

/** Rejects with one sentence where the database cannot be had. */
export async function lookAtPostgresDatabase(server: PostgresServer): Promise<PostgresLook> {
	const client = new Client({ ...clientOptions(server), query_timeout: 30_000 })
	client.on('error', () => undefined)
	try {
		await client.connect()
		return await look(client)
	} catch (error) {
		throw new Error(sentenceAbout(error, server), { cause: error })
	} finally {
		await client.end().catch(() => undefined)
	}
}

async function look(client: Client): Promise<PostgresLook> {
	const one = async <T extends object>(sql: string): Promise<T> => (await client.query<T>(sql)).rows[0] as T
	const facts = await one<{ version: string; bytes: number; now: number }>(
		`SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
		 pg_database_size(current_database())::float8 AS bytes, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
	)
	const { rows: off } = await client.query<{ name: string }>(
		"SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name",
	)
	const there = await one<{ kith: boolean; move: boolean }>(
		"SELECT to_regclass('instance_facts') IS NOT NULL AS kith, to_regclass('kith_move') IS NOT NULL AS move",
	)
	const contents = there.move ? 'unfinished-move' : there.kith ? 'kith' : 'nothing'
	const migrations = await migrationsIn(client)
	const common = { ...facts, migrations, contents, unsafe: off.map(({ name }) => name) } as const
	if (contents !== 'kith') return { ...common, refusesWrites: null, newestEventAt: null, files: [] }
	const { at } = await one<{ at: number | null }>('SELECT max(last_at)::float8 AS at FROM conversation_counters')
	const { rows: files } = await client.query<{ blob: string; received: number }>(
		"SELECT encode(blob, 'hex') AS blob, received::float8 AS received FROM blobs WHERE received > 0",
	)
	return { ...common, refusesWrites: await tryWriting(client), newestEventAt: at, files }
}

async function tryWriting(client: Client): Promise<string | null> {
	try {
		await client.query("BEGIN; DELETE FROM instance_facts WHERE fact = ''")
		return null
	} catch (error) {
		return (error as { code?: string }).code ?? 'no answer'
	} finally {
		await client.query('ROLLBACK').catch(() => undefined)
	}
}
