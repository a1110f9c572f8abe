/**
 * The line of one device to the server, for its socket and its requests alike. It can be cut, held in one direction, and
 * what was held comes out in another order. Unlike tcp-proxy.ts it knows frames, and a client on it can die: then nothing
 * that it says leaves, and nothing reaches it.
 */
import { WebSocket } from 'ws'
import type { Bytes } from '#protocol/bytes.ts'
import type { Fetch, HttpRequest } from '#sync/http-client.ts'
import type { Socket } from '#sync/connection.ts'
import type { Chance } from './chance.ts'
import { inOtherOrder } from './late-frames.ts'

export type Way = 'up' | 'down'

/** What one run of a client is given. */
export interface LineEnd {
	readonly openSocket: (url: string, subprotocol: string) => Socket
	readonly fetch: Fetch
	readonly onWake: (listener: () => void) => () => void
	/** The client is dead. */
	kill(): void
}

export interface LineCounts {
	/** Frames that were kept back for a while. */
	held: number
	/** Releases after which frames came in another order. */
	reordered: number
	/** Connections and requests that broke. */
	broken: number
}

export interface LineOptions {
	/** Of the server that runs now. */
	readonly port: () => number
	readonly counts: LineCounts
	/** Every frame from the server passes through it: a fault of the client may be planted here. */
	readonly fromServer?: ((bytes: Uint8Array) => Uint8Array | null) | undefined
	/** Told of every frame and answer that passes. */
	readonly moved: () => void
	/** Answers of HTTP, which have connections of their own, come before or after whatever frames they like. */
	readonly answersOvertake?: boolean
}

interface Waiting {
	/** Of a frame. */
	readonly bytes: Uint8Array | null
	readonly isAnswer?: true
	readonly pass: () => void
	readonly drop: () => void
}

export class Line {
	readonly #options: LineOptions
	readonly #held: Record<Way, boolean> = { up: false, down: false }
	readonly #waiting: Record<Way, Waiting[]> = { up: [], down: [] }
	readonly #breakables = new Set<() => void>()
	readonly #wakers = new Set<() => void>()
	isCut = false

	constructor(options: LineOptions) {
		this.#options = options
	}

	/** Everything breaks, now and until `resume`. */
	cut(): void {
		this.isCut = true
		this.breakAll()
	}

