/**
 * Transactions on the one writing connection, one after the other: BEGIN IMMEDIATE, the caller's work, COMMIT.
 * The queue is what makes an `await` inside a transaction safe: nobody else can use the connection meanwhile.
 */
import type { Repositories, UnitOfWork } from '#server/domain/ports.ts'
import type { Connection } from './connection.ts'

/** `takenBack`: what repositories remember of a transaction that was rolled back never was. */
export function sqliteUnitOfWork(writer: Connection, repositories: Repositories, takenBack: () => void): UnitOfWork {
	const database = writer.$client
	let last: Promise<unknown> = Promise.resolve()

	const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
		const mine = last.then(work)
		last = mine.catch(() => undefined)
		return mine
	}

	return {
		transaction: (run) =>
			enqueue(async () => {
				const actions: (() => void)[] = []
				database.exec('BEGIN IMMEDIATE')
				let result
				try {
					result = await run(repositories, (action) => actions.push(action))
					database.exec('COMMIT')
				} catch (error) {
					takenBack()
					if (database.inTransaction) database.exec('ROLLBACK')
					throw error
				}
				for (const action of actions) action()
				return result
			}),
		scrub: () =>
			// A reader in another process (a backup) would hold up everybody for as long as we were ready to wait for it.
			enqueue(async () => {
				const patience = database.pragma('busy_timeout', { simple: true }) as number
				database.pragma('busy_timeout = 0')
				try {
					const [{ busy }] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
					return busy === 0
				} finally {
					database.pragma(`busy_timeout = ${patience}`)
				}
			}),
		checkWritable: () =>
			enqueue(async () => {
				database.exec('BEGIN IMMEDIATE')
				try {
					database.exec('DELETE FROM instance_facts WHERE fact = \'\'')
				} finally {
					database.exec('ROLLBACK')
				}
			}),
	}
}
