/**
 * Blocks of messages far from view cost nothing while they rest: `MessageList` gives a block that carries `data-rests` to
 * the browser's `content-visibility`. It may rest when it has stood unchanged in the page for a whole frame: by then the
 * browser remembers its size, so that nothing moves when it is skipped or drawn again. It begins to out of view, because a
 * browser takes what begins in view for something that moved. A block that draws something else starts anew.
 */
const attribute = 'data-rests'
/** Blocks that were drawn anew since they were seen last. */
const changed = new WeakSet<Element>()

/** An attachment: whatever `changes` reads wakes the block. */
export function restsWhile(changes: () => unknown): (block: HTMLElement) => void {
	return (block) => {
		changes()
		changed.add(block)
		block.removeAttribute(attribute)
	}
}

export class RestingRows {
	readonly #scroller: Element
	readonly #list: Element
	/** Stood in the page at the beginning of the last frame, as they stand now. */
	#seen = new Set<Element>()
	/** Stood there for the whole of it, far from view. */
	#ready: readonly Element[] = []

	/** `list`: blocks are among its children. */
	constructor(scroller: Element, list: Element) {
		this.#scroller = scroller
		this.#list = list
	}

	/** At the beginning of a frame, before rows change. True while some wait for the next. */
	see(): boolean {
		const awake = [...this.#list.children].filter(
			(one) => one.hasAttribute('data-block') && !one.hasAttribute(attribute),
		)
		const { top, bottom, height } = this.#scroller.getBoundingClientRect()
		const far = awake.filter((block) => {
			const place = block.getBoundingClientRect()
			return place.bottom < top - height || place.top > bottom + height
		})
		this.#ready = far.filter((block) => this.#seen.has(block) && !changed.has(block))
		this.#seen = new Set(awake)
		for (const block of awake) changed.delete(block)
		return far.length > 0
	}

	/** What is ready rests. It changes the layout: best just before other rows do, or when none will. */
	rest(): void {
		for (const block of this.#ready) block.setAttribute(attribute, '')
		this.#ready = []
	}

	/** Every size may be another. */
	wake(): void {
		this.#seen.clear()
		this.#ready = []
		for (const block of this.#list.children) block.removeAttribute(attribute)
	}
}
