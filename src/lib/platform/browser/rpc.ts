/**
 * Calls and watches over a wire, for any object of the form of KithApi: methods of one input that return a promise, and
 * `watch(view, of, listener)`.
 *
 * | from client                        | from server                      |
 * |------------------------------------|----------------------------------|
 * | call {id, method, input}           | taken {id}, then                 |
 * |                                    | answer {id, value} or            |
 * |                                    | threw {id, error: {type, message}} |
 * | watch {id, view, of} · unwatch {id}| view {id, value}                 |
 * | seen {id}                          |                                  |
 *
 * - A view is a whole value and only the newest matters: one is under way at a time, the next goes out after `seen`. A slow
 *   or frozen screen costs one value, not a queue.
 * - Expected failures are values inside the answer. What throws arrives as RpcError: its type where the error had one.
 * - `taken` tells a client whose server vanishes which calls were never begun: those may be made again elsewhere.
 */
import type { Wire } from './wire.ts'

export interface RpcTarget {
	readonly call: (method: string, input: unknown) => Promise<unknown>
	readonly watch: (view: string, of: unknown, listener: (value: unknown) => void) => () => void
}

export type RpcMessage =
	| { readonly type: 'call'; readonly id: number; readonly method: string; readonly input: unknown }
	| { readonly type: 'taken'; readonly id: number }
	| { readonly type: 'answer'; readonly id: number; readonly value: unknown }
	| { readonly type: 'threw'; readonly id: number; readonly error: RpcFailure }
	| { readonly type: 'watch'; readonly id: number; readonly view: string; readonly of: unknown }
	| { readonly type: 'unwatch'; readonly id: number }
	| { readonly type: 'view'; readonly id: number; readonly value: unknown }
	| { readonly type: 'seen'; readonly id: number }

export interface RpcFailure {
	/** `interrupted`: the other side went away; the call may or may not have been carried out. */
	readonly type: string
	readonly message: string
}

export class RpcError extends Error {
	readonly type: string

	constructor(failure: RpcFailure) {
		super(failure.message)
		this.name = 'RpcError'
		this.type = failure.type
	}
}

function errorToFailure(error: unknown): RpcFailure {
	const type = (error as { type?: unknown } | null)?.type
	const message = error instanceof Error ? `${error.name}: ${error.message}` : 'thrown'
	return { type: typeof type === 'string' ? type : 'bug', message }
}

/** Own functions of the object only: never what it inherits, and not what the proxy itself provides. */
export function apiToTarget(api: object): RpcTarget {
	const methods = api as Readonly<Record<string, (...parameters: unknown[]) => unknown>>
	return {
		call: async (method, input) => {
			if (method === 'watch' || method === 'close' || !Object.hasOwn(api, method)) {
				throw new RpcError({ type: 'bug', message: `no method ${method}` })
			}
			return (methods[method] as (input: unknown) => unknown)(input)
		},
		watch: (view, of, listener) => (methods['watch'] as RpcTarget['watch'])(view, of, listener),
	}
}

/** One watched view on its way to a client: at most one value in flight, the newest waiting. */
interface OutgoingView {
	stop: () => void
	inFlight: boolean
	waiting: { readonly value: unknown } | null
}

class RpcServer {
	readonly #wire: Wire
	readonly #target: RpcTarget
	readonly #views = new Map<number, OutgoingView>()
	readonly #stopListening: () => void

	constructor(wire: Wire, target: RpcTarget) {
		this.#wire = wire
		this.#target = target
		this.#stopListening = wire.listen((message) => this.#receive(message as RpcMessage))
	}

	stop(): void {
		this.#stopListening()
		for (const view of this.#views.values()) view.stop()
		this.#views.clear()
	}

	#post(message: RpcMessage): void {
		this.#wire.post(message)
	}

