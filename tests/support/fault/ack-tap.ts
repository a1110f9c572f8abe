/** Between a client and its socket: counts what leaves, and keeps what the server has acked. */
import { copyBytes, type Bytes } from '#protocol/bytes.ts'
import { decodeFrame, hubChannel } from '#protocol/frames.ts'
import { decodePageMessage } from '#protocol/page-messages.ts'
import { openNodeSocket } from '#platform/node/node-socket.ts'
import { readHub } from '../socket-tap.ts'

export interface AckTap {
	readonly openSocket: typeof openNodeSocket
	/** eventIds, base64url. */
	readonly acked: ReadonlySet<string>
}

export interface AckListener {
	/** Items are about to leave. */
	readonly uploading: (items: number) => void
	/** After each message that acked something new. */
	readonly acked: (events: number) => void
}

export function ackTap(listener: AckListener): AckTap {
	const acked = new Set<string>()

	function hear(data: unknown): void {
		const frame = decodeFrame(new Uint8Array(data as ArrayBuffer))
		const message = frame.ok ? readHub(frame.value) : null
		if (message?.t !== 'acks') return
		const before = acked.size
		for (const ack of message.acks) if ('eventId' in ack) acked.add(ack.eventId)
		if (acked.size > before) listener.acked(acked.size - before)
	}

	function say(bytes: Bytes): void {
		const frame = decodeFrame(copyBytes(bytes))
		if (!frame.ok || frame.value.channel === hubChannel) return
		const message = decodePageMessage(frame.value.payload)
		const items = message.ok && 'items' in message.value ? message.value.items.length : 0
		if (items > 0) listener.uploading(items)
	}

	return {
		acked,
		openSocket: (url, subprotocol) => {
			const socket = openNodeSocket(url, subprotocol)
			const events = socket as unknown as {
				addEventListener(type: 'message', hear: (event: { data: unknown }) => void): void
			}
			events.addEventListener('message', ({ data }) => hear(data))
			const send = socket.send.bind(socket)
			socket.send = (bytes) => {
				say(bytes)
				send(bytes)
			}
			return socket
		},
	}
}
