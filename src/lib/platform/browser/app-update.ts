/**
 * A new version of the app: found, offered, and taken over by every tab at once, after each has put away what was being
 * written. Without a word from anybody it takes over when the last tab is closed; the service worker sees to that.
 *
 * ```
 * found → onReady → accept() → every tab: prepare(), then `ready` → the new version takes over → every tab reloads
 * ```
 */
import type { Timers } from '#protocol/ports.ts'
import { systemTimers } from '../system-ports.ts'
import { activateMessage } from './shell-messages.ts'
import { endToWire, type Wire } from './wire.ts'

const workerPath = '/service-worker.js'
const lookAgainMs = 60 * 60 * 1000
/** How long a tab may take to put away what was being written; a frozen one is not waited for. */
const patienceMs = 3000
/** How long the new version may take to take over before a page is opened anew, at which Chromium tries again (decision 0461). */
const takeOverMs = 2000

type Word = { readonly type: 'prepare' } | { readonly type: 'ready'; readonly tab: string }

export interface AppUpdateDeps {
	readonly container: ServiceWorkerContainer
	/** Heard by all tabs of the origin. */
	readonly tabs: Wire
	/** How many tabs of this origin there are, this one too. */
	readonly countTabs: () => Promise<number>
	readonly timers: Timers
	/** Random id of this tab. */
	readonly self: string
	/** Another version waits: ask. `accept` resolves when it was told to take over. */
	readonly onReady: (accept: () => Promise<void>) => void
	/** Ends all writing and resolves when it is stored. Called once; a reload follows. */
	readonly prepare: () => Promise<void>
	readonly reload: () => void
}

export function watchForUpdates(deps: AppUpdateDeps): void {
	const { container, tabs, timers } = deps
	/** Null where this page came without a service worker: the first one that takes over brings nothing new. */
	let controller = container.controller
	let prepared: Promise<void> | null = null
	const ready = new Set<string>()
	let heard: () => void = () => undefined

	function prepare(): Promise<void> {
		prepared ??= Promise.race([
			deps.prepare().catch(() => undefined),
			new Promise<void>((late) => void timers.after(patienceMs, late)),
		])
		return prepared
	}

	function allReady(count: number): Promise<void> {
		return new Promise((done) => {
			const cancel = timers.after(patienceMs, done)
			heard = () => {
				if (ready.size < count - 1) return
				cancel()
				done()
			}
			heard()
		})
	}

	async function accept(waiting: ServiceWorker): Promise<void> {
		tabs.post({ type: 'prepare' } satisfies Word)
		await Promise.all([prepare(), deps.countTabs().then(allReady)])
		waiting.postMessage(activateMessage)
		timers.after(takeOverMs, deps.reload)
	}

	function offer(registration: ServiceWorkerRegistration): void {
		const { waiting } = registration
		if (waiting !== null && container.controller !== null) deps.onReady(() => accept(waiting))
	}

	tabs.listen((message) => {
		const word = message as Word
		if (word.type === 'ready') {
			ready.add(word.tab)
			heard()
		} else void prepare().then(() => tabs.post({ type: 'ready', tab: deps.self } satisfies Word))
	})

	container.addEventListener('controllerchange', () => {
		const first = controller === null
		controller = container.controller
		if (!first) void prepare().then(deps.reload)
	})

	// No network, or a browser that forbids it: the app runs without, as it did before.
	container.register(workerPath, { updateViaCache: 'none' }).then(
		(registration) => {
			offer(registration)
			registration.addEventListener('updatefound', () => {
				const { installing } = registration
				installing?.addEventListener('statechange', () => {
					if (installing.state === 'installed') offer(registration)
				})
			})
			const look = () => {
				registration.update().catch(() => undefined)
				timers.after(lookAgainMs, look)
			}
			timers.after(lookAgainMs, look)
		},
		() => undefined,
	)
}

/** Each tab's worker holds a lock of its own name (leadership.ts). */
async function countTabs(): Promise<number> {
	const { held = [] } = await navigator.locks.query()
	return held.filter(({ name }) => name?.startsWith('kith-tab-')).length
}

/** In this window, of this browser. */
export function watchUpdatesHere(on: Pick<AppUpdateDeps, 'onReady' | 'prepare'>): void {
	watchForUpdates({
		...on,
		container: navigator.serviceWorker,
		tabs: endToWire(new BroadcastChannel('kith-tabs'), 'update'),
		countTabs,
		timers: systemTimers,
		self: crypto.randomUUID(),
		reload: () => location.reload(),
	})
}
