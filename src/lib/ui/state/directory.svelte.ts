/** Open rooms of this server, as it told them last. Asked again when it says that something has changed. */
import type { KithApi, KithError, RoomView } from '#core/api.ts'

export class Directory {
	/** Null until the first answer. */
	rooms = $state.raw<readonly RoomView[] | null>(null)
	/** Of the last question; what was told before stays. */
	error = $state.raw<KithError | null>(null)

	#api: KithApi

	constructor(api: KithApi) {
		this.#api = api
	}

	async ask(): Promise<void> {
		const answer = await this.#api.openRooms()
		if (answer.ok) this.rooms = answer.value.toSorted((a, b) => b.online - a.online || a.name.localeCompare(b.name))
		this.error = answer.ok ? null : answer.error
	}

	/** Returns how to stop. */
	follow(): () => void {
		return this.#api.watch('directory', null, () => void this.ask())
	}
}
