/**
 * The height that a touch keyboard leaves, as `--app-height`. Chromium resizes the page by itself (interactive-widget in
 * app.html); Safari slides the keyboard over it, and only the visual viewport knows.
 */
const keyboardPx = 80

/** Follows the visual viewport; returns how to stop. */
export function followVisibleHeight(): () => void {
	const viewport = window.visualViewport
	if (viewport === null) return () => undefined
	const { style } = document.documentElement

	const follow = () => {
		// Zooming with two fingers makes it smaller too; that is not ours to follow.
		const covered = viewport.scale === 1 && window.innerHeight - viewport.height > keyboardPx
		if (covered) {
			style.setProperty('--app-height', `${viewport.height}px`)
			window.scrollTo(0, 0)
		} else style.removeProperty('--app-height')
	}
	viewport.addEventListener('resize', follow)
	return () => {
		viewport.removeEventListener('resize', follow)
		style.removeProperty('--app-height')
	}
}
