/**
 * One person's browser: a real Chromium with a folder of its own, whose only way out is a wire that a story can cut and
 * read. Every other address leads to a proxy that lets nobody through and writes down who asked.
 */
import { chromium, test, type BrowserContext, type LaunchOptions, type Page, type Request } from '@playwright/test'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { browserLaunch, noOtherWay } from '../support/browser.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

export interface Profile {
	readonly context: BrowserContext
	readonly wire: TcpProxy
	/** Every address that any page, frame or worker asked for. */
	readonly requested: readonly string[]
	/** Every host that this browser wanted to reach besides. */
	readonly strays: readonly string[]
	/** What a page's main thread did that belongs to the worker. */
	readonly mainThread: readonly string[]
	/** What pages wrote to the console as errors. */
	readonly errors: readonly string[]
	/** SIGKILL to every renderer of this browser: no page hears of it. */
	killRenderers(): Promise<number>
	/** Resident memory of the largest renderer, with its workers, bytes. */
	rendererBytes(): Promise<number>
	/** The same again and again, at little cost: of the renderers that there are now. */
	watchRenderers(): Promise<() => Promise<number>>
	/** SIGSTOP to the renderer of this page, with its workers; the answer lets it go on. */
	freeze(page: Page): Promise<() => void>
	close(): Promise<void>
}

/** The same server as somebody sees it who opens it over plain http from another machine. */
export const lanHost = 'kith.lan'

interface Sink {
	readonly port: number
	readonly heard: string[]
	close(): void
}

/** Chromium asks its maker for updates, accounts and forms, whatever it is told at its start. No page can make it do so. */
const browsersOwn = /^(\S+\.)?(google|googleapis|gstatic|gvt1|gvt2)\.com(:\d+)?$/

/** A proxy that lets nobody through: what asks it for a host writes that down. */
function startSink(): Promise<Sink> {
	const heard: string[] = []
	const server = createServer((socket) => {
		socket.once('data', (chunk) => {
			const [, target = chunk.toString('latin1')] = /^\S+ (?:http:\/\/)?([^\s/]+)/.exec(chunk.toString('latin1')) ?? []
			if (!browsersOwn.test(target)) heard.push(target)
			socket.destroy()
		})
		socket.on('error', () => undefined)
	})
	return new Promise((done) =>
		server.listen(0, '127.0.0.1', () =>
			done({ port: (server.address() as AddressInfo).port, heard, close: () => server.close() }),
		),
	)
}

/**
 * Runs in every page before its scripts, and in no worker: opening an envelope needs one of these, and so does hearing one.
 * What it sees goes to `told`.
 */
function watchMainThread(): void {
	const tell = (what: string) =>
		void (globalThis as unknown as { mainThreadUsed: (what: string) => Promise<void> }).mainThreadUsed(what)
	// Empty tabs are no secure context.
	if (!(globalThis as { isSecureContext?: boolean }).isSecureContext) return
	for (const name of ['decrypt', 'deriveKey', 'deriveBits', 'unwrapKey', 'importKey'] as const) {
		const original = SubtleCrypto.prototype[name] as (...args: unknown[]) => unknown
		Object.defineProperty(SubtleCrypto.prototype, name, {
			value(this: SubtleCrypto, ...args: unknown[]) {
				tell(`crypto.subtle.${name}`)
				return original.apply(this, args)
			},
		})
	}
	globalThis.WebSocket = new Proxy(WebSocket, {
		construct(target, args: [string, string?]) {
			tell('new WebSocket')
			return new target(...args)
		},
	})
	// Named by hand: the bench measures with this profile too, and is compiled without the DOM's types.
	const { prototype } = (
		globalThis as unknown as { IDBFactory: { prototype: { open: (...args: unknown[]) => unknown } } }
	).IDBFactory
	const { open } = prototype
	prototype.open = function (...args) {
		tell('indexedDB.open')
		return open.apply(this, args)
	}
}

interface ProcessEntry {
	readonly pid: number
	readonly parent: number
	readonly command: string
}

async function processes(): Promise<ProcessEntry[]> {
	const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
	const entries = await Promise.all(
		pids.map(async (pid) => {
			const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
			const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
			const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
			return { pid: Number(pid), parent, command: command.replaceAll('\0', ' ') }
		}),
	)
	return entries.filter(({ command }) => command !== '')
}

/** Renderers among the children of the browser that was started with this folder. */
async function renderersOf(folder: string): Promise<number[]> {
	const all = await processes()
	const mine = new Set(all.filter(({ command }) => command.includes(`--user-data-dir=${folder}`)).map(({ pid }) => pid))
	for (let size = 0; size !== mine.size;) {
		size = mine.size
		for (const { pid, parent } of all) if (mine.has(parent)) mine.add(pid)
	}
	return all.filter(({ pid, command }) => mine.has(pid) && command.includes('--type=renderer')).map(({ pid }) => pid)
}

