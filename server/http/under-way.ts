/** Requests that are being answered: their connection may be cut, and what they do goes on until it is done. */
import type { Api } from './api.ts'

export interface CountedApi {
	readonly api: Api
	/** Resolves when none is under way. */
	drained(): Promise<void>
}

export function countUnderWay(api: Api): CountedApi {
	const underWay = new Set<Promise<Response>>()
	return {
		api: (request, peer) => {
			const answered = api(request, peer)
			const forget = () => void underWay.delete(answered)
			underWay.add(answered)
			answered.then(forget, forget)
			return answered
		},
		drained: async () => {
			while (underWay.size > 0) await Promise.allSettled(underWay)
		},
	}
}
