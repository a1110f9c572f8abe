/**
 * One WebSocket as the sync edge sees it. Frames come from `ws`; they go out past it, as finished bytes to the socket,
 * because a broadcast carries its header already and compression is off. Everything written in one turn leaves in one call.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { wireErrors, type WireErrorCode } from '#protocol/errors.ts'
import type { WireBytes } from './frames.ts'

export interface Wire {
	/** Complete frames. Nothing after `close`. */
	send(bytes: WireBytes): void
	close(code: number): void
	/** At once, without a goodbye. */
	terminate(): void
	ping(): void
	pause(): void
	resume(): void
	/** Bytes written and not yet taken by the kernel. */
	unsent(): number
	/** Calls back once, when less than `low` bytes are unsent or the socket is gone. */
	whenBelow(low: number, run: () => void): void
}

export function closeCodeOf(code: WireErrorCode): number {
	const error = wireErrors[code]
	return 'close' in error ? error.close : wireErrors.malformed.close
}

export function wireOf(socket: WebSocket, stream: Duplex): Wire {
	return new SocketWire(socket, stream)
}

/** Bytes that are copied into one write. */
const joinedMax = 16 * 1024

/** Wires with something to write when this turn of the loop ends: one list for all, so that a turn costs one tick. */
let unflushed: SocketWire[] = []

function flushAll(): void {
	const wires = unflushed
	unflushed = []
	for (const wire of wires) wire.flush()
}

/** A class, because there is one for every connected device: methods are shared, closures are not. */
class SocketWire implements Wire {
	readonly #socket: WebSocket
	readonly #stream: Duplex
	/** Said in this turn, and nearly always all of it. */
	#first: WireBytes | null = null
	#rest: WireBytes[] | null = null
	#held = 0

	constructor(socket: WebSocket, stream: Duplex) {
		this.#socket = socket
		this.#stream = stream
	}

	get #isGone(): boolean {
		return this.#stream.destroyed || this.#socket.readyState !== this.#socket.OPEN
	}

	send(bytes: WireBytes): void {
		if (this.#isGone) return
		this.#held += bytes.length
		if (this.#first !== null) {
			this.#rest ??= []
			this.#rest.push(bytes)
			return
		}
		this.#first = bytes
		if (unflushed.length === 0) process.nextTick(flushAll)
		unflushed.push(this)
	}

	/** One system call, whatever it is. */
	flush(): void {
		const [first, rest, held] = [this.#first, this.#rest, this.#held]
		this.#first = null
		this.#rest = null
		this.#held = 0
		if (first === null || this.#stream.destroyed) return
		if (rest === null) return void this.#stream.write(first)
		// Joining small frames costs less than giving the kernel a list of them.
		if (held <= joinedMax) return void this.#stream.write(Buffer.concat([first, ...rest], held))
		this.#stream.cork()
		this.#stream.write(first)
		for (const bytes of rest) this.#stream.write(bytes)
		this.#stream.uncork()
	}

	close(code: number): void {
		this.flush()
		this.#socket.close(code)
	}

	terminate(): void {
		this.#socket.terminate()
	}

	ping(): void {
		if (!this.#isGone) this.#socket.ping()
	}

	pause(): void {
		this.#socket.pause()
	}

	resume(): void {
		this.#socket.resume()
	}

	unsent(): number {
		return this.#held + this.#stream.writableLength
	}

	whenBelow(low: number, run: () => void): void {
		const stream = this.#stream
		// A stream says `drain` of what it was given, not of what is still held here.
		this.flush()
		const check = (): void => {
			if (!stream.destroyed && stream.writableLength >= low) return
			stream.off('drain', check)
			stream.off('close', check)
			run()
		}
		stream.on('drain', check)
		stream.on('close', check)
		check()
	}
}
