/** What is seen of a voice note. */
const barsMax = 64

/** As many bars as there is room for, each as loud as the loudest of its time. */
export function barsOf(levels: readonly number[]): Uint8Array<ArrayBuffer> {
	const count = Math.min(barsMax, levels.length)
	return Uint8Array.from({ length: count }, (_, i) => {
		const from = Math.floor((i * levels.length) / count)
		const to = Math.max(from + 1, Math.floor(((i + 1) * levels.length) / count))
		return Math.round(255 * Math.max(...levels.slice(from, to)))
	})
}