	#receive(message: RpcMessage): void {
		if (message.type === 'call') void this.#call(message.id, message.method, message.input)
		else if (message.type === 'watch') this.#watch(message.id, message.view, message.of)
		else if (message.type === 'seen') this.#seen(message.id)
		else if (message.type === 'unwatch') {
			this.#views.get(message.id)?.stop()
			this.#views.delete(message.id)
		}
	}

	async #call(id: number, method: string, input: unknown): Promise<void> {
		this.#post({ type: 'taken', id })
		try {
			this.#post({ type: 'answer', id, value: await this.#target.call(method, input) })
		} catch (error) {
			this.#post({ type: 'threw', id, error: errorToFailure(error) })
		}
	}

	#watch(id: number, view: string, of: unknown): void {
		const outgoing: OutgoingView = { stop: () => undefined, inFlight: false, waiting: null }
		this.#views.set(id, outgoing)
		outgoing.stop = this.#target.watch(view, of, (value) => {
			outgoing.waiting = { value }
			this.#send(id, outgoing)
		})
	}

	#send(id: number, view: OutgoingView): void {
		if (view.inFlight || view.waiting === null) return
		view.inFlight = true
		this.#post({ type: 'view', id, value: view.waiting.value })
		view.waiting = null
	}

	#seen(id: number): void {
		const view = this.#views.get(id)
		if (view === undefined) return
		view.inFlight = false
		this.#send(id, view)
	}
}

/** Serves `target` to the other end of `wire`; returns how to stop, which ends the watches too. */
export function serveRpc(wire: Wire, target: RpcTarget): () => void {
	const server = new RpcServer(wire, target)
	return () => server.stop()
}

interface PendingCall {
	readonly method: string
	readonly input: unknown
	taken: boolean
	readonly resolve: (value: unknown) => void
	readonly reject: (error: unknown) => void
}

/** A call that the other side had not begun when it went away. */
export interface UnbegunCall {
	readonly method: string
	readonly input: unknown
	readonly resolve: (value: unknown) => void
	readonly reject: (error: unknown) => void
}

export interface RpcClient extends RpcTarget {
	/**
	 * Forgets the other side: calls that it had begun reject as `interrupted`, those it had not are given back,
	 * watches end without a word.
	 */
	readonly abandon: () => readonly UnbegunCall[]
}

export function createRpcClient(wire: Wire): RpcClient {
	let lastId = 0
	const calls = new Map<number, PendingCall>()
	const watches = new Map<number, (value: unknown) => void>()
	const post = (message: RpcMessage) => wire.post(message)

	function settle(id: number, how: (call: PendingCall) => void): void {
		const call = calls.get(id)
		calls.delete(id)
		if (call !== undefined) how(call)
	}

	const stopListening = wire.listen((raw) => {
		const message = raw as RpcMessage
		if (message.type === 'answer') settle(message.id, (call) => call.resolve(message.value))
		else if (message.type === 'threw') settle(message.id, (call) => call.reject(new RpcError(message.error)))
		else if (message.type === 'view') {
			post({ type: 'seen', id: message.id })
			watches.get(message.id)?.(message.value)
		} else if (message.type === 'taken') {
			const call = calls.get(message.id)
			if (call !== undefined) call.taken = true
		}
	})

	return {
		call: (method, input) =>
			new Promise((resolve, reject) => {
				const id = ++lastId
				calls.set(id, { method, input, taken: false, resolve, reject })
				post({ type: 'call', id, method, input })
			}),
		watch: (view, of, listener) => {
			const id = ++lastId
			watches.set(id, listener)
			post({ type: 'watch', id, view, of })
			return () => {
				if (watches.delete(id)) post({ type: 'unwatch', id })
			}
		},
		abandon: () => {
			stopListening()
			watches.clear()
			const left = [...calls.values()]
			calls.clear()
			for (const call of left.filter(({ taken }) => taken)) {
				call.reject(new RpcError({ type: 'interrupted', message: 'the other side went away' }))
			}
			return left.filter(({ taken }) => !taken)
		},
	}
}

/** The other side's object, as it looks from here; `close` is ours. */
export function targetToApi<Api extends { close(): Promise<void> }>(
	target: RpcTarget,
	close: () => Promise<void>,
): Api {
	return new Proxy({} as Api, {
		get: (_, name) => {
			// Not a thenable: a proxy that answers to `then` cannot be awaited.
			if (typeof name !== 'string' || name === 'then') return undefined
			if (name === 'watch') return target.watch
			if (name === 'close') return close
			return (input: unknown) => target.call(name, input)
		},
	})
}
