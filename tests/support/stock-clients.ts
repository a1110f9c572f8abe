/** Stock clients as an application would use them: a ticket over the HTTP API, then y-websocket's own provider over `ws`. */
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { encodeAuthBody } from '#protocol/auth.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { ticketProtocol } from '#protocol/ticket.ts'

/** Who asks for tickets: a session, and the device that signs for it. */
export interface TicketAsker {
	readonly accessToken: string
	readonly serverId: Bytes
	readonly idHash: Bytes
	readonly deviceId: Bytes
	/** base64url */
	readonly sid: string
	readonly sign: (body: Bytes) => Bytes | Promise<Bytes>
}

interface Answer {
	readonly status: number
	readonly body: Record<string, string>
}

async function post(
	port: number,
	{ path, token, body }: { path: string; token: string; body: object },
): Promise<Answer> {
	const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	})
	return { status: response.status, body: (await response.json()) as Record<string, string> }
}

export function askNonce(port: number, { accessToken }: TicketAsker): Promise<Answer> {
	return post(port, { path: '/sync/tickets/nonce', token: accessToken, body: {} })
}

/** The answer as it comes, so that a test can look at refusals; `serverNonce` base64url. */
export async function askTicket(port: number, by: TicketAsker, wish: { guid: string; serverNonce: string }) {
	const clientNonce = crypto.getRandomValues(new Uint8Array(32))
	const { serverId: server, idHash, deviceId: device } = by
	const [sid, serverNonce] = [by.sid, wish.serverNonce].map(base64urlToBytes) as [Bytes, Bytes]
	const signature = await by.sign(
		encodeAuthBody({ use: 'ticket', server, idHash, device, sid, clientNonce, serverNonce }),
	)
	const signed = { clientNonce: bytesToBase64url(clientNonce), signature: bytesToBase64url(signature) }
	return post(port, { path: '/sync/tickets', token: by.accessToken, body: { ...wish, ...signed } })
}

/** The subprotocol of a fresh ticket. */
export async function ticketFor(port: number, by: TicketAsker, guid: string): Promise<string> {
	const { serverNonce = '' } = (await askNonce(port, by)).body
	const { status, body } = await askTicket(port, by, { guid, serverNonce })
	if (status !== 201) throw new Error(`no ticket: ${body['code']}`)
	return ticketProtocol(base64urlToBytes(body['ticket'] ?? '') as Bytes)
}

export interface StockClient {
	readonly doc: Y.Doc
	readonly provider: WebsocketProvider
	/** Keys in the page's map, as the provider brought them. */
	readonly keys: () => string[]
	/** Frames that the provider has sent, and sockets that it has opened. */
	readonly counts: { sent: number; sockets: number }
	/** The final verdict after which the provider stays away: its close code. */
	readonly closed: Promise<number>
	/** Every close code so far. */
	readonly codes: number[]
	synced(): Promise<void>
	/** Resolves when the page has so many items. */
	has(count: number): Promise<void>
	stop(): void
}

export function stockClient(port: number, guid: string, protocol: string, doc = new Y.Doc()): StockClient {
	const counts = { sent: 0, sockets: 0 }
	class CountedSocket extends WebSocket {
		constructor(url: string, protocols: string[]) {
			super(url, protocols)
			counts.sockets++
		}
		override send(data: Buffer): void {
			counts.sent++
			super.send(data)
		}
	}
	const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/sync`, guid, doc, {
		protocols: [protocol],
		WebSocketPolyfill: CountedSocket as unknown as typeof globalThis.WebSocket,
		disableBc: true,
		maxBackoffTime: 50,
	})
	const codes: number[] = []
	provider.on('connection-close', (event) => void (event !== null && codes.push(event.code)))
	const map = doc.getMap('e')
	return {
		...{ doc, provider, counts, codes },
		keys: () => [...map.keys()],
		closed: new Promise((resolve) => provider.on('closed', ({ code }) => resolve(code))),
		synced: () =>
			provider.synced ? Promise.resolve() : new Promise((resolve) => provider.once('sync', () => resolve())),
		has: (count) =>
			new Promise((resolve) => {
				const look = (): void => {
					if (map.size < count) return
					map.unobserve(look)
					resolve()
				}
				map.observe(look)
				look()
			}),
		stop: () => {
			provider.destroy()
			doc.destroy()
		},
	}
}
