/** What is too large for the first screen: loaded when somebody asks for it, once. */
export interface LoadedApart<T> {
	/** Null until it is loaded. */
	readonly now: () => T | null
	/** Loads once; null where that fails (offline before the first visit was complete), and the next call tries again. */
	readonly load: () => Promise<T | null>
}

export function loadedApart<T>(importIt: () => Promise<T>): LoadedApart<T> {
	let loaded: T | null = null
	let loading: Promise<T> | null = null
	return {
		now: () => loaded,
		load: () => {
			loading ??= importIt().then((it) => (loaded = it))
			return loading.catch(() => {
				loading = null
				return null
			})
		},
	}
}
