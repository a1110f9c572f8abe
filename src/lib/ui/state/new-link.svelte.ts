/** A link into a room that somebody is about to make. */
import type { Commands, KithApi } from '#core/api.ts'
import type { Answer } from './task.svelte.ts'

const dayMs = 24 * 60 * 60_000

export class NewLinkForm {
	/** Whom it is for: people with an account here, or who make one by it. */
	audience = $state<'here' | 'new'>('here')
	role = $state<'member' | 'reader'>('member')
	uses = $state<'1' | '3' | '5' | '10' | 'any'>('any')
	days = $state<'1' | '7' | '30' | 'any'>('7')
	/** New people whom one may still bring in; null: as many as one likes, or not known. */
	left = $state<number | null>(null)

	#api: KithApi
	#conversation: string

	constructor(api: KithApi, conversation: string) {
		this.#api = api
		this.#conversation = conversation
	}

	async ask(): Promise<void> {
		const answer = await this.#api.invitesLeft()
		if (answer.ok) this.left = answer.value.left
	}

	aim(audience: 'here' | 'new'): void {
		this.audience = audience
		this.uses = audience === 'new' ? '1' : 'any'
		this.days = '7'
	}

	async make(): Promise<Answer<{ url: string }>> {
		const conversation = this.#conversation
		const days = this.days === 'any' ? null : Number(this.days)
		const uses = this.uses === 'any' ? null : Number(this.uses)
		if (this.audience === 'new') return this.#api.createWelcomeLink({ conversation, uses: uses ?? 1, days: days ?? 30 })
		const terms: Parameters<Commands['createGroupLink']>[0] = {
			...{ conversation, role: this.role, uses },
			expires: days === null ? null : Date.now() + days * dayMs,
		}
		return this.#api.createGroupLink(terms)
	}
}
