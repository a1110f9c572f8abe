/** The open rooms that a guest may read, as they were when they were asked for last. */
import type { GuestRoomView, KithApi, KithError } from '#core/api.ts'

export class GuestRooms {
	/** Null until the first answer. */
	list = $state.raw<readonly GuestRoomView[] | null>(null)
	error = $state.raw<KithError | null>(null)

	#api: KithApi

	constructor(api: KithApi) {
		this.#api = api
	}

	async load(): Promise<void> {
		const answer = await this.#api.guestRooms()
		this.error = answer.ok ? null : answer.error
		if (answer.ok) this.list = answer.value
	}
}
