/** A whole server for tests: its own data folder, any free port, cheap password hashing. No web app is built or served. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { readConfig, type Config } from '#server/config.ts'
import { createInstance, type RunningInstance } from '#server/create-instance.ts'
import type { Log, LogFields } from '#server/domain/log.ts'
import { serve, type Serving } from '#server/serve.ts'
import type { Clock, RandomBytes } from '#protocol/ports.ts'
import { filesIn, type Place } from './leak-search.ts'
import { testDatabase, type TestDatabase } from './test-database.ts'

export interface LogLine {
	readonly level: 'debug' | 'info' | 'warn' | 'error'
	readonly event: string
	readonly fields: LogFields
}

export interface TestServer {
	readonly instance: RunningInstance
	readonly domain: RunningInstance['domain']
	readonly config: Config
	/** `http://localhost:<port>` */
	readonly origin: string
	readonly port: number
	readonly data: string
	/** What a command has to know besides the folder: how the server finds what is elsewhere. */
	readonly env: Readonly<Record<string, string>>
	readonly lines: readonly LogLine[]
	/** Of all events, in the order of their conversations, as they lie in the database. */
	storedItems(): Promise<Uint8Array[]>
	/** All that the server keeps: its files, and the rows of a database elsewhere. */
	kept(): Promise<Place[]>
	/** For the set-up link; null once there is an administrator. */
	setupToken(): Promise<string | null>
	/** Stops and keeps the data folder, for `restart` or another server on it. */
	stop(): Promise<void>
	/** Stops, keeps the data folder, and starts again on it. */
	restart(): Promise<TestServer>
	/** Stops and removes the data folder, and its database. */
	close(): Promise<void>
}

export interface TestServerOptions {
	/** Environment variables, over those of a test. */
	readonly env?: Readonly<Record<string, string>>
	readonly clock?: Clock
	readonly random?: RandomBytes
	readonly data?: string
	/** SQLite, unless KITH_TEST_DATABASE is the address of a PostgreSQL. */
	readonly database?: 'sqlite' | 'postgres'
}

/** Connections are kept: a test that worked for long must not meet its own request with their end. */
export const testServerEnvironment = {
	NODE_ENV: 'test',
	HOST: '127.0.0.1',
	KITH_OPAQUE_STRETCHING: 'cheap',
	KITH_KEEP_ALIVE_SECONDS: '3600',
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
	const data = options.data ?? (await mkdtemp(join(tmpdir(), 'kith-')))
	const database = await databaseOf(data, options)
	const where = { PORT: '0', KITH_DATA: data, DATABASE_URL: database?.url ?? '' }
	const config = readConfig({ ...testServerEnvironment, ...where, ...options.env })
	if (!config.ok) throw new Error(config.error.sentence)
	const lines: LogLine[] = []
	const { clock, random } = options
	const instance = await createInstance({
		...{ config: config.value, log: recordingLog(lines) },
		...(clock === undefined ? {} : { clock }),
		...(random === undefined ? {} : { random }),
	})
	const serving = await serve(instance, config.value)
	const { DATABASE_URL } = where
	let ended: Promise<void> | null = null
	const end = () => (ended ??= stop(serving))
	return {
		...{ instance, domain: instance.domain, config: config.value, data, lines, port: serving.port },
		env: DATABASE_URL === '' ? {} : { DATABASE_URL, ...redisOf(options) },
		origin: serving.origin,
		storedItems: async () => (await (database?.query<StoredItem>(itemsSql) ?? itemsIn(data))).map(({ bytes }) => bytes),
		kept: async () => {
			const rows = (await database?.rows()) ?? []
			return [...(await filesIn(data)), ...rows.map((row) => ({ name: 'a row', bytes: Buffer.from(row) }))]
		},
		setupToken: () => instance.domain.accounts.drawSetupToken(),
		stop: end,
		restart: async () => {
			await end()
			return startTestServer({ ...options, data })
		},
		close: async () => {
			await end()
			await rm(data, { recursive: true, force: true })
			await database?.drop()
		},
	}
}

function redisOf({ env }: TestServerOptions): { REDIS_URL?: string } {
	return env?.['REDIS_URL'] === undefined ? {} : { REDIS_URL: env['REDIS_URL'] }
}

interface StoredItem {
	readonly bytes: Uint8Array
}

const itemsSql = 'SELECT bytes FROM events ORDER BY conv, recv'

function itemsIn(data: string): StoredItem[] {
	const file = new Database(join(data, 'kith.sqlite'), { readonly: true })
	try {
		return file.prepare(itemsSql).all() as StoredItem[]
	} finally {
		file.close()
	}
}

/** One for each data folder: a server that comes back on it finds what it left. */
async function databaseOf(data: string, options: TestServerOptions): Promise<TestDatabase | null> {
	const elsewhere = process.env['KITH_TEST_DATABASE']
	const kind = options.database ?? (elsewhere === undefined ? 'sqlite' : 'postgres')
	const name = createHash('sha256').update(data).digest('hex').slice(0, 16)
	return kind === 'sqlite' ? null : testDatabase(`kith_test_${name}`, elsewhere)
}

function stop(serving: Serving): Promise<void> {
	const stopped = serving.stop()
	// Keep-alive connections of a test's fetch would hold the server for seconds.
	serving.cut()
	return stopped
}

export function recordingLog(lines: LogLine[]): Log {
	const record =
		(level: LogLine['level']) =>
		(event: string, fields: LogFields = {}) => {
			lines.push({ level, event, fields })
			if (level === 'error') process.stderr.write(`${event} ${String((fields.error as Error)?.stack ?? '')}\n`)
		}
	return { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') }
}
