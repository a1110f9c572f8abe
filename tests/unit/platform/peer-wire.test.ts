import { expect, test } from 'vitest'
import type { PeerChannel, PeerListener } from '#sync/peers/transport.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { wireTransport, type FromPeerWindow, type ToPeerWindow } from '#platform/browser/peer-wire.ts'

/** The worker's side, with what it says to its window, and what the window says. */
function transportWithWindow() {
	const said: ToPeerWindow[] = []
	const listeners = new Set<(message: unknown) => void>()
	const transport = wireTransport({
		post: (message, transferred = []) =>
			void said.push(structuredClone(message, { transfer: [...transferred] }) as ToPeerWindow),
		listen: (listener) => {
			listeners.add(listener)
			return () => listeners.delete(listener)
		},
	})
	return {
		...{ transport, said },
		tell: (message: FromPeerWindow) => listeners.forEach((listener) => listener(message)),
	}
}

function heardBy() {
	const heard: string[] = []
	const channels: PeerChannel[] = []
	const listener: PeerListener = {
		described: () => void heard.push('described'),
		opened: (channel) => {
			heard.push('opened')
			channels.push(channel)
		},
		received: (message) => void heard.push(`received ${message.length}`),
		closed: () => void heard.push('closed'),
	}
	return { heard, channels, listener }
}

const ways = { servers: [], relayed: false }
const bytes = (length: number) => new Uint8Array(length) as Bytes
const opened = (id: number): FromPeerWindow => ({ type: 'opened', id, ours: bytes(32), theirs: bytes(32) })

test('[L3] what waits is counted until the window says that it left', () => {
	const { transport, said, tell } = transportWithWindow()
	const { channels, listener } = heardBy()
	transport.connect(null, listener, ways)
	tell(opened(1))
	const [channel] = channels
	const whole = bytes(100)
	channel?.send(whole.subarray(10, 40) as Bytes)
	channel?.send(whole)
	expect(channel?.buffered()).toBe(130)
	tell({ type: 'sent', id: 1, bytes: 30 })
	expect(channel?.buffered()).toBe(100)
	tell({ type: 'sent', id: 1, bytes: 100 })
	expect(channel?.buffered()).toBe(0)
	// The sender keeps its bytes, and the window gets those of the message alone.
	expect(whole).toHaveLength(100)
	const sent = said.flatMap((one) => (one.type === 'send' ? [one.message] : []))
	expect(sent.map(({ length, buffer }) => [length, buffer.byteLength])).toEqual([
		[30, 30],
		[100, 100],
	])
})

test('[L3] nothing is told of a connection that was closed, and no other takes its number', () => {
	const { transport, said, tell } = transportWithWindow()
	const [first, second] = [heardBy(), heardBy()]
	const connection = transport.connect(null, first.listener, ways)
	connection.close()
	connection.close()
	transport.connect(bytes(10), second.listener, ways)
	for (const message of [
		{ type: 'described', id: 1, description: bytes(9) },
		opened(1),
		{ type: 'received', id: 1, message: bytes(1) },
		{ type: 'closed', id: 1 },
	] as const)
		tell(message)
	expect(first.heard).toEqual([])
	tell({ type: 'described', id: 2, description: bytes(9) })
	tell(opened(2))
	tell({ type: 'received', id: 2, message: bytes(5) })
	tell({ type: 'closed', id: 2 })
	tell({ type: 'closed', id: 2 })
	expect(second.heard).toEqual(['described', 'opened', 'received 5', 'closed'])
	expect(said.map(({ type, id }) => `${type} ${id}`)).toEqual(['connect 1', 'close 1', 'connect 2'])
})
