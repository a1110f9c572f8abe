/** The real browser client with the real core behind it, and nothing else: driven from outside, call by call. */
import type { KithApi } from '#core/api.ts'
import { createBrowserClient } from '#platform/browser/client.ts'
import type { View } from '#tests/support/remote-api.ts'

export interface ConformancePage {
	/** A client on this origin's store; the one that was open is closed before. */
	readonly open: () => Promise<void>
	readonly close: () => Promise<void>
	readonly call: (command: string, input: unknown) => Promise<unknown>
	/** Values go to `window.told`. */
	readonly watch: (id: number, view: View, of: string | null) => void
	readonly unwatch: (id: number) => void
}

declare global {
	interface Window {
		conformance: ConformancePage
		told(id: number, value: unknown): Promise<void>
	}
}

let api: KithApi | null = null
const watches = new Map<number, () => void>()

function opened(): KithApi {
	if (api === null) throw new Error('no client is open')
	return api
}

async function close(): Promise<void> {
	watches.clear()
	await api?.close()
	api = null
}

window.conformance = {
	open: async () => {
		await close()
		api = createBrowserClient({
			onTrouble: (trouble) => {
				throw new Error(`the client is in trouble: ${JSON.stringify(trouble)}`)
			},
		})
	},
	close,
	call: (command, input) => (opened()[command as keyof KithApi] as (input: unknown) => Promise<unknown>)(input),
	watch: (id, view, of) => {
		watches.set(
			id,
			opened().watch(view, of as never, (value) => void window.told(id, value)),
		)
	},
	unwatch: (id) => {
		watches.get(id)?.()
		watches.delete(id)
	},
}
