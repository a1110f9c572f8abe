/**
 * One tab's worker among the others: leads or follows, and lets its window talk to whatever core there is.
 * Everything of the browser comes in, so that tests play many tabs in one process.
 */
import { StorageError } from '#store/storage.ts'
import type { Timers } from '#protocol/ports.ts'
import { holdTabLock, startLeadership, type Leadership, type Locks } from './leadership.ts'
import { createRelay, type Relay } from './relay.ts'
import type { RpcTarget } from './rpc.ts'
import { serveTabs } from './serve-tabs.ts'
import type { Trouble } from './trouble.ts'
import { addressedWire, type Wire } from './wire.ts'

/** What tabs say to each other; raised when an older tab could not understand it. */
const tabProtocolVersion = 1

export interface TabDeps {
	/** Random id of this worker's life. */
	readonly self: string
	/** What this tab's window talks to. */
	readonly window: Relay
	readonly locks: Locks
	/** Two conversations that all tabs hear: who leads, and calls to the leader. */
	readonly election: Wire
	readonly calls: Wire
	readonly timers: Timers
	readonly startCore: (failed: (where: string, error: unknown) => void) => Promise<TabCore>
	readonly trouble: (trouble: Trouble) => void
	readonly version?: number
}

export interface TabCore {
	readonly target: RpcTarget
	readonly close: () => Promise<void>
}

export interface Tab {
	readonly leads: () => boolean
	readonly setVisible: (visible: boolean) => void
	readonly stop: () => Promise<void>
}

function troubleOf(error: unknown): Trouble {
	if (!(error instanceof StorageError)) return 'worker-failed'
	if (error.type === 'newer-schema') return 'outdated'
	return error.type === 'full' ? 'storage-full' : 'storage-unavailable'
}

/** The time as leader: from the lock until `stop`. */
interface Term {
	readonly stop: () => Promise<void>
}

interface TermDeps {
	readonly tab: TabDeps
	/** Our core was overtaken: storage closed under it, or a newer generation. */
	readonly overtaken: () => void
	readonly cannotStart: (error: unknown) => void
}

function beginTerm({ tab, overtaken, cannotStart }: TermDeps): Term {
	let stopped = false
	// Other tabs may call while the core still starts: their calls wait in a relay of this term and end with it.
	const others = createRelay()
	const stopServing = serveTabs({ shared: tab.calls, self: tab.self, locks: tab.locks, target: others })

	function failed(_where: string, error: unknown): void {
		if (stopped || !(error instanceof StorageError)) return
		if (error.type === 'stale-leader' || error.type === 'closed') overtaken()
		else tab.trouble(troubleOf(error))
	}

	function watchful(target: RpcTarget): RpcTarget {
		return {
			...target,
			call: (method, input) =>
				target.call(method, input).catch((error: unknown) => {
					failed(method, error)
					throw error
				}),
		}
	}

	const core = tab.startCore(failed)
	core.then(
		(core) => {
			if (stopped) return
			const target = watchful(core.target)
			tab.window.useLocal(target)
			others.useLocal(target)
		},
		(error: unknown) => {
			if (!stopped) cannotStart(error)
		},
	)
	return {
		stop: async () => {
			stopped = true
			stopServing()
			tab.window.useNobody()
			await core.then(({ close }) => close()).catch(() => undefined)
		},
	}
}

export async function openTab(deps: TabDeps): Promise<Tab> {
	const { window } = deps
	let term: Term | null = null
	let lastTerm: Promise<void> = Promise.resolve()

	function endTerm(): void {
		if (term !== null) lastTerm = term.stop()
		term = null
	}

	await holdTabLock(deps.locks, deps.self)
	const leadership: Leadership = startLeadership({
		...deps,
		shared: deps.election,
		version: deps.version ?? tabProtocolVersion,
		startCore: () => {
			term = beginTerm({
				tab: deps,
				overtaken: () => leadership.resign(),
				cannotStart: (error) => {
					deps.trouble(troubleOf(error))
					leadership.giveUp()
				},
			})
		},
		stopCore: endTerm,
		connect: (leader) => window.useRemote(addressedWire(deps.calls, deps.self, leader)),
		disconnect: () => window.useNobody(),
		outdated: () => deps.trouble('outdated'),
	})
	return {
		leads: () => leadership.state().type === 'leading',
		setVisible: leadership.setVisible,
		stop: async () => {
			leadership.stop()
			endTerm()
			await lastTerm
		},
	}
}
