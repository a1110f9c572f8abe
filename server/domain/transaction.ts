/** A decision and its writes as one: what is refused leaves nothing behind. */
import { ok } from '#protocol/result.ts'
import type { AfterCommit, Repositories, UnitOfWork } from './ports.ts'
import type { Decided, Refused } from './refusal.ts'

export interface Transaction {
	readonly repositories: Repositories
	readonly afterCommit: AfterCommit
}

/** Thrown inside to roll back, caught below. */
class RollBack extends Error {
	readonly refused: Refused

	constructor(refused: Refused) {
		super('refused')
		this.refused = refused
	}
}

/** Commits when `decide` answers ok, rolls back when it refuses. */
export async function decideInTransaction<T>(
	unitOfWork: UnitOfWork,
	decide: (transaction: Transaction) => Promise<Decided<T>>,
): Promise<Decided<T>> {
	try {
		return await unitOfWork.transaction(async (repositories, afterCommit) => {
			const decided = await decide({ repositories, afterCommit })
			if (!decided.ok) throw new RollBack(decided)
			return ok(decided.value)
		})
	} catch (error) {
		if (error instanceof RollBack) return error.refused
		throw error
	}
}
