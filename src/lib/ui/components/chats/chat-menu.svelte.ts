/** Which row of the list has its menu open, where, and to what the keyboard goes back. */

/** `mute`: for how long. */
type MenuPage = 'chat' | 'mute'

interface OpenMenu {
	readonly page: MenuPage
	readonly conversation: string
	/** Viewport pixels. */
	readonly at: { readonly x: number; readonly y: number }
}

export class ChatMenu {
	open = $state.raw<OpenMenu | null>(null)
	#back: HTMLElement | null = null
	#last: OpenMenu | null = null

	/** Asked for by the pointer, or by a key, which tells no place. */
	show(event: MouseEvent): void {
		const row = rowOf(event.target)
		if (row === null) return
		event.preventDefault()
		if (event.clientX === 0 && event.clientY === 0) this.under(row)
		else this.#show(row, { x: event.clientX, y: event.clientY })
	}

	/** Below the row that this lies in. */
	under(target: EventTarget | null): void {
		const row = rowOf(target)
		if (row === null) return
		const { left, bottom } = row.getBoundingClientRect()
		this.#show(row, { x: left + 16, y: bottom })
	}

	of(conversation: string, button: HTMLElement): void {
		const { left, bottom } = button.getBoundingClientRect()
		this.#back = button
		this.open = { page: 'chat', conversation, at: { x: left, y: bottom + 4 } }
	}

	close(): void {
		this.#last = this.open
		this.open = null
		this.#back?.focus()
	}

	/** What was closed a moment ago goes on with another question. */
	goOn(page: MenuPage): void {
		this.open = this.#last === null ? null : { ...this.#last, page }
	}

	#show(row: HTMLElement, at: OpenMenu['at']): void {
		this.#back = row
		this.open = { page: 'chat', conversation: row.dataset['chat'] ?? '', at }
	}
}

function rowOf(target: EventTarget | null): HTMLElement | null {
	return target instanceof Element ? target.closest<HTMLElement>('[data-chat]') : null
}
