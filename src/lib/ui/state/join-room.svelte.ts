/** A link into a room that somebody opened: looked at, not yet acted on. */
import type { Commands, KithApi, KithError, RoomPreview } from '#core/api.ts'

type Read = Awaited<ReturnType<Commands['readRoomLink']>>
export type RoomLink = Extract<Read, { ok: true }>['value']

export type RoomLinkState =
	| { readonly type: 'reading' }
	| { readonly type: 'read'; readonly room: RoomPreview }
	| { readonly type: 'broken'; readonly error: KithError }

export class JoinRoomLink {
	state = $state.raw<RoomLinkState>({ type: 'reading' })

	#api: KithApi
	#last = ''

	constructor(api: KithApi) {
		this.#api = api
	}

	/** Asks the server; the answer to an older question is dropped. */
	async look(url: string): Promise<void> {
		this.#last = url
		const result = await this.#api.previewRoom({ url })
		if (this.#last !== url) return
		this.state = result.ok ? { type: 'read', room: result.value } : { type: 'broken', error: result.error }
	}
}
