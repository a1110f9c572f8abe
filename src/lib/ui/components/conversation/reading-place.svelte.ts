/**
 * Where the reader is in a conversation on screen: whether at its end, what came below since, and what a new position asks for
 * (more history, the read mark). The element is the scroller of `MessageList`; one place for one list.
 */
import { tick } from 'svelte'
import { prefersReducedMotion } from 'svelte/motion'
import type { OpenConversation } from '../../state/conversation.svelte.ts'
import { stepAfter } from '../../state/message-window.ts'
import { RestingRows } from './resting-rows.ts'
import { ScrollKeeper } from './scroll-keeper.ts'

/** Nearer than this to an end of the page's window, it is made longer. */
const nearPx = 1_400
/** Farther than this from the end, the way there is not scrolled through. */
const farPx = 4_000

export class ReadingPlace {
	atBottom = $state(true)
	/** Just jumped to. */
	marked = $state<string | null>(null)
	/** The newest message when the reader left the lower end: what comes after it is counted on the button. */
	#leftAt = $state<string | null>(null)
	readonly missed = $derived.by(() => (this.#leftAt === null ? 0 : this.#conversation.countAfter(this.#leftAt)))

	readonly #conversation: OpenConversation
	readonly #scroller: HTMLElement
	readonly #keeper: ScrollKeeper
	readonly #resting: RestingRows
	readonly #widths: ResizeObserver
	#placed = false
	#frame = 0
	/** Messages that the next frame may draw. */
	#step = 1
	/** When the last frame began, if it drew some. */
	#grewAt: number | null = null
	/** The rows that are about to change were drawn by a look … */
	#isOwn = false
	/** … or not: history or a message came, which is enough for one frame. */
	#came = false

	constructor(conversation: OpenConversation, scroller: HTMLElement) {
		this.#conversation = conversation
		this.#scroller = scroller
		const list = scroller.firstElementChild as Element
		this.#keeper = new ScrollKeeper(scroller, list)
		this.#resting = new RestingRows(scroller, list)
		let width = scroller.clientWidth
		this.#widths = new ResizeObserver(() => {
			if (width === scroller.clientWidth) return
			width = scroller.clientWidth
			this.#resting.wake()
			this.lookSoon()
		})
		this.#widths.observe(scroller)
	}

	/** Before rows change; they are settled once they stand in the page. */
	rowsChange(): void {
		if (!this.#isOwn) this.#came = true
		this.#isOwn = false
		this.#keeper.remember()
		this.#resting.rest()
		void tick().then(() => this.#settle())
	}

	#settle(): void {
		if (!this.#placed && this.#conversation.rows.length > 0) {
			this.#placed = true
			const line = this.#scroller.querySelector<HTMLElement>('[data-unread-line]')
			if (line !== null) this.#keeper.reveal(line)
		} else this.#keeper.restore()
		this.lookSoon()
	}

	/** Once in a frame: each look draws a few more messages at most. */
	lookSoon(): void {
		cancelAnimationFrame(this.#frame)
		this.#frame = requestAnimationFrame((now) => this.#look(now))
	}

	leave(): void {
		cancelAnimationFrame(this.#frame)
		this.#widths.disconnect()
	}

	/** What the new position means: more to load, something read, the button to show. */
	#look(now: number): void {
		const [conversation, keeper] = [this.#conversation, this.#keeper]
		const bottom = keeper.atBottom && conversation.atEnd
		if (bottom) this.#leftAt = null
		else if (this.atBottom) this.#leftAt = conversation.newest?.key ?? null
		this.atBottom = bottom
		if (this.#grewAt !== null) this.#step = stepAfter(this.#step, now - this.#grewAt)
		const before = conversation.rows
		const someAreNew = this.#resting.see()
		if (this.#came) this.lookSoon()
		else this.#grow(bottom)
		this.#came = false
		this.read()
		const isStill = conversation.rows === before
		this.#grewAt = isStill ? null : now
		this.#isOwn = !isStill
		if (isStill) this.#resting.rest()
		if (someAreNew) this.lookSoon()
	}

	#grow(bottom: boolean): void {
		const [conversation, keeper] = [this.#conversation, this.#keeper]
		if (keeper.aboveView < nearPx) conversation.earlier(this.#step)
		else if (bottom) conversation.settleAtEnd()
		if (!conversation.atEnd && keeper.belowView < nearPx) conversation.later(this.#step)
	}

	/** What is on screen, while somebody looks. */
	read(): void {
		if (document.visibilityState !== 'visible' || !document.hasFocus()) return
		const key = this.#keeper.lastVisible()
		if (key !== null) void this.#conversation.sawUpTo(key)
	}

	async toLatest(smooth: boolean): Promise<void> {
		const near = this.#conversation.atEnd && this.#keeper.belowView < farPx
		if (!near) this.#conversation.toLatest()
		await tick()
		this.#keeper.toBottom(smooth && near && !prefersReducedMotion.current)
		this.#leftAt = null
	}

	async jumpTo(event: string): Promise<void> {
		const key = await this.#conversation.reach(event)
		await tick()
		if (key === null) return
		const row = this.#keeper.center(key, !prefersReducedMotion.current)
		row?.focus({ preventScroll: true })
		this.marked = null
		await tick()
		this.marked = key
	}
}
