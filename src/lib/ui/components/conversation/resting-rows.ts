/**
 * Rows far from view cost nothing while they rest: `MessageRow` gives a row that carries `data-rests` to the browser's
 * `content-visibility`. It may rest when it has stood in the page for a whole frame: by then the browser remembers its
 * size, so that nothing moves when it is skipped or drawn again. It begins to out of view, because a browser takes what
 * begins in view for something that moved. A row that draws something else starts anew.
 */
const attribute = 'data-rests'

/** An attachment: whatever `changes` reads wakes the row. */
export function restsWhile(changes: () => unknown): (row: HTMLElement) => void {
	return (row) => {
		changes()
		row.removeAttribute(attribute)
	}
}

export class RestingRows {
	readonly #scroller: Element
	readonly #list: Element
	/** Stood in the page at the beginning of the last frame. */
	#seen = new Set<Element>()
	/** Stood there for the whole of it, far from view. */
	#ready: readonly Element[] = []

	/** `list`: rows are among its children. */
	constructor(scroller: Element, list: Element) {
		this.#scroller = scroller
		this.#list = list
	}

	/** At the beginning of a frame, before rows change. True while some wait for the next. */
	see(): boolean {
		const awake = [...this.#list.children].filter((one) => one.hasAttribute('data-key') && !one.hasAttribute(attribute))
		const { top, bottom, height } = this.#scroller.getBoundingClientRect()
		const far = awake.filter((row) => {
			const place = row.getBoundingClientRect()
			return place.bottom < top - height || place.top > bottom + height
		})
		this.#ready = far.filter((row) => this.#seen.has(row))
		this.#seen = new Set(awake)
		return far.length > 0
	}

	/** What is ready rests. It changes the layout: best just before other rows do, or when none will. */
	rest(): void {
		for (const row of this.#ready) row.setAttribute(attribute, '')
		this.#ready = []
	}

	/** Every size may be another. */
	wake(): void {
		this.#seen.clear()
		this.#ready = []
		for (const row of this.#list.children) row.removeAttribute(attribute)
	}
}
