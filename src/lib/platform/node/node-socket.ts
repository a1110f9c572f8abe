/** `ws` as the Socket that sync runs on. */
import { WebSocket } from 'ws'
import type { Socket } from '#sync/connection.ts'

/** Compression is off on our wire: envelopes do not compress, and a shared window leaks what is beside a secret. */
export function openNodeSocket(url: string, subprotocol: string): Socket {
	// Its events carry more than a Socket's, which reads `data` and `code` only.
	return new WebSocket(url, subprotocol, { perMessageDeflate: false }) as unknown as Socket
}
