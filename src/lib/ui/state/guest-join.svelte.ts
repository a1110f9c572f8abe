/** From a guest to somebody in the room: an account is there, the room is joined, and the message is here that was being read. */
import type { ConversationId, EventId, KithApi } from '#core/api.ts'
import { Task } from './task.svelte.ts'

/** What is older comes when it is scrolled to; nobody waits longer for it, ms. */
const patience = 8_000

export class GuestJoin {
	readonly task = new Task()
	#api: KithApi

	constructor(api: KithApi) {
		this.#api = api
	}

	/** False where the room was not joined: the error is the task's. */
	async join(conversation: ConversationId, at: EventId | null): Promise<boolean> {
		const joined = await this.task.run(() => this.#api.joinRoom({ conversation }))
		if (joined.ok && at !== null) await this.#arrived(conversation, at)
		return joined.ok
	}

	/** The message has come to this device. */
	#arrived(conversation: ConversationId, around: EventId): Promise<void> {
		return new Promise((resolve) => {
			let stop = () => {}
			const done = () => {
				clearTimeout(timer)
				resolve()
				queueMicrotask(() => stop())
			}
			const timer = setTimeout(done, patience)
			stop = this.#api.watch('history', { conversation, around, before: 0, after: 0 }, (run) => {
				if (run !== null) done()
			})
		})
	}
}
