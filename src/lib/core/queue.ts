/** Work in order: what runs under one name runs one after the other, whatever the outcome of the one before. */

export interface Queue {
	readonly run: <T>(name: string, work: () => Promise<T>) => Promise<T>
	/** Resolves when everything that was queued under `name` so far is done. */
	readonly idle: (name: string) => Promise<void>
}

export function createQueue(): Queue {
	const tails = new Map<string, Promise<unknown>>()

	async function idle(name: string): Promise<void> {
		await tails.get(name)?.catch(() => {})
	}

	return {
		run: (name, work) => {
			const before = tails.get(name) ?? Promise.resolve()
			const done = before.then(work, work)
			tails.set(name, done)
			const forget = () => {
				if (tails.get(name) === done) tails.delete(name)
			}
			done.then(forget, forget)
			return done
		},
		idle,
	}
}
