/** A text area as tall as its text, up to its max-height. Where the browser can do it by itself nothing is measured. */
export function growing(text: () => string): (area: HTMLTextAreaElement) => void {
	return (area) => {
		if (CSS.supports('field-sizing', 'content')) {
			area.style.setProperty('field-sizing', 'content')
			return
		}
		text()
		area.style.blockSize = 'auto'
		area.style.blockSize = `${area.scrollHeight}px`
	}
}
