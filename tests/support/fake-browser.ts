/**
 * One browser with many tabs in one process: Web Locks (https://www.w3.org/TR/web-locks/) and a channel that all tabs but
 * the sender hear. A tab can be closed (its locks fall free) or frozen (it holds its locks and hears nothing until it thaws).
 */
import type { Locks } from '#platform/browser/leadership.ts'
import type { Wire } from '#platform/browser/wire.ts'
import { settle } from '#tests/support/fake-timers.ts'

type Hold = () => Promise<void>

interface LockRequest {
	readonly tab: FakeTab
	readonly name: string
	readonly hold: Hold
	readonly resolve: () => void
	readonly reject: (error: unknown) => void
}

export interface FakeTab {
	readonly locks: Locks
	readonly channel: (name: string) => Wire
	readonly close: () => void
	readonly freeze: () => void
	readonly thaw: () => Promise<void>
}

const aborted = () => new DOMException('stolen or given up', 'AbortError')

export class FakeBrowser {
	readonly #held = new Map<string, LockRequest>()
	readonly #queues = new Map<string, LockRequest[]>()
	readonly #tabs = new Set<TabState>()

	/** `lockDelay`: turns until a lock request of this tab reaches the manager, which is another process. */
	openTab(lockDelay = 0): FakeTab {
		const tab = new TabState(this, lockDelay)
		this.#tabs.add(tab)
		return tab
	}

	holder(name: string): FakeTab | null {
		return this.#held.get(name)?.tab ?? null
	}

	broadcast(from: TabState, name: string, message: unknown): void {
		const clone = structuredClone(message)
		for (const tab of this.#tabs) if (tab !== from) tab.enqueue(() => tab.hear(name, structuredClone(clone)))
	}

	request(request: LockRequest, steal: boolean): void {
		const holder = this.#held.get(request.name)
		if (steal && holder !== undefined) {
			this.#held.delete(request.name)
			;(holder.tab as TabState).enqueue(() => holder.reject(aborted()))
		}
		const queue = this.#queues.get(request.name) ?? []
		this.#queues.set(request.name, steal ? [request, ...queue] : [...queue, request])
		this.#grantNext(request.name)
	}

	abandon(request: LockRequest): void {
		const queue = this.#queues.get(request.name) ?? []
		if (!queue.includes(request)) return
		this.#queues.set(
			request.name,
			queue.filter((other) => other !== request),
		)
		request.reject(aborted())
	}

	remove(tab: TabState): void {
		this.#tabs.delete(tab)
		for (const [name, queue] of this.#queues) {
			this.#queues.set(
				name,
				queue.filter((request) => request.tab !== tab),
			)
		}
		for (const [name, request] of this.#held) {
			if (request.tab !== tab) continue
			this.#held.delete(name)
			this.#grantNext(name)
		}
	}

	#grantNext(name: string): void {
		if (this.#held.has(name)) return
		const request = this.#queues.get(name)?.shift()
		if (request === undefined) return
		this.#held.set(name, request)
		;(request.tab as TabState).enqueue(() => void this.#run(request))
	}

	async #run(request: LockRequest): Promise<void> {
		await request.hold()
		if (this.#held.get(request.name) !== request) return
		this.#held.delete(request.name)
		request.resolve()
		this.#grantNext(request.name)
	}
}

class TabState implements FakeTab {
	readonly #browser: FakeBrowser
	readonly #listeners = new Map<string, Set<(message: unknown) => void>>()
	/** What happens to this tab, in order; kept back while it is frozen. */
	#mailbox: (() => void)[] = []
	readonly #lockDelay: number
	#frozen = false
	#closed = false

	constructor(browser: FakeBrowser, lockDelay: number) {
		this.#browser = browser
		this.#lockDelay = lockDelay
	}

	readonly locks: Locks = {
		request: (name, options, hold) =>
			new Promise<void>((resolve, reject) => {
				const request: LockRequest = { tab: this, name, hold, resolve, reject }
				options.signal?.addEventListener('abort', () => this.#browser.abandon(request))
				void this.#afterDelay().then(() => this.#browser.request(request, options.steal ?? false))
			}),
	}

	channel(name: string): Wire {
		return {
			post: (message) => this.#browser.broadcast(this, name, message),
			listen: (listener) => {
				const listeners = this.#listeners.get(name) ?? new Set()
				this.#listeners.set(name, listeners.add(listener))
				return () => void listeners.delete(listener)
			},
		}
	}

	async #afterDelay(): Promise<void> {
		for (let turn = 0; turn < this.#lockDelay; turn++) await settle()
	}

	enqueue(event: () => void): void {
		if (this.#closed) return
		this.#mailbox.push(event)
		if (!this.#frozen) setImmediate(() => this.#deliver())
	}

	#deliver(): void {
		if (!this.#frozen) this.#mailbox.shift()?.()
	}

	hear(name: string, message: unknown): void {
		for (const listener of this.#listeners.get(name) ?? []) listener(message)
	}

	close(): void {
		this.#closed = true
		this.#mailbox = []
		this.#browser.remove(this)
	}

	freeze(): void {
		this.#frozen = true
	}

	async thaw(): Promise<void> {
		this.#frozen = false
		while (this.#mailbox.length > 0) {
			this.#deliver()
			await settle()
		}
	}
}

/** Two ends of one port: what one posts, the other hears a turn later. */
export function fakePort(): { readonly a: Wire; readonly b: Wire } {
	const heard = { a: new Set<(message: unknown) => void>(), b: new Set<(message: unknown) => void>() }
	const end = (mine: 'a' | 'b', theirs: 'a' | 'b'): Wire => ({
		post: (message) => {
			const clone: unknown = structuredClone(message)
			setImmediate(() => heard[theirs].forEach((listener) => listener(clone)))
		},
		listen: (listener) => {
			heard[mine].add(listener)
			return () => void heard[mine].delete(listener)
		},
	})
	return { a: end('a', 'b'), b: end('b', 'a') }
}
