/** The own e-mail address in the settings: what the server has of it, and what the person does with it. */
import type { EmailView, KithApi } from '#core/api.ts'
import { Task, type Answer } from './task.svelte.ts'

export class EmailAddress {
	/** Null until the server has answered. */
	own = $state.raw<EmailView | null>(null)
	/** What is typed over the address that stands; null while nothing is. */
	typed = $state<string | null>(null)
	readonly task = new Task()

	#api: KithApi

	constructor(api: KithApi) {
		this.#api = api
	}

	get text(): string {
		return this.typed ?? this.own?.pending ?? this.own?.address ?? ''
	}

	/** Something else is typed than what is confirmed. */
	get changed(): boolean {
		const text = this.text.trim().toLowerCase()
		return text !== '' && text !== this.own?.address
	}

	async load(): Promise<void> {
		const answer = await this.task.run(() => this.#api.email())
		if (answer.ok) this.own = answer.value
	}

	/** True when a confirmation is on its way. */
	async send(): Promise<boolean> {
		const address = this.text.trim()
		const sent = await this.task.run(() => this.#api.setEmail({ address }))
		if (sent.ok) await this.#reload()
		return sent.ok
	}

	async remove(): Promise<Answer<unknown>> {
		const removed = await this.#api.setEmail({ address: null })
		if (removed.ok) await this.#reload()
		return removed
	}

	async #reload(): Promise<void> {
		await this.load()
		if (this.task.error === null) this.typed = null
	}
}
