/**
 * Transactions on the one writing connection, one after the other: BEGIN IMMEDIATE, the caller's work, COMMIT.
 * The queue is what makes an `await` inside a transaction safe: nobody else can use the connection meanwhile.
 */
import type { Repositories, UnitOfWork } from '#server/domain/ports.ts'
import type { Connection } from './connection.ts'

export function sqliteUnitOfWork(writer: Connection, repositories: Repositories): UnitOfWork {
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
					if (database.inTransaction) database.exec('ROLLBACK')
					throw error
				}
				for (const action of actions) action()
				return result
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
