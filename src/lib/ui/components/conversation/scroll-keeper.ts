/**
 * Holds what the reader looks at in its place while messages come in above or below. The scroller is a column-reverse box, so
 * that its zero is the newest message and growing content keeps the lower end by itself; everything else is done here,
 * the same way in every browser (the scroller has `overflow-anchor: none`).
 */
const atBottomPx = 40

export class ScrollKeeper {
	readonly #scroller: HTMLElement
	readonly #list: Element
	#anchor: { row: Element; top: number } | null = null

	/** `list`: the one element in the scroller; rows and dividers are its children. */
	constructor(scroller: HTMLElement, list: Element) {
		this.#scroller = scroller
		this.#list = list
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
		const { children } = this.#list
		let index = this.#indexEndingBelow(this.#scroller.getBoundingClientRect().top)
		while (index < children.length && keyOf(children[index]) === null) index += 1
		const row = children[index]
		if (row !== undefined) this.#anchor = { row, top: row.getBoundingClientRect().top }
	}

	/** After rows changed: the same message at the same place, or the lower end. */
	restore(): void {
		if (this.#anchor === null) return
		const { row, top } = this.#anchor
		const drift = row.isConnected ? row.getBoundingClientRect().top - top : 0
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
		const { children } = this.#list
		let index = this.#indexEndingBelow(this.#scroller.getBoundingClientRect().bottom + 1) - 1
		while (index >= 0 && keyOf(children[index]) === null) index -= 1
		return keyOf(children[index])
	}

	/** What stands in the list stands one below the other, so few need to be asked; as many as there are when all end above. */
	#indexEndingBelow(edge: number): number {
		const { children } = this.#list
		let [low, high] = [0, children.length]
		while (low < high) {
			const middle = (low + high) >> 1
			if ((children[middle] as Element).getBoundingClientRect().bottom > edge) high = middle
			else low = middle + 1
		}
		return low
	}

	#row(key: string): HTMLElement | null {
		return this.#scroller.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
	}
}

/** Of a message; null for what else stands in the list. */
function keyOf(element: Element | undefined): string | null {
	return element?.getAttribute('data-key') ?? null
}
