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

	/** `list`: the one element in the scroller; its children are blocks of rows and dividers. */
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
		let row = this.#firstEndingBelow(this.#scroller.getBoundingClientRect().top)
		while (row !== null && keyOf(row) === null) row = neighbour(row, 1)
		if (row !== null) this.#anchor = { row, top: row.getBoundingClientRect().top }
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
		const below = this.#firstEndingBelow(this.#scroller.getBoundingClientRect().bottom + 1)
		let row = below === null ? lastRow(this.#list) : neighbour(below, -1)
		while (row !== null && keyOf(row) === null) row = neighbour(row, -1)
		return row === null ? null : keyOf(row)
	}

	/** Row or divider; null when all end above. In a block that is skipped for being far from view nothing is measured. */
	#firstEndingBelow(edge: number): Element | null {
		const block = firstEndingBelow(this.#list, edge)
		if (block === null || !isBlock(block)) return block
		return firstEndingBelow(block, edge) ?? neighbour(block, 1)
	}

	#row(key: string): HTMLElement | null {
		return this.#scroller.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
	}
}

/** Of a message; null for what else stands in the list. */
function keyOf(element: Element): string | null {
	return element.getAttribute('data-key')
}

function isBlock(element: Element): boolean {
	return element.hasAttribute('data-block')
}

/** What stands in `parent` stands one below the other, so few need to be asked. */
function firstEndingBelow({ children }: Element, edge: number): Element | null {
	let [low, high] = [0, children.length]
	while (low < high) {
		const middle = (low + high) >> 1
		if ((children[middle] as Element).getBoundingClientRect().bottom > edge) high = middle
		else low = middle + 1
	}
	return children[low] ?? null
}

function lastRow(list: Element): Element | null {
	const last = list.lastElementChild
	return last !== null && isBlock(last) ? last.lastElementChild : last
}

/** The next row or divider in the list, or the one before, across blocks. */
function neighbour(row: Element, step: 1 | -1): Element | null {
	const beside = (one: Element) => (step === 1 ? one.nextElementSibling : one.previousElementSibling)
	const parent = row.parentElement
	const next = beside(row) ?? (parent !== null && isBlock(parent) ? beside(parent) : null)
	if (next === null || !isBlock(next)) return next
	return step === 1 ? next.firstElementChild : next.lastElementChild
}
