/**
 * The storage as long as one session lives. What is still under way when it ends writes nothing any more: else it would
 * come after the wipe of a sign-out, or into the store of whoever signs in next.
 */
import { StorageError, type Storage } from '#store/storage.ts'

export interface SessionStorage {
	readonly storage: Storage
	readonly end: () => void
}

export function createSessionStorage(storage: Storage): SessionStorage {
	let ended = false
	return {
		storage: {
			generation: storage.generation,
			transaction: (mode, stores, run) =>
				ended ? Promise.reject(new StorageError('closed')) : storage.transaction(mode, stores, run),
			close: () => storage.close(),
			destroy: () => storage.destroy(),
		},
		end: () => {
			ended = true
		},
	}
}

type Failed = (where: string, error: unknown) => void

/** What finds the storage of an ended session closed was only late, and is no failure. */
export function unlessLate(failed: Failed): Failed {
	return (where, error) => (error instanceof StorageError && error.type === 'closed' ? undefined : failed(where, error))
}
