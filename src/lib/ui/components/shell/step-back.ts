/**
 * The arrow of a pane means what the system's back gesture means. Where the step before was the list that it leads to, it goes
 * back there; else, after a deep link, the list takes the place of what is shown. Either way nothing piles up behind it.
 */
export function stepBack(event: MouseEvent, href: string): void {
	// Browsers without it follow the link.
	const { navigation } = window as { navigation?: Navigation }
	const here = navigation?.currentEntry?.index ?? 0
	const before = navigation?.entries()[here - 1]?.url
	if (before == null || new URL(before).pathname !== href) return
	event.preventDefault()
	history.back()
}
