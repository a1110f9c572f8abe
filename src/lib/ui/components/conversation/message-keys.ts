/** The keyboard among messages: which message a key goes to. One message has the focus; the list is one stop of Tab. */

/** The message with the focus, or null when it lies elsewhere. */
export function focusedMessage(list: HTMLElement): HTMLElement | null {
	const active = document.activeElement
	const row = active instanceof HTMLElement ? active.closest<HTMLElement>('[data-key]') : null
	return row !== null && list.contains(row) ? row : null
}

/** The neighbour of the message with the focus; without one the last that is on screen. */
export function neighbourOf(list: HTMLElement, step: 1 | -1): HTMLElement | null {
	const rows = [...list.querySelectorAll<HTMLElement>('[data-key]')]
	const focused = focusedMessage(list)
	if (focused !== null) return rows[rows.indexOf(focused) + step] ?? null
	const edge = list.getBoundingClientRect().bottom + 1
	return rows.findLast((row) => row.getBoundingClientRect().bottom <= edge) ?? rows.at(-1) ?? null
}
