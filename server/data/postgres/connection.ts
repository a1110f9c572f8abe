/**
 * Connections to one PostgreSQL database: one that writes, replaced when it breaks, and a few that read what is committed.
 * What is acknowledged must survive a power cut, so `synchronous_commit` is never off here, whatever the database was set to.
 */
import { Pool, type ClientBase, type PoolConfig } from 'pg'
import type { PostgresServer } from '#server/config-addresses.ts'
import { values } from './values.ts'

export interface PostgresConnections {
	/** Has one connection. */
	readonly writer: Pool
	readonly reader: Pool
	close(): Promise<void>
}

export const postgresLimits = {
	/** Connections that read, of one node. */
	readers: 4,
	/** A transaction that waits for longer than this for another node's fails, ms. */
	lockWaitMs: 30_000,
	/** A node that stops within a transaction holds up the others for so long, ms. */
	idleInTransactionMs: 15_000,
} as const

const connectWithinMs = 10_000
const readerIdleMs = 5 * 60_000
/** A connection that says nothing for so long is broken. Longer than any wait for a lock. */
const answerWithinMs = 60_000

const session = [
	"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
	`SET lock_timeout = ${postgresLimits.lockWaitMs}`,
	`SET idle_in_transaction_session_timeout = ${postgresLimits.idleInTransactionMs}`,
	"SET default_transaction_isolation = 'read committed'",
	// A statement is planned once: to plan what a turn stores costs more than to store it.
	'SET plan_cache_mode = force_generic_plan',
].join(';')

export function openPostgres(server: PostgresServer): PostgresConnections {
	const common: PoolConfig = { ...clientOptions(server), query_timeout: answerWithinMs, onConnect: prepareSession }
	const writer = new Pool({ ...common, max: 1, idleTimeoutMillis: 0 })
	const reader = new Pool({ ...common, max: postgresLimits.readers, idleTimeoutMillis: readerIdleMs })
	// An idle connection that breaks leaves its pool by itself, and whoever asks next gets another.
	for (const pool of [writer, reader]) pool.on('error', () => undefined)
	return {
		writer,
		reader,
		close: async () => {
			await Promise.all([writer.end(), reader.end()])
		},
	}
}

export function clientOptions({ host, port, user, password, database, tls }: PostgresServer): PoolConfig {
	return {
		...{ host, port, database, types: values, connectionTimeoutMillis: connectWithinMs, keepAlive: true },
		...{ application_name: 'kith', ssl: tls === 'off' ? false : { rejectUnauthorized: tls === 'verified', host } },
		...(user === null ? {} : { user }),
		...(password === null ? {} : { password }),
	}
}

/** Before anybody is given the connection. */
async function prepareSession(client: ClientBase): Promise<void> {
	// Who uses it is told by his query; without a listener the process would end.
	client.on('error', () => undefined)
	await client.query(session)
}
