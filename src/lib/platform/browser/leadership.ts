/**
 * Runs the machine of leadership-state.ts over a Web Lock and a channel that all tabs hear.
 *
 * Each tab also holds a lock of its own name while it lives: a leader waits for it to learn that the tab is gone, however
 * it went, and drops what it served there.
 */
import type { Timers } from '#protocol/ports.ts'
import {
	firstStep,
	step,
	tickMs,
	type LeadershipEffect,
	type LeadershipEvent,
	type LeadershipState,
} from './leadership-state.ts'
import type { Wire } from './wire.ts'

/** The part of navigator.locks that is used. */
export interface Locks {
	request(
		name: string,
		options: { readonly signal?: AbortSignal; readonly steal?: boolean },
		hold: () => Promise<void>,
	): Promise<unknown>
}

export interface LeadershipDeps {
	readonly locks: Locks
	/** Heard by all tabs of the origin. */
	readonly shared: Wire
	readonly timers: Timers
	/** Random, of this worker's life. */
	readonly self: string
	/** Version of what tabs say to each other; the higher one leads. */
	readonly version: number
	readonly startCore: () => void
	readonly stopCore: () => void
	readonly connect: (leader: string) => void
	readonly disconnect: () => void
	/** A newer version of the app leads: nothing happens here until a reload. */
	readonly outdated: () => void
}

export interface Leadership {
	readonly state: () => LeadershipState
	/** A tab that is looked at watches its leader; a hidden one waits to be looked at. */
	readonly setVisible: (visible: boolean) => void
	/** Our own core found itself stale: let go, and queue again. */
	readonly resign: () => void
	/** Our own core cannot start: let go, and leave it to others. */
	readonly giveUp: () => void
	readonly stop: () => void
}

type Word = { readonly type: 'who' } | { readonly type: 'lead'; readonly leader: string; readonly version: number }

export const leaderLock = 'kith-core'
const tabLock = (tab: string): string => `kith-tab-${tab}`

export function startLeadership(deps: LeadershipDeps): Leadership {
	let state: LeadershipState = firstStep.state
	let stopped = false
	let visible = false
	let cancelTick: (() => void) | null = null
	let leaveQueue: (() => void) | null = null
	/** How to end the hold that we have now; null when we hold nothing. */
	let release: (() => void) | null = null

	function dispatch(event: LeadershipEvent): void {
		if (stopped) return
		const before = state
		const next = step(state, event, deps.version)
		state = next.state
		for (const effect of next.effects) perform(effect)
		if (state.type === 'out' && before.type !== 'out' && state.why === 'outdated') deps.outdated()
		schedule()
	}

	/** Holding lasts until `release`, or until somebody steals the lock: then the request itself rejects. */
	async function requestLock(steal: boolean): Promise<void> {
		leaveQueue?.()
		const controller = new AbortController()
		leaveQueue = () => controller.abort()
		let endHold: (() => void) | null = null
		const hold = () => {
			if (controller.signal.aborted || stopped) return Promise.resolve()
			leaveQueue = null
			const holding = new Promise<void>((resolve) => (endHold = resolve))
			release = endHold
			dispatch({ type: 'granted' })
			return holding
		}
		try {
			// The two options exclude each other.
			await deps.locks.request(leaderLock, steal ? { steal } : { signal: controller.signal }, hold)
		} catch {
			// AbortError: we left the queue, or the lock was stolen while this very request held it.
			if (endHold !== null && release === endHold) dispatch({ type: 'lost' })
		}
	}

	function releaseLock(): void {
		release?.()
		release = null
	}

	function perform(effect: LeadershipEffect): void {
		switch (effect.type) {
			case 'request-lock':
				return void requestLock(effect.steal)
			case 'leave-queue':
				leaveQueue?.()
				leaveQueue = null
				return
			case 'release-lock':
				return releaseLock()
			case 'start-core':
				return deps.startCore()
			case 'stop-core':
				return deps.stopCore()
			case 'connect':
				return deps.connect(effect.leader)
			case 'disconnect':
				return deps.disconnect()
			case 'ping':
				return deps.shared.post({ type: 'who' } satisfies Word)
			case 'announce':
				return deps.shared.post({ type: 'lead', leader: deps.self, version: deps.version } satisfies Word)
		}
	}

	function schedule(): void {
		const watching = visible && !stopped && (state.type === 'seeking' || state.type === 'following')
		if (!watching) {
			cancelTick?.()
			cancelTick = null
		} else if (cancelTick === null) {
			cancelTick = deps.timers.after(tickMs, () => {
				cancelTick = null
				dispatch({ type: 'tick' })
			})
		}
	}

	const stopListening = deps.shared.listen((raw) => {
		const word = raw as Word
		if (word.type === 'who') dispatch({ type: 'asked' })
		else if (word.type === 'lead') dispatch({ type: 'heard', leader: word.leader, version: word.version })
	})
	for (const effect of firstStep.effects) perform(effect)

	return {
		state: () => state,
		setVisible: (now) => {
			visible = now
			if (now && state.type !== 'leading') deps.shared.post({ type: 'who' } satisfies Word)
			schedule()
		},
		resign: () => dispatch({ type: 'lost' }),
		giveUp: () => dispatch({ type: 'failed' }),
		stop: () => {
			stopped = true
			schedule()
			stopListening()
			leaveQueue?.()
			releaseLock()
		},
	}
}

/** Calls `gone` when the worker of `tab` no longer lives; the answer stops waiting. */
export function whenTabIsGone(locks: Locks, tab: string, gone: () => void): () => void {
	const controller = new AbortController()
	locks.request(tabLock(tab), { signal: controller.signal }, async () => gone()).catch(() => undefined)
	return () => controller.abort()
}

/**
 * Held for the life of this worker; resolves when it is. Only then may the tab speak to others: who waits for the lock of a
 * tab that does not hold it yet, takes it for gone.
 */
export function holdTabLock(locks: Locks, tab: string): Promise<void> {
	return new Promise((held, failed) => {
		const hold = () => {
			held()
			return new Promise<void>(() => undefined)
		}
		locks.request(tabLock(tab), {}, hold).catch(failed)
	})
}
