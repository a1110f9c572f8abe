/**
 * A KithApi that runs elsewhere: in a page of a real browser, in a process that will be killed. Whatever can carry a call
 * and a stream of values can be one.
 */
import type { KithApi, Views } from '#core/api.ts'

export type View = keyof Views

export interface RemoteEnd {
	readonly call: (command: string, input: unknown) => Promise<unknown>
	readonly watch: (view: View, of: string | null, listener: (value: unknown) => void) => () => void
	readonly close: () => Promise<void>
}

export function remoteApi(end: RemoteEnd): KithApi {
	const known: Record<string, unknown> = { watch: end.watch, close: end.close }
	return new Proxy({} as KithApi, {
		get: (_, name) =>
			typeof name === 'string' ? (known[name] ?? ((input: unknown) => end.call(name, input))) : undefined,
		// A client handed to an async function must not be taken for a promise.
		has: (_, name) => name !== 'then',
	})
}
