/**
 * What was redacted leaves the table of events: dead rows go, and their room is given to the next ones. PostgreSQL does not
 * overwrite that room at once, and its log keeps what was written until it is recycled: docs/operator.md says so.
 */
import type { Pool, PoolClient } from 'pg'

/** A large table takes its time. */
const vacuumWithinMs = 60 * 60_000
/** How often it is looked whether those who read have ended, and how long between, s. */
const looksMax = 20
const lookEverySeconds = 0.05

/** False: somebody reads what was there before, and so long nothing of it can go. */
export async function scrubEvents(pool: Pool): Promise<boolean> {
	const client = await pool.connect()
	let failed = true
	try {
		const isDone = await olderOnesEnd(client)
		await client.query({ text: 'VACUUM (TRUNCATE false) events', query_timeout: vacuumWithinMs } as { text: string })
		failed = false
		return isDone
	} finally {
		client.release(failed)
	}
}

/** Waits a second at most for the transactions that were there first. */
async function olderOnesEnd(client: PoolClient): Promise<boolean> {
	const now = await client.query<{ xid: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid')
	for (let looks = 0; looks < looksMax; looks++) {
		const { rows } = await client.query<{ older: boolean }>(
			`SELECT EXISTS (
				SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
				AND age(backend_xmin) > age($1::xid8::xid)
			) AS older`,
			[now.rows[0]?.xid],
		)
		if (rows[0]?.older === false) return true
		await client.query('SELECT pg_sleep($1)', [lookEverySeconds])
	}
	return false
}
