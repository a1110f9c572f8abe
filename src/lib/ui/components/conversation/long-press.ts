/** A finger that rests: some touch browsers open their context menu for it, others do nothing. One way for all. */
const restsMs = 450
const trembleP2 = 10 ** 2

/** The finger that rested is lifted from what came up below it: that is no tap. The next touch counts again. */
function swallowClick(): void {
	const swallow = (event: Event) => {
		event.preventDefault()
		event.stopPropagation()
		end()
	}
	const end = () => {
		removeEventListener('click', swallow, true)
		removeEventListener('pointerdown', end, true)
	}
	addEventListener('click', swallow, true)
	addEventListener('pointerdown', end, true)
}

/** Calls `pressed` with what lies under the finger. */
export function longPress(pressed: (target: EventTarget | null) => void): (element: HTMLElement) => () => void {
	return (element) => {
		let timer: ReturnType<typeof setTimeout> | undefined
		let from = { x: 0, y: 0 }
		const stop = () => clearTimeout(timer)
		const down = (event: PointerEvent) => {
			stop()
			if (event.pointerType !== 'touch' || !event.isPrimary) return
			from = { x: event.clientX, y: event.clientY }
			timer = setTimeout(() => {
				swallowClick()
				pressed(event.target)
			}, restsMs)
		}
		const move = ({ clientX, clientY }: PointerEvent) => {
			if ((clientX - from.x) ** 2 + (clientY - from.y) ** 2 > trembleP2) stop()
		}
		const listeners = { pointerdown: down, pointermove: move, pointerup: stop, pointercancel: stop } as const
		const all = Object.entries(listeners) as [keyof typeof listeners, (event: PointerEvent) => void][]
		for (const [type, listener] of all) element.addEventListener(type, listener, { passive: true })
		return () => {
			stop()
			for (const [type, listener] of all) element.removeEventListener(type, listener)
		}
	}
}
