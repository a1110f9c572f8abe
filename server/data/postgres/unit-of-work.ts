/**
 * Transactions on the one writing connection of this node, one after the other, and by a lock of the database one after the other
 * among all nodes: what a transaction has read still holds when it commits, as with SQLite (docs/decisions/0300).
 *
 * A connection that breaks under a COMMIT leaves open whether it came through. That is asked before the next transaction begins:
 * what was committed is told then. Who waited for it was told that it failed, and asks again.
 */
import type { PoolClient, QueryResult } from 'pg'
import type { AfterCommit, Repositories, UnitOfWork } from '#server/domain/ports.ts'
import type { PostgresConnections } from './connection.ts'
import { isBroken, isConflict } from './failures.ts'
import { locks } from './locks.ts'
import { scrubEvents } from './scrub.ts'
import type { Stale } from '#server/domain/signals.ts'

type Run<T> = (repositories: Repositories, afterCommit: AfterCommit) => Promise<T>
type Actions = (() => void)[]

/** A commit whose answer never came. */
interface Unanswered {
	readonly xid: string
	readonly actions: Actions
}

const triesMax = 3
const rollBackWithinMs = 5_000
/** As many are kept: who has missed more knows nothing any more. */
const changesMax = 10_000

/** `since`: of the changes. A number of ours, and no input of anybody. */
const begin = (since: number) =>
	[
		...['BEGIN', `SELECT pg_advisory_xact_lock(${locks.writer})`, 'SELECT pg_current_xact_id()::text AS xid'],
		`SELECT seq::float8 AS seq, subject, encode(id, 'hex') AS id FROM changes WHERE seq > ${since} ORDER BY seq`,
	].join(';')

export interface PostgresUnitOfWorkOptions {
	readonly repositoriesOver: (client: PoolClient) => Repositories
	/** Where this node has read what changed, of itself and of others. */
	readonly changesRead: number
	/** What is kept of it was changed by a transaction before the one that begins now. */
	readonly stale: (stale: Stale) => void
}

export function postgresUnitOfWork(
	{ writer, reader }: PostgresConnections,
	{ repositoriesOver, changesRead, stale }: PostgresUnitOfWorkOptions,
): UnitOfWork & { drained(): Promise<void> } {
	let since = changesRead
	let last: Promise<unknown> = Promise.resolve()
	let unanswered: Unanswered | null = null

	const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
		const mine = last.then(work)
		last = mine.catch(() => undefined)
		return mine
	}

	/** The number by which the database says later what became of the transaction; what others changed before it is dropped here. */
	const begun = async (client: PoolClient): Promise<string> => {
		// Several statements have several results, which the types do not know.
		const results = (await client.query(begin(since))) as unknown as readonly [
			...[QueryResult, QueryResult],
			QueryResult<{ xid: string }>,
			QueryResult<Change>,
		]
		const changed = results[3].rows
		for (const one of changed.length < changesMax ? changed.map(staleBy) : [everything]) stale(one)
		since = changed.at(-1)?.seq ?? since
		return results[2].rows[0]?.xid ?? ''
	}

	/** The transaction before this one has ended, because it held the lock. */
	const settle = async (client: PoolClient): Promise<void> => {
		if (unanswered === null) return
		const { xid, actions } = unanswered
		const { rows } = await client.query<{ status: string }>('SELECT pg_xact_status($1::xid8) AS status', [xid])
		unanswered = null
		if (rows[0]?.status === 'committed') for (const action of actions) action()
	}

	const commit = async (client: PoolClient, open: Unanswered): Promise<void> => {
		const { command } = await client.query('COMMIT').catch((error: unknown) => {
			if (isBroken(error)) {
				unanswered = open
				void enqueue(() => once(async () => undefined)).catch(() => undefined)
			}
			throw error
		})
		// A statement had failed, and whoever asked for it went on.
		if (command !== 'COMMIT') throw new Error('the database has taken the transaction back')
	}

	const once = async <T>(run: Run<T>): Promise<T> => {
		const client = await writer.connect()
		let failure: unknown = null
		try {
			const xid = await begun(client)
			await settle(client)
			const actions: Actions = []
			const result = await run(repositoriesOver(client), (action) => actions.push(action))
			await commit(client, { xid, actions })
			for (const action of actions) action()
			return result
		} catch (error) {
			failure = error
			throw error
		} finally {
			client.release(failure !== null && !(await isRolledBack(client)))
		}
	}

	/** Nothing is told of a transaction before its commit: it may run again. */
	const retried = async <T>(run: Run<T>): Promise<T> => {
		for (let tries = 1; ; tries++) {
			try {
				return await once(run)
			} catch (error) {
				if (!isConflict(error) || tries === triesMax) throw error
			}
		}
	}

	return {
		transaction: (run) => enqueue(() => retried(run)),
		drained: () => enqueue(async () => undefined),
		scrub: () => scrubEvents(reader),
		checkWritable: () =>
			enqueue(async () => {
				const client = await writer.connect()
				try {
					await begun(client)
					await settle(client)
					await client.query("DELETE FROM instance_facts WHERE fact = ''")
				} finally {
					client.release(!(await isRolledBack(client)))
				}
			}),
	}
}

interface Change {
	readonly seq: number
	readonly subject: string
	/** Hexadecimal. */
	readonly id: string | null
}

const everything: Stale = { of: 'everything' }

/** What a later version notes, and this one does not know, may be anything. */
function staleBy({ subject, id }: Change): Stale {
	if (subject === 'friends') return { of: 'friends' }
	const isKnown = subject === 'account' || subject === 'conversation' || subject === 'device'
	if (!isKnown || id === null) return everything
	return { of: subject, id: Buffer.from(id, 'hex').toString('base64url') }
}

/** Where it is not, the connection is of no more use. */
async function isRolledBack(client: PoolClient): Promise<boolean> {
	try {
		await client.query({ text: 'ROLLBACK', query_timeout: rollBackWithinMs } as { text: string })
		return true
	} catch {
		return false
	}
}
