/** Requests that are being answered: their connection may be cut, and what they do goes on until it is done. */
import type { Timers } from '#protocol/ports.ts'
import type { Api } from './api.ts'

export interface CountedApi {
	readonly api: Api
	/** Resolves when none is under way, or when whoever stops has waited long enough. */
	drained(): Promise<void>
}

/** One that takes longer waits for what does not come, ms. */
const patience = 2_000

export function countUnderWay(api: Api, timers: Timers): CountedApi {
	const underWay = new Set<Promise<Response>>()
	return {
		api: (request, peer) => {
			const answered = api(request, peer)
			const forget = () => void underWay.delete(answered)
			underWay.add(answered)
			answered.then(forget, forget)
			return answered
		},
		drained: () =>
			new Promise((resolve) => {
				const cancel = timers.after(patience, resolve)
				void Promise.allSettled(underWay).then(() => {
					cancel()
					resolve()
				})
			}),
	}
}
