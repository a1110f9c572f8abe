/** Waits for what a client shows. */
import type { KithApi, Views } from '#core/api.ts'
import type { Result } from '#protocol/result.ts'

/** Longer than anything takes on a slow machine, ms. */
const patience = 60_000

export function must<T>(result: Result<T, unknown>): T {
	if (!result.ok) throw new Error(`The demo met a refusal: ${JSON.stringify(result.error)}`)
	return result.value
}

export interface Wanted<V extends keyof Views> {
	readonly view: V
	readonly of: Views[V]['of']
	readonly is: (value: Views[V]['view']) => boolean
}

export function until<V extends keyof Views>(api: KithApi, { view, of, is }: Wanted<V>): Promise<Views[V]['view']> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			stop()
			reject(new Error(`The demo waited in vain for ${view}.`))
		}, patience)
		const stop = api.watch(view, of, (value) => {
			if (!is(value)) return
			clearTimeout(timer)
			// The first call may come before `watch` has returned.
			queueMicrotask(() => stop())
			resolve(value)
		})
	})
}
