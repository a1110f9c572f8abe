/**
 * How a stock y-websocket client shows its ticket (SPEC WIRE11): it can send no first frames of its own, but it offers
 * subprotocols, and a browser lets no page read those of another.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from './bytes.ts'

const prefix = 'kith.ticket.'
const ticketLength = 32

export function ticketProtocol(ticket: Bytes): string {
	return prefix + bytesToBase64url(ticket)
}

/** Null where `protocol` is none, or not the one spelling of 32 bytes. */
export function ticketOf(protocol: string): Bytes | null {
	if (!protocol.startsWith(prefix)) return null
	const ticket = base64urlToBytes(protocol.slice(prefix.length))
	return ticket?.length === ticketLength ? ticket : null
}
