/**
 * When the first screen stands: every view that was asked for has its first value, and the browser has drawn them. The window
 * sees it, and tells its worker, which leaves the network to itself until then.
 */
import type { Timers } from '#protocol/ports.ts'
import type { RpcTarget } from './rpc.ts'

/** Nothing is drawn in a tab that nobody looks at: then the worker waits no longer, ms. */
const waitMax = 2_000

export interface FirstScreen {
	readonly stands: Promise<void>
	readonly shown: () => void
}

/** The worker's side. */
export function createFirstScreen(timers: Timers): FirstScreen {
	const { promise, resolve } = Promise.withResolvers<void>()
	const cancel = timers.after(waitMax, resolve)
	return {
		stands: promise,
		shown: () => {
			cancel()
			resolve()
		},
	}
}

interface FirstScreenEnd {
	/** Once the frame that is made next can be seen. */
	readonly afterFrame: (run: () => void) => void
	/** Called once. */
	readonly shown: () => void
}

/** The window's side. What a value makes a screen ask for, it asks for before the next frame. */
export function tellingFirstScreen(target: RpcTarget, { afterFrame, shown }: FirstScreenEnd): RpcTarget {
	const waiting = new Set<object>()
	let told = false

	function look(): void {
		if (told || waiting.size > 0) return
		told = true
		shown()
	}

	function answered(watch: object): void {
		if (waiting.delete(watch) && !told && waiting.size === 0) afterFrame(look)
	}

	return {
		...target,
		watch: (view, of, listener) => {
			const watch = {}
			if (!told) waiting.add(watch)
			const stop = target.watch(view, of, (value) => {
				listener(value)
				answered(watch)
			})
			return () => {
				stop()
				answered(watch)
			}
		},
	}
}
