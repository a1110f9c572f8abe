/**
 * Devices of the conformance story in a real browser: each a context with its own store, its own wire, and a page that
 * holds the browser client. The page is built for the test and served by the very server that the story is about.
 */
import type { Browser, Page } from '@playwright/test'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join, normalize, resolve } from 'node:path'
import { build } from 'vite'
import type { WebHandler } from '#server/http/request-listener.ts'
import { remoteApi } from '#tests/support/remote-api.ts'
import { startTcpProxy } from '#tests/support/tcp-proxy.ts'
import type { Device } from '#tests/support/world.ts'
import type {} from './page.ts'

const source = resolve(import.meta.dirname, '../../../src/lib')
const tests = resolve(import.meta.dirname, '../..')
const contentTypes: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

export interface BuiltPage {
	readonly handler: WebHandler
	readonly remove: () => Promise<void>
}

/** Scripts lie where those of the app lie, so that the server gives them the same policies. */
export async function buildConformancePage(): Promise<BuiltPage> {
	const outDir = await mkdtemp(join(tmpdir(), 'kith-conformance-'))
	const immutable = '_app/immutable'
	await build({
		configFile: false,
		logLevel: 'warn',
		root: import.meta.dirname,
		resolve: {
			alias: [
				{ find: /^#(protocol|crypto|store|sync|core|platform)\//, replacement: `${source}/$1/` },
				{ find: /^#tests\//, replacement: `${tests}/` },
			],
		},
		worker: { format: 'es', rollupOptions: { output: { entryFileNames: `${immutable}/workers/[name]-[hash].js` } } },
		build: { outDir, emptyOutDir: true, target: 'es2022', assetsDir: immutable },
	})
	return { handler: serveFolder(outDir), remove: () => rm(outDir, { recursive: true }) }
}

function serveFolder(folder: string): WebHandler {
	return (request, response, next) => {
		const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname)
		readFile(join(folder, path === '/' ? 'index.html' : path)).then(
			(body) => {
				response.setHeader('content-type', contentTypes[extname(path) || '.html'] ?? 'application/octet-stream')
				if (path === '/') response.setHeader('content-security-policy', "default-src 'self'; img-src data:")
				// As the app's: a client can start again without a network.
				else response.setHeader('cache-control', 'public, max-age=31536000, immutable')
				response.end(body)
			},
			() => next(),
		)
	}
}

interface Bridge {
	readonly api: Device['api']
	/** Nobody is told anything any more. */
	readonly forget: () => void
}

async function bridgeTo(page: Page): Promise<Bridge> {
	const listeners = new Map<number, (value: unknown) => void>()
	let lastId = 0
	await page.exposeFunction('told', (id: number, value: unknown) => listeners.get(id)?.(value))
	const api = remoteApi({
		call: (command, input) =>
			page.evaluate(([name, value]) => window.conformance.call(name, value), [command, input] as const),
		watch: (view, of, listener) => {
			const id = ++lastId
			listeners.set(id, listener)
			void page.evaluate(([id, view, of]) => window.conformance.watch(id, view, of), [id, view, of] as const)
			return () => {
				listeners.delete(id)
				void page.evaluate((id) => window.conformance.unwatch(id), id).catch(() => undefined)
			}
		},
		close: () => page.evaluate(() => window.conformance.close()),
	})
	return { api, forget: () => listeners.clear() }
}

export interface BrowserDevice extends Device {
	readonly close: () => Promise<void>
}

export async function openBrowserDevice(browser: Browser, name: string, port: number): Promise<BrowserDevice> {
	const wire = await startTcpProxy({ port })
	const context = await browser.newContext()
	const page = await context.newPage()
	const { api, forget } = await bridgeTo(page)
	await page.goto(`http://localhost:${wire.port}/`)
	await page.evaluate(() => window.conformance.open())
	return {
		...{ name, wire, api },
		reopen: async () => {
			forget()
			await page.evaluate(() => window.conformance.open())
		},
		close: async () => {
			await context.close()
			await wire.close()
		},
	}
}
