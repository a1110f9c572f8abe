/** Arrow keys move through a list, Tab passes it: one item at a time is reachable by Tab. For use with {@attach …}. */
export function roving(selector: string): (list: HTMLElement) => () => void {
	return (list) => {
		const items = () => [...list.querySelectorAll<HTMLElement>(selector)]

		const settle = () => {
			const all = items()
			const reachable = all.find((item) => item.getAttribute('aria-current') !== null) ?? all[0]
			for (const item of all) item.tabIndex = item === reachable || item === document.activeElement ? 0 : -1
		}

		const onKey = (event: KeyboardEvent) => {
			if (event.altKey || event.ctrlKey || event.metaKey) return
			const all = items()
			const current = all.findIndex((item) => item === document.activeElement)
			if (current < 0) return
			const next = targetOf(event.key, current, all.length)
			if (next === null) return
			event.preventDefault()
			all[next]?.focus()
		}

		settle()
		const observer = new MutationObserver(settle)
		observer.observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-current'] })
		list.addEventListener('keydown', onKey)
		list.addEventListener('focusin', settle)
		return () => {
			observer.disconnect()
			list.removeEventListener('keydown', onKey)
			list.removeEventListener('focusin', settle)
		}
	}
}

function targetOf(key: string, current: number, length: number): number | null {
	if (key === 'ArrowDown') return Math.min(current + 1, length - 1)
	if (key === 'ArrowUp') return Math.max(current - 1, 0)
	if (key === 'Home') return 0
	if (key === 'End') return length - 1
	return null
}
