/**
 * B4: from a cold store to the last 50 messages of a conversation of 1k, 10k, 100k.
 *
 * node      a client started on the store, until its view holds them; the median of several starts
 * chromium  the app opened at its list on the store, then the conversation chosen: from the click until the newest fill the
 *           screen, painted (`ms`), and until 24 stand in the page (`all_ms`), which grows further as somebody scrolls; the
 *           median of several openings, each in a tab and core of its own
 */
import type { BrowserContext } from '@playwright/test'
import { createNodeClient } from '../src/lib/platform/node/node-client.ts'
import { newTab, openProfile } from '../tests/e2e/profile.ts'
import { until } from '../tests/support/watching.ts'
import { fillInPage } from './history/fill-in-page.ts'
import { fillNode } from './history/fill-node.ts'
import { signInAsAlice, startPair, type Pair } from './history/people.ts'
import { median, rounded, say, type Line } from './lines.ts'
import type { BenchOptions } from './options.ts'

const sizes = [1_000, 10_000, 100_000]
const repeats = 7
const shown = 50

export async function open({ quick }: BenchOptions): Promise<Line[]> {
	const counts = quick ? sizes.slice(0, 2) : sizes
	const pair = await startPair()
	try {
		// Chromium first: the store of the client without a browser is filled behind the server's back.
		return [...(await inNode(pair, counts)), ...(await inChromium(pair, counts))]
	} finally {
		await pair.close()
	}
}

async function inNode({ alice, store, conversation }: Pair, counts: readonly number[]): Promise<Line[]> {
	await alice.close()
	const lines: Line[] = []
	let from = 0
	for (const to of counts) {
		await fillNode(store, { conversation, from, to })
		from = to
		const times: number[] = []
		for (let i = 0; i < repeats; i++) times.push(await openOnce(store, conversation))
		say(`node, ${to}: ${times.map((ms) => rounded(ms, 1)).join(' ')}`)
		lines.push({ bench: 'open', messages: to, where: 'node', ms: rounded(median(times), 1) })
	}
	return lines
}

/** Nobody listens at this address: what is measured needs no network. */
const nowhere = 'http://127.0.0.1:9'

async function openOnce(path: string, conversation: string): Promise<number> {
	const began = performance.now()
	const client = await createNodeClient({ serverUrl: nowhere, storage: { path }, failed: () => undefined })
	await until(client, {
		view: 'conversation',
		of: conversation,
		is: (view) => (view?.messages.length ?? 0) >= shown,
	})
	const ms = performance.now() - began
	await client.close()
	return ms
}

async function inChromium({ server, conversation }: Pair, counts: readonly number[]): Promise<Line[]> {
	const browser = await openProfile({ port: server.port, context: { serviceWorkers: 'block' } })
	const lines: Line[] = []
	try {
		const page = await newTab(browser)
		await signInAsAlice(page, server.origin)
		await page.close()
		let from = 0
		for (const to of counts) {
			await fillInPage(browser.context, { origin: server.origin, conversation, from, to })
			from = to
			const times: [number, number][] = []
			for (let i = 0; i < repeats; i++)
				times.push(await clickOnce(browser.context, `${server.origin}/c/${conversation}`, to))
			const [shown, all] = [times.map(([ms]) => ms), times.map(([, ms]) => ms)]
			say(`chromium, ${to}: ${shown.map((ms) => rounded(ms, 1)).join(' ')}`)
			const line = { bench: 'open', messages: to, where: 'chromium', ms: rounded(median(shown), 1) }
			lines.push({ ...line, all_ms: rounded(median(all), 1) })
		}
		return lines
	} finally {
		await browser.close()
	}
}

/**
 * In the page: the clock is read where the click lands, where the frame with the last message is done, which fills the screen,
 * and where as many stand above it as a first look holds at least.
 */
const measureOpening = `(path, last) => new Promise((done, fail) => {
	const link = document.querySelector('a[href="' + path + '"]')
	const all = 24
	let began, shown
	link.addEventListener('click', () => (began = performance.now()), { once: true, capture: true })
	const look = () => {
		const rows = document.querySelectorAll('[role=log] [data-key]')
		const isThere = rows.length > 0 && rows[rows.length - 1].textContent.includes(last)
		if (performance.now() - began > 60_000) return fail(new Error('a minute after the click there are ' + rows.length + ' rows'))
		if (!isThere || (shown !== undefined && rows.length < all)) return requestAnimationFrame(look)
		const port = new MessageChannel()
		port.port1.onmessage = () => {
			const now = performance.now() - began
			if (rows.length >= all) return done([shown ?? now, now])
			shown = now
			requestAnimationFrame(look)
		}
		port.port2.postMessage(null)
	}
	link.click()
	requestAnimationFrame(look)
})`

async function clickOnce(context: BrowserContext, address: string, count: number): Promise<[number, number]> {
	const page = await context.newPage()
	const { origin, pathname } = new URL(address)
	await page.goto(`${origin}/`)
	const last = `Message ${count}:`
	await page.getByRole('list', { name: 'Conversations' }).getByText(last).waitFor()
	await page.waitForLoadState('networkidle')
	const ms = await page.evaluate<[number, number]>(`(${measureOpening})(...${JSON.stringify([pathname, last])})`)
	await page.close()
	return ms
}
