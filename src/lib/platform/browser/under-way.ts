/** Commands that were given and not yet answered: who leaves waits for them. */
export interface UnderWay {
	readonly add: (call: Promise<unknown>) => void
	/** Resolves when there is none left, however they ended. */
	readonly settled: () => Promise<void>
}

export function createUnderWay(): UnderWay {
	const calls = new Set<Promise<unknown>>()
	return {
		add: (call) => {
			const settled = call.catch(() => undefined)
			calls.add(settled)
			void settled.then(() => calls.delete(settled))
		},
		settled: async () => {
			while (calls.size > 0) await Promise.all(calls)
		},
	}
}
