/** A page as a hand holds it: resting fingers, a notch, a keyboard, and whether anything moves while it loads. */
import type { BrowserContext, Locator, Page } from '@playwright/test'

export const phone = {
	viewport: { width: 390, height: 844 },
	context: { hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
} as const
export const tablet = { ...phone, viewport: { width: 820, height: 1180 } } as const

/** A finger that rests on it until `then` holds, and lifts. */
export async function rest(page: Page, on: Locator, then: () => Promise<void>): Promise<void> {
	const { x, y, width, height } = (await on.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
	const devtools = await page.context().newCDPSession(page)
	const touchPoints = [{ x: x + Math.min(width / 2, 40), y: y + height / 2 }]
	await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints })
	await then()
	await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
	await devtools.detach()
}

/** Pixels that the system takes at each end: a notch above, a home indicator below. Returns how to give them back. */
export async function withInsets(page: Page, insets: { top: number; bottom: number }): Promise<() => Promise<void>> {
	const devtools = await page.context().newCDPSession(page)
	await devtools.send('Emulation.setSafeAreaInsetsOverride', { insets })
	return () => devtools.detach()
}

/** From now on every page of this browser adds up what moved that nobody touched. */
export async function watchShifts(context: BrowserContext): Promise<void> {
	await context.addInitScript(() => {
		interface Shift extends PerformanceEntry {
			readonly value: number
			readonly hadRecentInput: boolean
			readonly sources: readonly { readonly node: Node | null }[]
		}
		const seen: string[] = []
		Object.assign(globalThis, { shifts: seen })
		new PerformanceObserver((list) => {
			for (const shift of list.getEntries() as Shift[]) {
				const moved = shift.sources.map(({ node }) => (node instanceof Element ? node.outerHTML.slice(0, 120) : '?'))
				if (!shift.hadRecentInput) seen.push(`${shift.value.toFixed(4)} ${moved.join(' | ')}`)
			}
		}).observe({ type: 'layout-shift', buffered: true })
	})
}

/** What moved since this page began to load. */
export const shifts = (page: Page): Promise<string[]> =>
	page.evaluate(
		() =>
			// An observer hears of a frame after it was drawn.
			new Promise<string[]>((done) =>
				requestAnimationFrame(() =>
					requestAnimationFrame(() => setTimeout(() => done((globalThis as unknown as { shifts: string[] }).shifts))),
				),
			),
	)

/** What lies beyond the edges, so that a page scrolls sideways, or a browser zooms out to show it. */
export async function overflow(page: Page): Promise<string[]> {
	const { width = 0 } = page.viewportSize() ?? {}
	const sizes = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
	return sizes.filter((size) => size !== width).map((size) => `${size} px wide on ${width} px`)
}
