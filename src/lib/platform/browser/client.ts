/**
 * Kith in a browser window: the API of the core, which runs in this tab's worker or in that of the tab that leads.
 * Nothing here sees a key or an envelope: this file loads the proxy and types only.
 */
import type { KithApi } from '#core/api.ts'
import { fail } from '#protocol/result.ts'
import { tellingFirstScreen } from './first-screen.ts'
import type { FromPeerWindow, ToPeerWindow } from './peer-wire.ts'
import { createRpcClient, RpcError, targetToApi, type RpcTarget } from './rpc.ts'
import { limitScriptAddresses } from './script-addresses.ts'
import { apiChannel, peerChannel, windowChannel, type FromWindow, type FromWorker, type Trouble } from './trouble.ts'
import { endToWire, type Wire } from './wire.ts'

export interface BrowserClientOptions {
	/** This tab cannot go on as it is; the screen says why and what to do. */
	readonly onTrouble: (trouble: Trouble) => void
	/** Told of every command that is under way. */
	readonly onCall?: (call: Promise<unknown>) => void
}

/** Call `browserSupport` first: here everything must be there. */
export function createBrowserClient({ onTrouble, onCall }: BrowserClientOptions): KithApi {
	limitScriptAddresses()
	const worker = new Worker(new URL('./worker/core-worker.ts', import.meta.url), { type: 'module', name: 'kith-core' })
	worker.onerror = () => onTrouble('worker-failed')

	const control = endToWire(worker, windowChannel)
	control.listen((message) => onTrouble((message as FromWorker).trouble))
	const tellVisibility = () => {
		const visible = document.visibilityState === 'visible'
		control.post({ type: 'visibility', visible } satisfies FromWindow)
	}
	document.addEventListener('visibilitychange', tellVisibility)
	tellVisibility()

	const closePeers = servePeers(endToWire(worker, peerChannel))
	const rpc = createRpcClient(endToWire(worker, apiChannel))
	const afterFrame = (run: () => void) => requestAnimationFrame(() => requestAnimationFrame(run))
	const shown = () => control.post({ type: 'shown' } satisfies FromWindow)
	const target = tellingFirstScreen(withInterruptions(rpc), { afterFrame, shown })
	const api = targetToApi<KithApi>(heardBy(onCall, target), async () => {
		document.removeEventListener('visibilitychange', tellVisibility)
		rpc.abandon()
		worker.terminate()
		closePeers()
	})
	keepStorage(api)
	return api
}

/** Connections between devices, which only a window can make: the code comes with the first of them. Returns how to end them. */
function servePeers(wire: Wire): () => void {
	const early: unknown[] = []
	let isClosed = false
	let stop = wire.listen((message) => {
		if (early.push(message) === 1) void serve()
	})

	async function serve(): Promise<void> {
		const window = await import('./peer-window.ts').catch(() => null)
		if (isClosed) return
		if (window === null) return refuse()
		stop()
		stop = window.servePeerWindow(wire, early)
	}

	/** Its code did not come; the core tries again after a while, and so do we. */
	function refuse(): void {
		for (const { type, id } of early.splice(0) as ToPeerWindow[])
			if (type === 'connect') wire.post({ type: 'closed', id } satisfies FromPeerWindow)
	}

	return () => {
		isClosed = true
		stop()
	}
}

function heardBy(onCall: BrowserClientOptions['onCall'], target: RpcTarget): RpcTarget {
	if (onCall === undefined) return target
	return {
		...target,
		call: (method, input) => {
			const call = target.call(method, input)
			onCall(call)
			return call
		},
	}
}

/** A core that went away in the middle of a command is an expected failure: a value, as the others. */
function withInterruptions(target: RpcTarget): RpcTarget {
	const interruptions: readonly string[] = ['interrupted', 'stale-leader', 'closed']
	return {
		...target,
		call: (method, input) =>
			target.call(method, input).catch((error: unknown) => {
				if (error instanceof RpcError && interruptions.includes(error.type)) return fail({ type: 'interrupted' })
				throw error
			}),
	}
}

/**
 * Asks the browser, once somebody is signed in, not to drop our storage when room is short (Safari: after 7 days without a
 * visit). Where it refuses, the storage stays what it is designed to be: a cache with an outbox.
 */
function keepStorage(api: KithApi): void {
	const stop = api.watch('session', null, ({ type }) => {
		if (type !== 'signed-in') return
		stop()
		void navigator.storage?.persist?.().catch(() => undefined)
	})
}
