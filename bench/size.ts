/**
 * B7: JavaScript and WASM that a cold visit loads, gzip: asked for by a real Chromium of the server as people start it, and
 * read off the wire, so that whatever a page, a worker or a worker's worker loads is counted, and nothing else.
 *
 * sign-in  /sign-in in an empty browser until nothing more is asked for; OPAQUE, which stays apart, is taken out
 * app      a signed-in browser with an empty HTTP cache, at the address of its last conversation: what was asked for before that is readable,
 *          by the browser's own clock
 * opaque   what signing in loads besides, once per visit of that page
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, gzipSync } from 'node:zlib'
import { newTab, openProfile, type Profile } from '../tests/e2e/profile.ts'
import { startServerProcess } from '../tests/support/server-process.ts'
import { readWire } from '../tests/support/wire-capture.ts'
import { rounded, say, type Line } from './lines.ts'
import { lastWords, signIn, talk } from './seed/two-people.ts'

/** What others say of themselves or was measured of them elsewhere, gzip; they are not built here. */
const known =
	"known of others: Hydrogen's SDK 183 KB and 83 KB of crypto, Converse.js 358 KB, Element's crypto alone 2,095 KB"

export async function size(): Promise<Line[]> {
	const data = await mkdtemp(join(tmpdir(), 'kith-bench-'))
	const server = await startServerProcess({ data, env: { KITH_LOG: 'error' } })
	// In production a service worker would fetch the shell for later visits: that is no part of these.
	const browser = await openProfile({ port: server.port, context: { serviceWorkers: 'block' } })
	try {
		const conversation = await talk(server)
		const page = await newTab(browser)
		const door = await scriptsDuring(browser, async () => {
			await page.goto(`${server.origin}/sign-in`)
			await page.getByLabel('Password', { exact: true }).waitFor()
			await page.waitForLoadState('networkidle')
		})
		const signingIn = await scriptsDuring(browser, () => signIn(page))
		await page.close()
		const app = await scriptsDuring(browser, () => openCold(browser, `${server.origin}/c/${conversation}`))
		const opaque = [...door, ...signingIn].filter(([path]) => isOpaque(path))
		say(known)
		return [
			lineOf('sign-in', new Map([...door].filter(([path]) => !isOpaque(path)))),
			lineOf('app', app),
			lineOf('opaque', new Map(opaque)),
		]
	} finally {
		await browser.close()
		await server.stop()
		await rm(data, { recursive: true, force: true })
	}
}

type Scripts = ReadonlyMap<string, Buffer>

function lineOf(page: string, scripts: Scripts): Line {
	const gzipped = [...scripts].map(([path, body]) => ({
		path,
		bytes: gzipSync(body, { level: constants.Z_BEST_COMPRESSION }).length,
	}))
	for (const { path, bytes } of gzipped.toSorted((a, b) => b.bytes - a.bytes)) say(`${page}: ${bytes} ${path}`)
	const sum = gzipped.reduce((total, { bytes }) => total + bytes, 0)
	return { bench: 'size', page, gzip_kb: rounded(sum / 1000, 1), files: gzipped.length }
}

function isOpaque(path: string): boolean {
	return path.includes('opaque')
}

/** In the page: notes when the last message stands there, which is before anybody outside can know. */
const noteShown = `(words) => {
	new MutationObserver((_, observer) => {
		if (!document.querySelector('[role=log]')?.textContent.includes(words)) return
		globalThis.shownAt = performance.timeOrigin + performance.now()
		observer.disconnect()
	}).observe(document, { subtree: true, childList: true, characterData: true })
}`

/** A tab of its own with an empty HTTP cache, until the last message is readable. Answers whether a script was asked for before that. */
async function openCold({ context }: Profile, address: string): Promise<(path: string) => boolean> {
	const page = await context.newPage()
	const session = await context.newCDPSession(page)
	await session.send('Network.clearBrowserCache')
	const asked = new Map<string, number>()
	context.on('requestfinished', (request) => asked.set(new URL(request.url()).pathname, request.timing().startTime))
	await page.addInitScript(`(${noteShown})(${JSON.stringify(lastWords)})`)
	await page.goto(address)
	await page.getByRole('log').getByText(lastWords).waitFor()
	const shownAt = await page.evaluate<number>('globalThis.shownAt')
	return (path) => (asked.get(path) ?? 0) <= shownAt
}

/** By path: bodies of all scripts and modules that came over the wire meanwhile, unpacked. */
async function scriptsDuring(
	{ wire }: Profile,
	act: () => Promise<void | ((path: string) => boolean)>,
): Promise<Scripts> {
	const before = wire.connections.map(({ down }) => readWire(down, false).messages.length)
	const isCounted = (await act()) ?? (() => true)
	const scripts = new Map<string, Buffer>()
	wire.connections.forEach(({ up, down }, connection) => {
		const asked = readWire(up, false).messages.map(({ start }) => start.split(' ')[1])
		readWire(down, false).messages.forEach(({ start, headers, body }, i) => {
			const path = asked[i]
			const isScript = /javascript|wasm/.test(headers.get('content-type') ?? '') && start.includes(' 200 ')
			if (path !== undefined && isScript && isCounted(path) && i >= (before[connection] ?? 0)) scripts.set(path, body)
		})
	})
	return scripts
}
