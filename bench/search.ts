/**
 * Search over 100k messages, on a device that was started a moment ago: the first query of each kind (`cold_ms`, a client of its own, nothing of
 * the index in memory), then the same kind again and again with other words (`p50_ms`, `p99_ms`). Measured from the question to the
 * answer with its first 20 hits opened. The line `indexing` says what it takes to make the index of all that is there.
 */
import type { KithApi, SearchView } from '../src/lib/core/api.ts'
import { createNodeClient } from '../src/lib/platform/node/node-client.ts'
import { until } from '../tests/support/watching.ts'
import { fillNode } from './history/fill-node.ts'
import { signInAsAlice, startPair, type Pair } from './history/people.ts'
import { percentile, rounded, say, type Line } from './lines.ts'
import type { BenchOptions } from './options.ts'
import { newTab, openProfile } from '../tests/e2e/profile.ts'
import { fillInPage } from './history/fill-in-page.ts'

/** Nobody listens at this address: what is measured needs no network. */
const nowhere = 'http://127.0.0.1:9'
const shown = 20
const rounds = 50

/** Text of the query of round n, by kind. */
const kinds: Readonly<Record<string, (n: number, messages: number) => string>> = {
	/** One message in the whole history. */
	rare: (n, messages) => `${Math.floor((messages * (n + 1)) / (rounds + 2))}`,
	/** A word of a third of all messages, or a beginning of one. */
	common: (n) => ['stove', 'shade', 'boat', 'ea', 'wa'][n % 5] as string,
	two_words: (n) => ['good stove', 'early shade', 'boat way', 'message lon'][n % 4] as string,
	/** As it is typed. */
	one_letter: (n) => 'messagbtwu'[n % 10] as string,
	filters: (n) => `from:me has:link after:2024-0${1 + (n % 6)} boat`,
	/** No word at all. */
	only_filters: (n) => `from:bob before:2024-0${2 + (n % 7)}`,
}

export async function search({ quick }: BenchOptions): Promise<Line[]> {
	const messages = quick ? 5_000 : 100_000
	const pair = await startPair()
	try {
		await pair.alice.close()
		await fillNode(pair.store, { conversation: pair.conversation, from: 0, to: messages })
		const lines: Line[] = [await indexAll(pair.store, messages)]
		for (const kind of Object.keys(kinds)) lines.push(await queries(pair.store, { kind, messages }))
		return [...lines, ...(await inChromium(pair, messages))]
	} finally {
		await pair.close()
	}
}

async function started(path: string): Promise<KithApi> {
	const client = await createNodeClient({ serverUrl: nowhere, storage: { path }, failed: () => undefined })
	await until(client, { view: 'chats', of: null, is: ([chat]) => chat?.last !== undefined })
	return client
}

async function indexAll(path: string, messages: number): Promise<Line> {
	const began = performance.now()
	const client = await started(path)
	const all = { text: 'the', conversation: null, count: 1 }
	await until(client, { view: 'search', of: all, is: ({ indexing, hits }) => indexing === null && hits.length > 0 })
	const ms = performance.now() - began
	await client.close()
	return { bench: 'search', query: 'indexing', where: 'node', messages, ms: rounded(ms, 0) }
}

async function queries(path: string, { kind, messages }: { kind: string; messages: number }): Promise<Line> {
	const client = await started(path)
	const text = (n: number) => (kinds[kind] as (n: number, messages: number) => string)(n, messages)
	const first = await ask(client, text(0))
	const times: number[] = []
	for (let n = 1; n <= rounds; n++) times.push((await ask(client, text(n))).ms)
	await client.close()
	const sorted = times.toSorted((a, b) => a - b)
	const line = {
		...{ bench: 'search', query: kind, where: 'node', messages, hits: first.hits, cold_ms: rounded(first.ms, 1) },
		...{ p50_ms: rounded(percentile(sorted, 0.5), 1), p99_ms: rounded(percentile(sorted, 0.99), 1) },
	}
	say(JSON.stringify(line))
	return line
}

function ask(client: KithApi, text: string): Promise<{ ms: number; hits: number }> {
	const began = performance.now()
	return new Promise((resolve) => {
		const of = { text, conversation: null, count: shown }
		const stop = client.watch('search', of, ({ hits, indexing }: SearchView) => {
			if (indexing !== null) return
			stop()
			resolve({ ms: performance.now() - began, hits: hits.length })
		})
	})
}

/** In the page: from the last key until a hit with the word stands there. */
const measureHit = `(word) => new Promise((done) => {
	const field = document.querySelector('[data-shortcut="messages"]')
	const began = performance.now()
	field.value = word
	field.dispatchEvent(new InputEvent('input', { bubbles: true }))
	const isThere = () => [...document.querySelectorAll('mark')].some((mark) => mark.textContent.toLowerCase().startsWith(word))
	const look = () => (isThere() ? done(performance.now() - began) : requestAnimationFrame(look))
	requestAnimationFrame(look)
})`

async function inChromium({ server, conversation }: Pair, messages: number): Promise<Line[]> {
	const browser = await openProfile({ port: server.port, context: { serviceWorkers: 'block' } })
	try {
		const first = await newTab(browser)
		await signInAsAlice(first, server.origin)
		await first.close()
		await fillInPage(browser.context, { origin: server.origin, conversation, from: 0, to: messages })
		const indexing = await browser.context.newPage()
		const began = performance.now()
		await indexing.goto(`${server.origin}/search?q=stove`)
		await indexing.locator('mark').first().waitFor()
		await indexing.locator('progress').waitFor({ state: 'detached', timeout: 300_000 })
		const ms = rounded(performance.now() - began, 0)
		await indexing.close()
		const page = await browser.context.newPage()
		await page.goto(`${server.origin}/search`)
		await page.locator('[data-shortcut="messages"]').waitFor()
		const times: number[] = []
		for (const word of ['stove', 'shade', 'early', 'boat', `${messages / 2}`, 'way', 'tide', 'longer', 'good', 'with'])
			times.push(await page.evaluate<number>(`(${measureHit})(${JSON.stringify(word)})`))
		const [cold = 0, ...warm] = times
		const sorted = warm.toSorted((a, b) => a - b)
		const where = { bench: 'search', where: 'chromium', messages }
		return [
			{ ...where, query: 'indexing', ms },
			{
				...{ ...where, query: 'words', cold_ms: rounded(cold, 1) },
				...{ p50_ms: rounded(percentile(sorted, 0.5), 1), p99_ms: rounded(percentile(sorted, 0.99), 1) },
			},
		]
	} finally {
		await browser.close()
	}
}