	/** What is open breaks; the line itself is there: a server that died. */
	breakAll(): void {
		for (const way of ['up', 'down'] as const) for (const { drop } of this.#waiting[way].splice(0)) drop()
		const broken = [...this.#breakables]
		this.#breakables.clear()
		this.#options.counts.broken += broken.length
		for (const breakIt of broken) breakIt()
	}

	hold(way: Way): void {
		this.#held[way] = true
	}

	isHeld(way: Way): boolean {
		return this.#held[way]
	}

	/** What was held goes on its way, in another order where `chance` is given; true where it became another one. */
	release(way: Way, chance: Chance | null = null): boolean {
		this.#held[way] = false
		const waiting = this.#waiting[way].splice(0)
		const ordered = chance === null ? waiting : this.#reordered(waiting, chance)
		const isOther = ordered.some((one, i) => one !== waiting[i])
		if (isOther) this.#options.counts.reordered++
		for (const { pass } of ordered) pass()
		return isOther
	}

	#reordered(waiting: readonly Waiting[], chance: Chance): readonly Waiting[] {
		const bytesOf = ({ bytes }: Waiting) => bytes
		if (this.#options.answersOvertake !== true) return inOtherOrder(waiting, bytesOf, chance)
		const ordered = [
			...inOtherOrder(
				waiting.filter(({ isAnswer }) => isAnswer !== true),
				bytesOf,
				chance,
			),
		]
		for (const answer of waiting.filter(({ isAnswer }) => isAnswer === true))
			ordered.splice(chance.below(ordered.length + 1), 0, answer)
		return ordered
	}

	/** The end of cut and of both holds. */
	resume(): void {
		this.isCut = false
		for (const way of ['up', 'down'] as const) this.release(way)
		for (const wake of this.#wakers) wake()
	}

	#move(way: Way, waiting: Waiting): void {
		this.#options.moved()
		if (!this.#held[way]) return waiting.pass()
		this.#options.counts.held++
		this.#waiting[way].push(waiting)
	}

	#breakable(breakIt: () => void): () => void {
		this.#breakables.add(breakIt)
		return () => this.#breakables.delete(breakIt)
	}

	/** For one run of a client. */
	end(): LineEnd {
		const life = { dead: false, wakers: new Set<() => void>() }
		return {
			openSocket: (url, subprotocol) => this.#openSocket(life, url, subprotocol),
			fetch: (url, request) => this.#fetch(life, url, request),
			onWake: (listener) => {
				const wake = () => life.dead || listener()
				this.#wakers.add(wake)
				life.wakers.add(wake)
				return () => this.#wakers.delete(wake)
			},
			kill: () => {
				life.dead = true
				for (const wake of life.wakers) this.#wakers.delete(wake)
				this.breakAll()
			},
		}
	}

	#openSocket(life: { readonly dead: boolean }, url: string, subprotocol: string): Socket {
		const target = new URL(url)
		target.port = String(this.#options.port())
		const socket: Socket = {
			...{ binaryType: 'arraybuffer', onopen: null, onmessage: null, onclose: null, onerror: null },
			send: (bytes: Bytes) => {
				const copy = bytes.slice()
				this.#move('up', {
					bytes: null,
					pass: () => inner.readyState === WebSocket.OPEN && inner.send(copy),
					drop: () => {},
				})
			},
			close: () => this.#move('up', { bytes: null, pass: () => inner.close(), drop: () => inner.terminate() }),
		}
		let over = false
		const closed = (code: number) => {
			if (over) return
			over = true
			forget()
			if (!life.dead) socket.onclose?.({ code })
		}
		const hear = (bytes: Uint8Array | null, tell: () => void) =>
			this.#move('down', { bytes, pass: () => over || life.dead || tell(), drop: () => {} })
		const inner = new WebSocket(target, subprotocol, { perMessageDeflate: false })
		const forget = this.#breakable(() => {
			inner.terminate()
			queueMicrotask(() => closed(1006))
		})
		inner.on('error', () => {})
		inner.on('open', () => hear(null, () => socket.onopen?.()))
		inner.on('message', (data: Buffer) => {
			const bytes = this.#options.fromServer === undefined ? data : this.#options.fromServer(data)
			if (bytes !== null) hear(bytes, () => socket.onmessage?.({ data: new Uint8Array(bytes).buffer }))
		})
		inner.on('close', (code) => hear(null, () => closed(code)))
		if (this.isCut || life.dead) {
			inner.terminate()
			setImmediate(() => closed(1006))
		}
		return socket
	}

	async #fetch(life: { readonly dead: boolean }, url: string, init: HttpRequest): Promise<Response> {
		const never = new Promise<never>(() => {})
		if (life.dead) return never
		try {
			const response = await this.#ask(url, init)
			return life.dead ? await never : response
		} catch (error) {
			if (life.dead) return never
			throw error
		}
	}

	async #ask(url: string, init: HttpRequest): Promise<Response> {
		const lost = () => new TypeError('the line is cut')
		if (this.isCut) throw lost()
		const cutOff = new AbortController()
		const forget = this.#breakable(() => cutOff.abort(lost()))
		const passed = (way: Way) =>
			new Promise<void>((pass, fail) =>
				this.#move(way, { bytes: null, isAnswer: true, pass, drop: () => fail(lost()) }),
			)
		try {
			const target = new URL(url)
			target.port = String(this.#options.port())
			const request = new Request(target, { ...init, signal: cutOff.signal })
			await passed('up')
			cutOff.signal.throwIfAborted()
			const response = await fetch(request)
			const body = await response.arrayBuffer()
			await passed('down')
			cutOff.signal.throwIfAborted()
			const empty = response.status === 204 || response.status === 304
			return new Response(empty ? null : body, { status: response.status, headers: response.headers })
		} finally {
			forget()
		}
	}
}
