/**
 * Where messages go: between a window and its worker, or between the workers of two tabs.
 * Both ends are our own code of one origin; a message is whatever structured clone carries.
 */

export interface Wire {
	/** What is transferred is gone here; only where the end is a worker. */
	readonly post: (message: unknown, transferred?: readonly ArrayBuffer[]) => void
	/** Every message that comes, in order; returns how to stop. */
	readonly listen: (listener: (message: unknown) => void) => () => void
}

/** What Worker, MessagePort, BroadcastChannel and a worker's own global scope have in common. */
export interface MessageEnd {
	postMessage(message: unknown, options?: { transfer?: ArrayBuffer[] }): void
	addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
	removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

interface Envelope {
	readonly channel: string
	readonly message: unknown
}

/** One of several conversations over the same end, told apart by `channel`. */
export function endToWire(end: MessageEnd, channel: string): Wire {
	return {
		post: (message, transferred = []) =>
			end.postMessage({ channel, message } satisfies Envelope, { transfer: [...transferred] }),
		listen: (listener) => {
			const onMessage = (event: { readonly data: unknown }) => {
				const envelope = event.data as Partial<Envelope> | null
				if (envelope?.channel === channel) listener(envelope.message)
			}
			end.addEventListener('message', onMessage)
			return () => end.removeEventListener('message', onMessage)
		},
	}
}

interface Addressed {
	readonly from: string
	readonly to: string
	readonly message: unknown
}

/** A wire between two of the many that hear `shared`; ids are the tabs'. */
export function addressedWire(shared: Wire, self: string, peer: string): Wire {
	return {
		post: (message) => shared.post({ from: self, to: peer, message } satisfies Addressed),
		listen: (listener) =>
			shared.listen((raw) => {
				const { from, to, message } = raw as Addressed
				if (from === peer && to === self) listener(message)
			}),
	}
}

/** Who speaks to `self` over `shared`: called with each peer's first message and all that follow. */
export function listenToPeers(shared: Wire, self: string, heard: (peer: string, message: unknown) => void): () => void {
	return shared.listen((raw) => {
		const { from, to, message } = raw as Addressed
		if (to === self) heard(from, message)
	})
}
