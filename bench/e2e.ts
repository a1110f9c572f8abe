/**
 * B6: from a key press to the friend's screen: two real browsers on one machine, the server between them. Enter is pressed
 * in one, and the clock stops when the frame that shows the message is done in the other.
 */
import type { Page } from '@playwright/test'
import { newTab, openProfile } from '../tests/e2e/profile.ts'
import { signInAsAlice, signInAsBob, startPair } from './history/people.ts'
import { percentile, rounded, type Line } from './lines.ts'
import type { BenchOptions } from './options.ts'

const rounds = 120
const warmUp = 10

export async function e2e({ quick }: BenchOptions): Promise<Line[]> {
	const pair = await startPair()
	const browsers = await Promise.all([1, 2].map(() => openProfile({ port: pair.server.port })))
	try {
		const [writer, reader] = (await Promise.all(browsers.map(newTab))) as [Page, Page]
		await signInAsAlice(writer, pair.server.origin)
		await signInAsBob(reader, pair.server.origin)
		for (const page of [writer, reader]) {
			await page.goto(`${pair.server.origin}/c/${pair.conversation}`)
			await page.locator('[data-composer]').waitFor()
		}
		const times: number[] = []
		for (let i = 0; i < (quick ? 20 : rounds) + warmUp; i++)
			times.push(await sendOne(writer, reader, `Round ${i} is here`))
		const sorted = times.slice(warmUp).toSorted((a, b) => a - b)
		return [
			{
				...{ bench: 'e2e', messages: sorted.length },
				p50_ms: rounded(percentile(sorted, 0.5), 1),
				p99_ms: rounded(percentile(sorted, 0.99), 1),
			},
		]
	} finally {
		for (const browser of browsers) await browser.close()
		await pair.close()
	}
}

/** Both pages read the machine's one clock: their time origins are absolute. */
const now = 'performance.timeOrigin + performance.now()'
const whenPressed = `() => addEventListener('keydown', (event) => {
	if (event.key === 'Enter') globalThis.pressedAt = ${now}
}, { capture: true, once: true })`
const whenShown = `(text) => new Promise((done) => {
	const look = () => {
		const rows = document.querySelectorAll('[role=log] [data-key]')
		if (!rows[rows.length - 1]?.textContent.includes(text)) return false
		const channel = new MessageChannel()
		channel.port1.onmessage = () => done(${now})
		requestAnimationFrame(() => channel.port2.postMessage(null))
		return true
	}
	const observer = new MutationObserver(() => look() && observer.disconnect())
	observer.observe(document.body, { subtree: true, childList: true, characterData: true })
})`

async function sendOne(writer: Page, reader: Page, text: string): Promise<number> {
	await writer.locator('[data-composer]').fill(text)
	await writer.evaluate(`(${whenPressed})()`)
	const shown = reader.evaluate<number>(`(${whenShown})(${JSON.stringify(text)})`)
	await reader.evaluate('1')
	await writer.keyboard.press('Enter')
	const at = await shown
	return at - (await writer.evaluate<number>('globalThis.pressedAt'))
}
