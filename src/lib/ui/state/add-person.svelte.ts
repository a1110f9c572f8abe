/** Adding somebody by whatever one has of them: a username, an e-mail address, or a link. */
import type { KithApi } from '#core/api.ts'
import { Task } from './task.svelte.ts'

export type Handle =
	| { readonly type: 'name'; readonly name: string }
	| { readonly type: 'address'; readonly address: string }
	| { readonly type: 'link'; readonly url: string }

/** Null: nothing is typed. What is none of the three is taken for a name, which the server refuses with its reason. */
export function handleOf(text: string): Handle | null {
	const typed = text.trim()
	if (typed === '' || typed === '@') return null
	if (typed.includes('#') || /^https?:/iu.test(typed)) return { type: 'link', url: typed }
	if (typed.includes('@', 1)) return { type: 'address', address: typed }
	return { type: 'name', name: typed.replace(/^@/u, '') }
}

export type Added =
	/** `name` null: asked by a link, which does not say it. */
	{ readonly type: 'asked'; readonly name: string | null; readonly friends: boolean } | MailedInvitation

export interface MailedInvitation {
	readonly type: 'invited'
	readonly address: string
	/** False: this server sends no mail. */
	readonly sent: boolean
	/** For whoever is not here. */
	readonly url: string
	readonly letsIn: boolean
}

export class AddPerson {
	text = $state('')
	/** The last invitation by mail, until the next try. */
	invited = $state.raw<MailedInvitation | null>(null)
	readonly task = new Task()

	#api: KithApi

	constructor(api: KithApi) {
		this.#api = api
	}

	get handle(): Handle | null {
		return handleOf(this.text)
	}

	/** Null: refused, with the reason in `task`; what was typed stays. */
	async add(): Promise<Added | null> {
		const { handle } = this
		if (handle === null) return null
		this.invited = null
		return handle.type === 'address' ? this.#invite(handle.address) : this.#request(handle)
	}

	async #request(handle: Exclude<Handle, { type: 'address' }>): Promise<Added | null> {
		const to = handle.type === 'name' ? { name: handle.name } : { url: handle.url }
		const result = await this.task.run(() => this.#api.requestFriend(to))
		if (!result.ok) return null
		this.text = ''
		const name = handle.type === 'name' ? handle.name : null
		return { type: 'asked', name, friends: result.value.state === 'accepted' }
	}

	async #invite(address: string): Promise<Added | null> {
		const result = await this.task.run(() => this.#api.inviteByEmail({ address }))
		if (!result.ok) return null
		this.text = ''
		this.invited = { type: 'invited', address, ...result.value }
		return this.invited
	}
}
