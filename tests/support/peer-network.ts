/**
 * A network between devices: connections like those of WebRTC, without one. Messages arrive whole and in order, some time later; a
 * connection that is cut loses what was on its way, and both ends are told. Two parts of it can be kept from each other.
 */
import { createHash } from 'node:crypto'
import type { Bytes } from '#protocol/bytes.ts'
import { bytesToUtf8, utf8ToBytes } from '#protocol/bytes.ts'
import { PEER_FRAME_MAX } from '#protocol/limits.ts'
import type { PeerChannel, PeerConnection, PeerListener, PeerTransport } from '#sync/peers/transport.ts'

export interface PeerHost {
	readonly name: string
	readonly transport: PeerTransport
	/** Says this over the open connection to another host, as if the client here had. */
	readonly say: (to: string, message: Bytes) => void
	/** From now on what the client here says goes through this; null: it is not sent. */
	twist: ((message: Bytes) => Bytes | null) | null
	/** All that the client here said to the other, in order. */
	readonly said: (to: string) => readonly Bytes[]
}

interface End {
	readonly place: PeerHost
	readonly host: string
	readonly id: number
	readonly fingerprint: Bytes
	readonly listener: PeerListener
	other: End | null
	channel: PeerChannel | null
	readonly said: Bytes[]
	isOpen: boolean
	isClosed: boolean
}

export interface PeerNetworkOptions {
	/** How long the next message takes, in turns of the event loop. Default: one. */
	readonly delay?: () => number
}

export class PeerNetwork {
	readonly #ends = new Map<number, End>()
	readonly #parted = new Set<string>()
	readonly #delay: () => number
	#count = 0
	/** Messages that arrived, by who sent them. */
	readonly carried = new Map<string, number>()

	constructor({ delay = () => 1 }: PeerNetworkOptions = {}) {
		this.#delay = delay
	}

	host(name: string): PeerHost {
		const endTo = (to: string) =>
			[...this.#ends.values()].find(({ host, other, isOpen }) => isOpen && host === name && other?.host === to)
		const host: PeerHost = {
			name,
			transport: { connect: (offer, listener) => this.#connect(host, offer, listener) },
			say: (to, message) => endTo(to)?.channel?.send(message),
			twist: null,
			said: (to) => endTo(to)?.said ?? [],
		}
		return host
	}

	/** Open connections, each counted once. */
	get links(): number {
		return [...this.#ends.values()].filter(({ isOpen, isClosed }) => isOpen && !isClosed).length / 2
	}

	/** Until `join`, the two cannot reach each other; what stood between them is cut. */
	part(one: string, other: string): void {
		this.#parted.add(pair(one, other))
		for (const end of [...this.#ends.values()])
			if (end.other !== null && pair(end.host, end.other.host) === pair(one, other)) this.#cut(end)
	}

	join(one: string, other: string): void {
		this.#parted.delete(pair(one, other))
	}

	#connect(place: PeerHost, offer: Bytes | null, listener: PeerListener): PeerConnection {
		const { name: host } = place
		const id = ++this.#count
		const fingerprint = new Uint8Array(createHash('sha256').update(`${host} ${id}`).digest()) as Bytes
		const end: End = {
			...{ place, host },
			id,
			fingerprint,
			listener,
			other: null,
			channel: null,
			said: [],
			isOpen: false,
			isClosed: false,
		}
		this.#ends.set(id, end)
		this.#later(() => end.isClosed || listener.described(utf8ToBytes(String(id))))
		if (offer !== null) end.other = this.#ends.get(Number(bytesToUtf8(offer))) ?? null
		return {
			accept: (answer) => {
				const answerer = this.#ends.get(Number(bytesToUtf8(answer))) ?? null
				if (answerer?.other !== end || end.isClosed) return
				end.other = answerer
				this.#later(() => this.#open(end, answerer))
			},
			close: () => {
				const { other } = end
				this.#forget(end)
				if (other !== null) this.#later(() => this.#lost(other))
			},
		}
	}

	#open(one: End, other: End): void {
		if (one.isClosed || other.isClosed) return
		if (this.#parted.has(pair(one.host, other.host))) return this.#cut(one)
		for (const [end, peer] of [
			[one, other],
			[other, one],
		] as const) {
			end.isOpen = true
			end.channel = this.#channel(end, peer)
			end.listener.opened(end.channel)
		}
	}

	#channel(from: End, to: End): PeerChannel {
		/** In order: none overtakes the one before. */
		let last = Promise.resolve()
		let buffered = 0
		return {
			fingerprints: { ours: from.fingerprint, theirs: to.fingerprint },
			buffered: () => buffered,
			send: (said) => {
				const message = from.place.twist === null ? said : from.place.twist(said)
				if (message === null) return
				if (message.length > PEER_FRAME_MAX) throw new RangeError(`${message.length} bytes in one message`)
				const copy = message.slice()
				from.said.push(copy)
				buffered += copy.length
				const turns = this.#delay()
				last = last.then(async () => {
					for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
					buffered -= copy.length
					if (from.isClosed || to.isClosed) return
					this.carried.set(from.host, (this.carried.get(from.host) ?? 0) + 1)
					to.listener.received(copy)
				})
			},
		}
	}

	#cut(end: End): void {
		const { other } = end
		this.#lost(end)
		if (other !== null) this.#lost(other)
	}

	#lost(end: End): void {
		if (end.isClosed) return
		this.#forget(end)
		end.listener.closed()
	}

	#forget(end: End): void {
		end.isClosed = true
		this.#ends.delete(end.id)
	}

	#later(work: () => void): void {
		setImmediate(work)
	}
}

function pair(one: string, other: string): string {
	return [one, other].sort().join(' ')
}
