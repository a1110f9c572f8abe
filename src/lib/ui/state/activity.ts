/**
 * Tells the core whether somebody looks at this screen: at once when it is hidden or shown, and at most once a minute while
 * it is used. The core counts the five minutes after which nobody does.
 */

/** What a document and a window have of this. */
export interface LookedAt {
	readonly hidden: () => boolean
	readonly listen: (type: string, listener: () => void) => () => void
}

export interface ActivityReport {
	readonly setActive: (input: { active: boolean }) => void
	/** ms */
	readonly clock: () => number
}

const pauseMs = 60_000

/** Returns how to stop. */
export function reportActivity(screen: LookedAt, { setActive, clock }: ActivityReport): () => void {
	let told: { readonly active: boolean; readonly at: number } | null = null

	function tell(active: boolean): void {
		const isNews = told === null || told.active !== active || (active && clock() - told.at >= pauseMs)
		if (!isNews) return
		told = { active, at: clock() }
		setActive({ active })
	}

	const look = () => tell(!screen.hidden())
	const use = () => {
		if (!screen.hidden()) tell(true)
	}
	look()
	const stops = [
		screen.listen('visibilitychange', look),
		...['pointerdown', 'pointermove', 'keydown', 'focus'].map((type) => screen.listen(type, use)),
	]
	return () => stops.forEach((stop) => stop())
}

/** The part of a Document that is used here. */
interface Page {
	readonly visibilityState: string
	addEventListener(type: string, listener: () => void, options: object): void
	removeEventListener(type: string, listener: () => void, options: object): void
}

export function documentLookedAt(document: Page): LookedAt {
	return {
		hidden: () => document.visibilityState === 'hidden',
		listen: (type, listener) => {
			const options = { capture: true, passive: true }
			document.addEventListener(type, listener, options)
			return () => document.removeEventListener(type, listener, options)
		},
	}
}
