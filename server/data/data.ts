/** What a database of either kind is to the composition root. */
import type { Repositories, UnitOfWork } from '#server/domain/ports.ts'

export interface Data {
	/** Reads of what is committed, beside any running transaction. */
	readonly repositories: Repositories
	readonly unitOfWork: UnitOfWork
	/** After what is under way. */
	close(): Promise<void> | void
}
