/**
 * What a tab's window talks to while leaders come and go: the core in this worker, the core of another tab, or nobody yet.
 *
 * - While nobody leads, calls wait and views keep their last value.
 * - At a change of leader every watch is taken up again there; calls that the old one had not begun move to the new one,
 *   those that it had begun reject as `interrupted`: whether a message was stored, its view will tell.
 */
import { createRpcClient, type RpcTarget, type UnbegunCall } from './rpc.ts'
import type { Wire } from './wire.ts'

interface RelayedWatch {
	readonly view: string
	readonly of: unknown
	readonly listener: (value: unknown) => void
	stop: () => void
}

interface Leader {
	readonly target: RpcTarget
	readonly abandon: () => readonly UnbegunCall[]
}

export interface Relay extends RpcTarget {
	/** The core runs here. */
	readonly useLocal: (target: RpcTarget) => void
	/** The core runs at the other end of `wire`. */
	readonly useRemote: (wire: Wire) => void
	readonly useNobody: () => void
}

export function createRelay(): Relay {
	let leader: Leader | null = null
	let waiting: UnbegunCall[] = []
	const watches = new Set<RelayedWatch>()

	function forward(call: UnbegunCall, target: RpcTarget): void {
		target.call(call.method, call.input).then(call.resolve, call.reject)
	}

	function takeUp(watch: RelayedWatch): void {
		watch.stop = leader?.target.watch(watch.view, watch.of, watch.listener) ?? (() => undefined)
	}

	function use(next: Leader | null): void {
		for (const watch of watches) watch.stop()
		waiting.push(...(leader?.abandon() ?? []))
		leader = next
		for (const watch of watches) takeUp(watch)
		if (next === null) return
		const calls = waiting
		waiting = []
		for (const call of calls) forward(call, next.target)
	}

	return {
		useLocal: (target) => use({ target, abandon: () => [] }),
		useRemote: (wire) => {
			const client = createRpcClient(wire)
			use({ target: client, abandon: client.abandon })
		},
		useNobody: () => use(null),
		call: (method, input) =>
			new Promise((resolve, reject) => {
				const call = { method, input, resolve, reject }
				if (leader === null) waiting.push(call)
				else forward(call, leader.target)
			}),
		watch: (view, of, listener) => {
			const watch: RelayedWatch = { view, of, listener, stop: () => undefined }
			watches.add(watch)
			takeUp(watch)
			return () => {
				if (watches.delete(watch)) watch.stop()
			}
		},
	}
}
