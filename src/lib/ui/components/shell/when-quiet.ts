/**
 * What the app will want in a while is fetched when the first screen stands and nobody waits for anything. Returns how to
 * give it up.
 */
const restMs = 1_500

export function whenQuiet(run: () => void, afterMs = restMs): () => void {
	let idle = 0
	const timer = setTimeout(() => {
		// Safari has no idle callback.
		if (typeof requestIdleCallback === 'function') idle = requestIdleCallback(run, { timeout: 5_000 })
		else run()
	}, afterMs)
	return () => {
		clearTimeout(timer)
		if (idle !== 0) cancelIdleCallback(idle)
	}
}
