/**
 * What the stock `WebsocketProvider` takes for its WebSocket: one channel of the multiplexed socket.
 * Every inbound sync and awareness frame is decoded, checked and encoded anew before the provider sees it,
 * because the provider applies bytes straight to its Y.Doc. Frames keep their order across the asynchronous checks.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Frame } from '#protocol/frames.ts'
import { emptyAwarenessMessage } from '#protocol/page-messages.ts'
import type { Timers } from '#protocol/ports.ts'
import { wireErrors } from '#protocol/errors.ts'
import type { Channels } from './channels.ts'

/** Turns an inbound frame into what the provider may see: none, or messages of the y-websocket protocol. */
export type Gate = (frame: Frame) => Promise<readonly Bytes[]>

export interface PageSocketDeps {
	readonly guid: string
	readonly channels: Channels
	readonly timers: Timers
	readonly gate: Gate
}

/** The provider gives a socket up after 30 s of silence; an empty awareness frame this often keeps it, ms. */
const keepAliveInterval = 20_000

type Handler<E> = ((event: E) => void) | null

class PageSocket {
	static readonly CONNECTING = 0
	static readonly OPEN = 1
	static readonly CLOSING = 2
	static readonly CLOSED = 3
	readonly CONNECTING = 0
	readonly OPEN = 1
	readonly CLOSING = 2
	readonly CLOSED = 3

	binaryType = 'arraybuffer'
	readyState = 0
	onopen: Handler<object> = null
	onmessage: Handler<{ data: ArrayBuffer }> = null
	onclose: Handler<{ code: number; reason: string }> = null
	onerror: Handler<unknown> = null

	readonly #deps: PageSocketDeps
	readonly #detach: () => void
	#order: Promise<void> = Promise.resolve()
	/** The connection went, or a frame failed: what was not passed comes again. */
	#isBroken = false
	#cancelKeepAlive: () => void = () => {}

	constructor(deps: PageSocketDeps) {
		this.#deps = deps
		// The provider sets its handlers after construction, so nothing may happen before the next microtask.
		this.#detach = deps.channels.attach(deps.guid, {
			open: () => queueMicrotask(() => this.#opened()),
			frame: (frame) => this.#receive(frame),
			closed: (code) => this.#closed(code),
		})
	}

	send(data: Bytes): void {
		if (this.readyState === 1) this.#deps.channels.send(this.#deps.guid, data)
	}

	close(): void {
		if (this.readyState >= 2) return
		this.#end()
		this.onclose?.({ code: 1000, reason: '' })
	}

	#opened(): void {
		if (this.readyState !== 0) return
		this.readyState = 1
		this.onopen?.({})
		this.#keepAlive()
	}

	#keepAlive(): void {
		this.#cancelKeepAlive = this.#deps.timers.after(keepAliveInterval, () => {
			this.#deliver(emptyAwarenessMessage())
			this.#keepAlive()
		})
	}

	#receive(frame: Frame): void {
		this.#order = this.#order.then(() => this.#pass(frame)).catch(() => this.#closed(null))
	}

	/**
	 * What fails here is not skipped: the socket closes, and the page asks again by its state vector. What came before we closed it
	 * is stored all the same: the server has told it, and tells it no more.
	 */
	async #pass(frame: Frame): Promise<void> {
		if (this.#isBroken) return
		for (const message of await this.#deps.gate(frame)) this.#deliver(message)
	}

	#deliver(message: Bytes): void {
		if (this.readyState === 1) this.onmessage?.({ data: message.buffer })
	}

	#closed(code: WireErrorCode | null): void {
		this.#isBroken = true
		if (this.readyState >= 2) return
		this.#end()
		// 4400–4499 tells the provider to stay away; any other code, to come back.
		const error = code === null ? null : wireErrors[code]
		const close = error !== null && error.retry === 'never' ? 4471 : 1012
		this.onclose?.({ code: close, reason: code ?? '' })
	}

	#end(): void {
		this.readyState = 3
		this.#cancelKeepAlive()
		this.#detach()
	}
}

export type PageSocketConstructor = new () => PageSocket

/** A constructor with the signature of `WebSocket`, for `WebSocketPolyfill`; the URL says nothing that `deps` does not. */
export function pageSocketClass(deps: PageSocketDeps): PageSocketConstructor {
	return class extends PageSocket {
		constructor() {
			super(deps)
		}
	}
}
