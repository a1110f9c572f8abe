/** The leader's side of the channel between tabs: one RPC server for each tab that speaks to it, while that tab lives. */
import { whenTabIsGone, type Locks } from './leadership.ts'
import { serveRpc, type RpcTarget } from './rpc.ts'
import { addressedWire, listenToPeers, type Wire } from './wire.ts'

export interface ServeTabsDeps {
	readonly shared: Wire
	readonly self: string
	readonly locks: Locks
	readonly target: RpcTarget
}

interface ServedTab {
	deliver: (message: unknown) => void
	readonly stop: () => void
}

function serveTab(deps: ServeTabsDeps, tab: string, gone: () => void): ServedTab {
	const served: { deliver: ServedTab['deliver'] } = { deliver: () => undefined }
	const wire: Wire = {
		post: addressedWire(deps.shared, deps.self, tab).post,
		listen: (listener) => {
			served.deliver = listener
			return () => (served.deliver = () => undefined)
		},
	}
	const stopServing = serveRpc(wire, deps.target)
	const stopWaiting = whenTabIsGone(deps.locks, tab, gone)
	return {
		deliver: (message) => served.deliver(message),
		stop: () => {
			stopServing()
			stopWaiting()
		},
	}
}

/** Returns how to stop serving all of them. */
export function serveTabs(deps: ServeTabsDeps): () => void {
	const tabs = new Map<string, ServedTab>()
	function drop(tab: string): void {
		tabs.get(tab)?.stop()
		tabs.delete(tab)
	}
	const stopListening = listenToPeers(deps.shared, deps.self, (tab, message) => {
		let served = tabs.get(tab)
		if (served === undefined) {
			served = serveTab(deps, tab, () => drop(tab))
			tabs.set(tab, served)
		}
		served.deliver(message)
	})
	return () => {
		stopListening()
		for (const tab of [...tabs.keys()]) drop(tab)
	}
}