/** Ticks of the processor that a process has used, in user mode. */
async function usedBy(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
	return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11] ?? 0)
}

async function residentBytes(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
	return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0)
}

const largest = async (pids: readonly number[]) => Math.max(0, ...(await Promise.all(pids.map(residentBytes))))

/** Which process shows a page, nobody says: it is the one that works while the page does, as soon as one stands out. */
async function rendererOf(folder: string, page: Page): Promise<number> {
	const pids = await renderersOf(folder)
	const before = await Promise.all(pids.map(usedBy))
	for (let seconds = 0; seconds < 30; seconds++) {
		await page.evaluate(() => {
			const until = performance.now() + 1000
			while (performance.now() < until);
		})
		const after = await Promise.all(pids.map(usedBy))
		const used = pids.map((pid, i) => ({ pid, ticks: (after[i] ?? 0) - (before[i] ?? 0) }))
		const [most, next] = used.toSorted((a, b) => b.ticks - a.ticks)
		if (most !== undefined && most.ticks >= 20 && most.ticks >= 2 * (next?.ticks ?? 0)) return most.pid
	}
	throw new Error('no renderer stands out')
}

export interface ProfileOptions {
	/** Where the server listens: pages reach it under `http://localhost:<port>` through this profile's wire. */
	readonly port: number
	readonly viewport?: { readonly width: number; readonly height: number }
	/** May it reach other browsers besides its wire? Default: no, so that a cut wire is no network at all. */
	readonly peers?: boolean
	/** A film in Y4M, which its camera sees again and again (held-code.ts). Default: Chromium's own. */
	readonly camera?: string
	/** Playwright's own options of a context. */
	readonly context?: Parameters<typeof chromium.launchPersistentContext>[1]
}

/** What the story's project launches; outside a story, as in the bench, the whole browser. */
function launchHere(): LaunchOptions {
	try {
		return test.info().project.use.launchOptions ?? browserLaunch()
	} catch {
		return browserLaunch()
	}
}

export async function openProfile({
	port,
	viewport = { width: 1280, height: 800 },
	peers = false,
	camera,
	context: extra = {},
}: ProfileOptions): Promise<Profile> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-profile-'))
	const [wire, sink] = [await startTcpProxy({ port }), await startSink()]
	const launch = launchHere()
	const ways = [
		...[
			`--host-resolver-rules=MAP localhost:${port} 127.0.0.1:${wire.port},MAP ${lanHost}:${port} 127.0.0.1:${wire.port}`,
		],
		...[`--proxy-server=127.0.0.1:${sink.port}`, `--proxy-bypass-list=${lanHost}`],
		...(peers ? [] : [noOtherWay]),
		...(camera === undefined ? [] : [`--use-file-for-fake-video-capture=${camera}`]),
	]
	const context = await chromium.launchPersistentContext(folder, {
		...launch,
		args: [...(launch.args ?? []), ...ways],
		locale: 'en-GB',
		timezoneId: 'Europe/Berlin',
		viewport,
		...extra,
	})
	const [requested, mainThread, errors]: [string[], string[], string[]] = [[], [], []]
	context.on('request', (request: Request) => requested.push(request.url()))
	context.on('console', (message) => (message.type() === 'error' ? errors.push(message.text()) : undefined))
	context.on('weberror', (error) => errors.push(error.error().message))
	context.setDefaultTimeout(20_000)
	await context.exposeFunction('mainThreadUsed', (what: string) => void mainThread.push(what))
	await context.addInitScript(watchMainThread)
	return {
		...{ context, wire, requested, mainThread, errors, strays: sink.heard },
		killRenderers: async () => {
			const pids = await renderersOf(folder)
			for (const pid of pids) process.kill(pid, 'SIGKILL')
			return pids.length
		},
		rendererBytes: async () => largest(await renderersOf(folder)),
		watchRenderers: async () => {
			const pids = await renderersOf(folder)
			return () => largest(pids)
		},
		freeze: async (page) => {
			const pid = await rendererOf(folder, page)
			process.kill(pid, 'SIGSTOP')
			return () => process.kill(pid, 'SIGCONT')
		},
		close: async () => {
			await context.close()
			await wire.close()
			sink.close()
			await rm(folder, { recursive: true, force: true, maxRetries: 5 })
		},
	}
}

/** A tab, not the empty one that a browser starts with. */
export function newTab({ context }: Profile): Promise<Page> {
	return context.newPage()
}
