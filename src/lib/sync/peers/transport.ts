/**
 * Port: a way from this device to another without the server. In browsers a data channel of WebRTC, in tests a network that loses,
 * delays and parts. It is encrypted to certificates whose fingerprints it tells; whose they are is not its business.
 */
import type { Bytes } from '#protocol/bytes.ts'

export interface PeerTransport {
	/**
	 * Begins a connection: with the other side's offer an answer to it, with null an offer. Exactly one of `opened` and `closed`
	 * comes of it; `closed` may come after `opened`.
	 */
	readonly connect: (offer: Bytes | null, listener: PeerListener, ways: PeerWays) => PeerConnection
}

/** How another device may be reached. */
export interface PeerWays {
	/** STUN and TURN servers, as RTCConfiguration names them. */
	readonly servers: readonly {
		readonly urls: readonly string[]
		readonly username: string | null
		readonly credential: string | null
	}[]
	/** By a relay and in no other way: the other side learns no address of this device. */
	readonly relayed: boolean
	/** A person carries the descriptions: a way that is not found yet is waited for until somebody closes the connection. */
	readonly patient?: true
}

export interface PeerListener {
	/** The offer or answer, whole, for the other side. At most PEER_DESCRIPTION_MAX. */
	readonly described: (description: Bytes) => void
	readonly opened: (channel: PeerChannel) => void
	/** Whole messages, in the order of sending. */
	readonly received: (message: Bytes) => void
	readonly closed: () => void
}

export interface PeerConnection {
	/** The answer to our offer. */
	readonly accept: (answer: Bytes) => void
	/** Nothing is told any more. */
	readonly close: () => void
}

/** Reliable and in order, or closed. */
export interface PeerChannel {
	/** SHA-256 of the certificate of either side, 32 bytes. */
	readonly fingerprints: { readonly ours: Bytes; readonly theirs: Bytes }
	/** At most PEER_FRAME_MAX. */
	readonly send: (message: Bytes) => void
	/** Bytes that wait to be sent. */
	readonly buffered: () => number
}
