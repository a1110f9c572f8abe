/**
 * Holds what the reader looks at in its place while messages come in above or below. The scroller is a column-reverse box, so
 * that its zero is the newest message and growing content keeps the lower end by itself; everything else is done here,
 * the same way in every browser (the scroller has `overflow-anchor: none`).
 */
const atBottomPx = 40

export class ScrollKeeper {
	readonly #scroller: HTMLElement
	#anchor: { key: string; top: number } | null = null

	constructor(scroller: HTMLElement) {
		this.#scroller = scroller
	}

	/** The lower end is on screen, or so near that the reader means it. */
	get atBottom(): boolean {
		return this.#scroller.scrollTop > -atBottomPx
	}

	/** Pixels between the upper end of the content and the upper edge. */
	get aboveView(): number {
		return this.#scroller.scrollHeight - this.#scroller.clientHeight + this.#scroller.scrollTop
	}

	get belowView(): number {
		return -this.#scroller.scrollTop
	}

	/** Before rows change: which message stands where. */
	remember(): void {
		this.#anchor = null
		if (this.atBottom) return
		const edge = this.#scroller.getBoundingClientRect().top
		for (const row of this.#rows()) {
			const { top, bottom } = row.getBoundingClientRect()
			if (bottom <= edge) continue
			this.#anchor = { key: row.dataset['key'] ?? '', top }
			return
		}
	}

	/** After rows changed: the same message at the same place, or the lower end. */
	restore(): void {
		if (this.#anchor === null) return
		const row = this.#row(this.#anchor.key)
		const drift = row === null ? 0 : row.getBoundingClientRect().top - this.#anchor.top
		// Writing what is there already would end a scroll that is under way.
		if (Math.abs(drift) >= 0.5) this.#scroller.scrollTop += drift
		this.#anchor = null
	}

	toBottom(smooth: boolean): void {
		// Rows may be about to change; whoever goes down gives up the place that was remembered.
		this.#anchor = null
		this.#scroller.scrollTo({ top: 0, behavior: smooth ? 'smooth' : 'instant' })
	}

	/** Scrolls up to an element that lies above the view, leaving a little of what was before it. */
	reveal(element: HTMLElement): void {
		const gap = element.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top
		if (gap < 0) this.#scroller.scrollTop += gap - this.#scroller.clientHeight * 0.15
	}

	/** Brings a message to the middle; the row, or null when it is not in the page. */
	center(key: string, smooth: boolean): HTMLElement | null {
		this.#anchor = null
		const row = this.#row(key)
		row?.scrollIntoView({ block: 'center', behavior: smooth ? 'smooth' : 'instant' })
		return row
	}

	/** Key of the last message that is wholly on screen. */
	lastVisible(): string | null {
		const edge = this.#scroller.getBoundingClientRect().bottom + 1
		for (const row of [...this.#rows()].reverse()) {
			if (row.getBoundingClientRect().bottom <= edge) return row.dataset['key'] ?? null
		}
		return null
	}

	#rows(): NodeListOf<HTMLElement> {
		return this.#scroller.querySelectorAll<HTMLElement>('[data-key]')
	}

	#row(key: string): HTMLElement | null {
		return this.#scroller.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
	}
}
