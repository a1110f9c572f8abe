/** A link that somebody opened: looked at, not yet acted on. */
import type { Commands, KithError } from '#core/api.ts'
import type { Answer } from './task.svelte.ts'

type Read<C extends 'readLink' | 'readRoomLink'> = Extract<Awaited<ReturnType<Commands[C]>>, { ok: true }>['value']
export type FriendLink = Read<'readLink'>
export type RoomLink = Read<'readRoomLink'>

type OpenedLinkState<T> =
	| { readonly type: 'reading' }
	| { readonly type: 'read'; readonly value: T }
	| { readonly type: 'broken'; readonly error: KithError }

export class OpenedLink<T> {
	state = $state.raw<OpenedLinkState<T>>({ type: 'reading' })

	#ask: (url: string) => Promise<Answer<T>>
	#last = ''

	/** `ask`: what it leads to. */
	constructor(ask: (url: string) => Promise<Answer<T>>) {
		this.#ask = ask
	}

	/** The answer to an older question is dropped. */
	async look(url: string): Promise<void> {
		this.#last = url
		const result = await this.#ask(url)
		if (this.#last !== url) return
		this.state = result.ok ? { type: 'read', value: result.value } : { type: 'broken', error: result.error }
	}
}
