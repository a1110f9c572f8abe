/**
 * Connections between devices, as the core in the worker asks for them and the window makes them: workers have no WebRTC. The window
 * is that of the tab that leads; when another leads, its core begins anew in its own. Bytes are transferred.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { PeerListener, PeerTransport, PeerWays } from '#sync/peers/transport.ts'
import type { Wire } from './wire.ts'

/** To the window; `id` is the worker's. */
export type ToPeerWindow =
	| { readonly type: 'connect'; readonly id: number; readonly offer: Bytes | null; readonly ways: PeerWays }
	| { readonly type: 'accept'; readonly id: number; readonly answer: Bytes }
	| { readonly type: 'send'; readonly id: number; readonly message: Bytes }
	| { readonly type: 'close'; readonly id: number }

export type FromPeerWindow =
	| { readonly type: 'described'; readonly id: number; readonly description: Bytes }
	| { readonly type: 'opened'; readonly id: number; readonly ours: Bytes; readonly theirs: Bytes }
	| { readonly type: 'received'; readonly id: number; readonly message: Bytes }
	/** So many bytes left this device. */
	| { readonly type: 'sent'; readonly id: number; readonly bytes: number }
	| { readonly type: 'closed'; readonly id: number }

interface Connection {
	readonly listener: PeerListener
	buffered: number
}

/** The worker's side. */
export function wireTransport(wire: Wire): PeerTransport {
	const connections = new Map<number, Connection>()
	let count = 0
	const post = (message: ToPeerWindow) => wire.post(message)

	function heard(message: FromPeerWindow): void {
		const { id } = message
		const connection = connections.get(id)
		if (connection === undefined) return
		const { listener } = connection
		switch (message.type) {
			case 'described':
				return listener.described(message.description)
			case 'opened':
				return listener.opened({
					fingerprints: { ours: message.ours, theirs: message.theirs },
					buffered: () => connection.buffered,
					send: (bytes) => {
						connection.buffered += bytes.length
						// A copy: the sender's may be a part of more.
						const message = bytes.slice()
						wire.post({ type: 'send', id, message } satisfies ToPeerWindow, [message.buffer])
					},
				})
			case 'received':
				return listener.received(message.message)
			case 'sent':
				connection.buffered -= message.bytes
				return
			case 'closed':
				connections.delete(id)
				return listener.closed()
		}
	}
	wire.listen((message) => heard(message as FromPeerWindow))

	return {
		connect: (offer, listener, ways) => {
			const id = ++count
			connections.set(id, { listener, buffered: 0 })
			post({ type: 'connect', id, offer, ways })
			return {
				accept: (answer) => post({ type: 'accept', id, answer }),
				close: () => {
					if (connections.delete(id)) post({ type: 'close', id })
				},
			}
		},
	}
}
