/**
 * Where the keyboard is after a step through the app: with what the step led to. A conversation takes it into its message
 * field (not on touch, where a keyboard would jump up), the search into its own, the way back from a conversation onto its row, any
 * other screen onto its heading.
 */
const fieldWaitMs = 3_000

export interface Step {
	/** Paths. */
	readonly from: string | null
	readonly to: string
}

/** Call it when the new screen stands. Returns how to stop waiting for a field that is still on its way. */
export function focusAfter({ from, to }: Step, root: ParentNode = document): () => void {
	const nothing = () => undefined
	if (from === null || from === to) return nothing
	const row = from.startsWith('/c/') && to === '/' ? visible(root, `a[href="${from}"]`) : null
	if (row !== null) {
		row.focus({ preventScroll: true })
		return nothing
	}
	const isFine = matchMedia('(pointer: fine)').matches
	if (to.startsWith('/c/') && isFine) return focusField(root)
	const search = to === '/search' && isFine ? visible(root, '[data-shortcut="messages"]') : null
	if (search !== null) {
		search.focus({ preventScroll: true })
		return nothing
	}
	focusHeading(root)
	return nothing
}

function visible(root: ParentNode, selector: string): HTMLElement | null {
	return [...root.querySelectorAll<HTMLElement>(selector)].find((element) => element.offsetParent !== null) ?? null
}

/** The heading of the pane where one is on screen, else of the list. */
function focusHeading(root: ParentNode): void {
	const heading = visible(root, '#pane h1') ?? visible(root, 'h1')
	if (heading === null) return
	heading.tabIndex = -1
	heading.focus({ preventScroll: true })
}

/** The message field, as soon as it is there; the pane meanwhile. Whoever goes elsewhere in between is not called back. */
function focusField(root: ParentNode): () => void {
	const field = () => visible(root, '[data-composer]')
	const now = field()
	if (now !== null) {
		now.focus({ preventScroll: true })
		return () => undefined
	}
	const pane = visible(root, '#pane')
	pane?.focus({ preventScroll: true })
	const isWaiting = () => document.activeElement === pane || document.activeElement === document.body
	const observer = new MutationObserver(() => {
		if (field() === null && isWaiting()) return
		if (isWaiting()) field()?.focus({ preventScroll: true })
		stop()
	})
	const timer = setTimeout(() => stop(), fieldWaitMs)
	const stop = () => {
		observer.disconnect()
		clearTimeout(timer)
	}
	if (pane !== null) observer.observe(pane, { childList: true, subtree: true })
	return stop
}
