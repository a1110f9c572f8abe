/** What stories ask of the service worker from outside. */
import type { Page } from '@playwright/test'

/** Resolves when the service worker runs and holds the page. */
export async function isKept(tab: Page): Promise<void> {
	// Text, because the bench waits for it too and is compiled without the DOM's types.
	await tab.evaluate(`navigator.serviceWorker.ready.then(({ active }) => new Promise((kept) => {
		const look = () => active.state === 'activated' && kept()
		active.addEventListener('statechange', look)
		look()
	}))`)
}
