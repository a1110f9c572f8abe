/** Work on one thing follows the work before it, in the order in which it came; work on other things goes beside it. */
export type OneAtATime = <T>(key: string, work: () => Promise<T>) => Promise<T>

export function oneAtATime(): OneAtATime {
	/** The end of each thing's last work; never rejects. */
	const ends = new Map<string, Promise<void>>()
	return (key, work) => {
		const mine = (ends.get(key) ?? Promise.resolve()).then(work)
		const end = mine
			.then(
				() => undefined,
				() => undefined,
			)
			.finally(() => {
				if (ends.get(key) === end) ends.delete(key)
			})
		ends.set(key, end)
		return mine
	}
}
