/**
 * What screens watch. A view is computed when somebody watches it, and again after each commit that may have
 * changed it: changes of one turn are told once, the newest value wins, and an unchanged view says nothing.
 * Nothing is emitted inside an open transaction: whoever changes state calls `changed` after its commit.
 */
import type { Views } from './api.ts'

type Key = keyof Views

export type ViewSources = { readonly [V in Key]: (of: Views[V]['of']) => Views[V]['view'] | Promise<Views[V]['view']> }

interface Watch {
	readonly view: Key
	readonly of: Views[Key]['of']
	readonly listener: (value: never) => void
	told: string | null
	isStale: boolean
	isRunning: boolean
}

export interface ViewRegistry {
	readonly watch: <V extends Key>(
		view: V,
		of: Views[V]['of'],
		listener: (value: Views[V]['view']) => void,
	) => () => void
	/** `of` left out: every watched view of that name. A run of history is of its conversation. */
	readonly changed: (view: Key, of?: string) => void
	readonly watched: (view: Key, of: string) => boolean
	readonly isWatched: (view: Key) => boolean
	/** What views of this name are watched of. */
	readonly watchedOf: (view: Key) => ReadonlySet<string>
	readonly close: () => void
}

/** What alerts are made of. */
const alerting: ReadonlySet<Key> = new Set(['alerts', 'chats', 'friends', 'group', 'devices'])

/** A run of history changes with its conversation, a picture with its group, alerts with all that they tell of. */
function isToldBy(watch: Watch, view: Key, one: string | undefined): boolean {
	if (watch.view === 'alerts') return alerting.has(view)
	const isPart = watch.view === 'history' || watch.view === 'info' || watch.view === 'pins'
	const isOfGroup = watch.view === 'picture' && view === 'group'
	const isIt = watch.view === view || isOfGroup || (isPart && view === 'conversation')
	return isIt && (one === undefined || isOf(watch, one))
}

function isOf({ of }: Watch, one: string): boolean {
	return of !== null && typeof of === 'object' ? of.conversation === one : of === one
}

export function createViews(sources: ViewSources, failed: (error: unknown) => void): ViewRegistry {
	const watches = new Set<Watch>()

	async function tell(watch: Watch): Promise<void> {
		const value = await (sources[watch.view] as (of: Views[Key]['of']) => unknown)(watch.of)
		if (!watches.has(watch)) return
		const told = JSON.stringify(value)
		if (told === watch.told) return
		watch.told = told
		watch.listener(value as never)
	}

	async function run(watch: Watch): Promise<void> {
		while (watch.isStale && watches.has(watch)) {
			watch.isStale = false
			await tell(watch).catch(failed)
		}
		watch.isRunning = false
	}

	/** Each by itself: a view that asks the server keeps no other waiting. */
	function schedule(watch: Watch): void {
		watch.isStale = true
		if (watch.isRunning) return
		watch.isRunning = true
		queueMicrotask(() => void run(watch))
	}

	return {
		watch: (view, of, listener) => {
			const watch: Watch = {
				view,
				of,
				listener: listener as (value: never) => void,
				told: null,
				isStale: false,
				isRunning: false,
			}
			watches.add(watch)
			schedule(watch)
			return () => void watches.delete(watch)
		},
		changed: (view, of) => {
			for (const watch of watches) if (isToldBy(watch, view, of)) schedule(watch)
		},
		watched: (view, of) => [...watches].some((watch) => watch.view === view && isOf(watch, of)),
		isWatched: (view) => [...watches].some((watch) => watch.view === view),
		watchedOf: (view) =>
			new Set([...watches].flatMap((watch) => (watch.view === view && typeof watch.of === 'string' ? [watch.of] : []))),
		close: () => watches.clear(),
	}
}
