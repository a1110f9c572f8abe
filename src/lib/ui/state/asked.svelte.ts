/** What the server is asked for while a screen is open: the last answer, whether one is on its way, and what went wrong. */
import type { KithError } from '#core/api.ts'
import { Task, type Answer } from './task.svelte.ts'

export class Asked<T> {
	/** Null until the first answer; kept while a newer one fails to come. */
	value = $state.raw<T | null>(null)
	readonly #task = new Task()
	readonly #ask: () => Promise<Answer<T>>

	constructor(ask: () => Promise<Answer<T>>) {
		this.#ask = ask
	}

	get busy(): boolean {
		return this.#task.busy
	}

	get error(): KithError | null {
		return this.#task.error
	}

	look = async (): Promise<void> => {
		const answer = await this.#task.run(this.#ask)
		if (answer.ok) this.value = answer.value
	}
}
