/**
 * The window's side of peer-wire.ts: one RTCPeerConnection for each connection that the worker asks for, with one reliable, ordered
 * data channel. A description is an SDP with all candidates in it; the fingerprints are those that DTLS holds both sides to.
 */
import { bytesToUtf8, type Bytes } from '#protocol/bytes.ts'
import { PEER_FRAME_MAX } from '#protocol/limits.ts'
import type { FromPeerWindow, ToPeerWindow } from './peer-wire.ts'
import type { PeerWays } from '#sync/peers/transport.ts'
import { fingerprintOf, fitting, isForData, withoutOwnAddresses } from '#sync/peers/session-description.ts'
import type { Wire } from './wire.ts'

/** Candidates that are not found by then are not waited for, ms. */
const gatherMs = 3_000
/** What has left is told to the worker when no more than so much still waits, bytes. */
const lowWater = 64 * 1024

interface Peer {
	readonly connection: RTCPeerConnection
	readonly channel: RTCDataChannel
	readonly ways: PeerWays
	/** Given to the channel, and not told as sent yet. */
	unsent: number
}

/** `early`: what the worker asked for before this was loaded. Returns how to end all connections. */
export function servePeerWindow(wire: Wire, early: readonly unknown[]): () => void {
	const peers = new Map<number, Peer>()
	const post = (message: FromPeerWindow) => wire.post(message)

	function close(id: number, isTold: boolean): void {
		const peer = peers.get(id)
		if (peer === undefined) return
		peers.delete(id)
		peer.channel.close()
		peer.connection.close()
		if (isTold) post({ type: 'closed', id })
	}

	function opened(id: number, { connection }: Peer): void {
		const ours = fingerprintOf(connection.localDescription?.sdp)
		const theirs = fingerprintOf(connection.remoteDescription?.sdp)
		if (ours === null || theirs === null) return close(id, true)
		post({ type: 'opened', id, ours, theirs })
	}

	function tellSent(id: number, peer: Peer): void {
		const bytes = peer.unsent - peer.channel.bufferedAmount
		if (bytes <= 0) return
		peer.unsent -= bytes
		post({ type: 'sent', id, bytes })
	}

	function received(id: number, data: unknown): void {
		// A text, or more than a frame may be, is nobody's word of ours.
		if (!(data instanceof ArrayBuffer) || data.byteLength > PEER_FRAME_MAX) return close(id, true)
		wire.post({ type: 'received', id, message: new Uint8Array(data) } satisfies FromPeerWindow, [data])
	}

	function listen(id: number, peer: Peer): void {
		const { channel, connection } = peer
		channel.binaryType = 'arraybuffer'
		channel.bufferedAmountLowThreshold = lowWater
		channel.onopen = () => opened(id, peer)
		channel.onclose = () => close(id, true)
		channel.onbufferedamountlow = () => tellSent(id, peer)
		channel.onmessage = ({ data }: MessageEvent<unknown>) => {
			if (peers.has(id)) received(id, data)
		}
		connection.onconnectionstatechange = () => {
			// Who has not scanned yet answers nothing: that is no end.
			const isWaiting = peer.ways.patient === true && channel.readyState === 'connecting'
			if (connection.connectionState === 'failed' && !isWaiting) close(id, true)
		}
	}

	async function describe(id: number, { connection, ways }: Peer, offer: Bytes | null): Promise<void> {
		if (offer !== null) await connection.setRemoteDescription({ type: 'offer', sdp: sdpOf(offer) })
		await connection.setLocalDescription()
		await gathered(connection)
		const sdp = connection.localDescription?.sdp ?? ''
		const description = fitting(ways.relayed ? withoutOwnAddresses(sdp) : sdp)
		if (peers.has(id)) post({ type: 'described', id, description })
	}

	function connect(id: number, offer: Bytes | null, ways: PeerWays): void {
		// Where the browser has none, or its owner switched it off.
		if (typeof RTCPeerConnection === 'undefined') return post({ type: 'closed', id })
		const connection = connectionBy(ways)
		if (connection === null) return post({ type: 'closed', id })
		const channel = connection.createDataChannel('kith', { negotiated: true, id: 0 })
		const peer: Peer = { connection, channel, ways, unsent: 0 }
		peers.set(id, peer)
		listen(id, peer)
		describe(id, peer, offer).catch(() => close(id, true))
	}

	async function accept(connection: RTCPeerConnection, answer: Bytes): Promise<void> {
		await connection.setRemoteDescription({ type: 'answer', sdp: sdpOf(answer) })
	}

	function send(id: number, message: Bytes): void {
		const peer = peers.get(id)
		if (peer === undefined || peer.channel.readyState !== 'open') return
		peer.unsent += message.length
		try {
			peer.channel.send(message)
		} catch {
			// The browser holds no more for it.
			return close(id, true)
		}
		if (peer.channel.bufferedAmount <= lowWater) tellSent(id, peer)
	}

	function heard(message: ToPeerWindow): void {
		const { id } = message
		switch (message.type) {
			case 'connect':
				return connect(id, message.offer, message.ways)
			case 'accept': {
				const peer = peers.get(id)
				if (peer !== undefined) accept(peer.connection, message.answer).catch(() => close(id, true))
				return
			}
			case 'send':
				return send(id, message.message)
			case 'close':
				return close(id, false)
		}
	}

	const closeAll = () => {
		for (const id of [...peers.keys()]) close(id, true)
	}
	// Else the others would hear of a closed tab only when it is silent for half a minute.
	addEventListener('pagehide', closeAll)
	for (const message of early) heard(message as ToPeerWindow)
	const stop = wire.listen((message) => heard(message as ToPeerWindow))
	return () => {
		stop()
		removeEventListener('pagehide', closeAll)
		closeAll()
	}
}

/** Null: the browser does not take what the server named. */
function connectionBy({ servers, relayed }: PeerWays): RTCPeerConnection | null {
	const iceServers = servers.map(({ urls, username, credential }) => ({
		urls: [...urls],
		...(username === null ? {} : { username }),
		...(credential === null ? {} : { credential }),
	}))
	try {
		return new RTCPeerConnection({ iceServers, iceTransportPolicy: relayed ? 'relay' : 'all' })
	} catch {
		return null
	}
}

/** Throws where it is about more than a data channel. */
function sdpOf(description: Bytes): string {
	const sdp = bytesToUtf8(description)
	if (!isForData(sdp)) throw new TypeError('a description of something else')
	return sdp
}

function gathered(connection: RTCPeerConnection): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer)
			resolve()
		}
		const timer = setTimeout(done, gatherMs)
		connection.onicegatheringstatechange = () => {
			if (connection.iceGatheringState === 'complete') done()
		}
		if (connection.iceGatheringState === 'complete') done()
	})
}
