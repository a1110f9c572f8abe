/** A friend link that somebody opened: read, not yet acted on. */
import type { Commands, KithApi, KithError } from '#core/api.ts'

type Read = Awaited<ReturnType<Commands['readLink']>>
export type FriendLink = Extract<Read, { ok: true }>['value']

export type LinkState =
	| { readonly type: 'reading' }
	| { readonly type: 'read'; readonly link: FriendLink }
	| { readonly type: 'broken'; readonly error: KithError }

export class JoinLink {
	state = $state.raw<LinkState>({ type: 'reading' })

	#api: KithApi
	#last = ''

	constructor(api: KithApi) {
		this.#api = api
	}

	/** Reads `url`; the answer to an older question is dropped. */
	async read(url: string): Promise<void> {
		this.#last = url
		const result = await this.#api.readLink({ url })
		if (this.#last !== url) return
		this.state = result.ok ? { type: 'read', link: result.value } : { type: 'broken', error: result.error }
	}
}
