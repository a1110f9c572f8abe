/**
 * The sync edge: multiplexed sockets at `/sync` (subprotocol kith.mux.1) and stock clients at `/sync/<guid>` (subprotocol
 * kith.ticket.<ticket>), from the upgrade to the goodbye. Everything else that asks for an upgrade is refused before a
 * socket is made.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { FRAME_MAX } from '#protocol/limits.ts'
import type { Timers } from '#protocol/ports.ts'
import { ticketOf } from '#protocol/ticket.ts'
import type { Domain } from '#server/domain/domain.ts'
import { createRates } from '#server/domain/events/rates.ts'
import { AccountPresence } from './account-presence.ts'
import { createAddresses, type Knock } from './addresses.ts'
import { Connection } from './connection.ts'
import { listenElsewhere } from './elsewhere.ts'
import { keepAlive } from './keep-alive.ts'
import { addressLimits, deviceRate, signalRate, socketLimits } from './limits.ts'
import { LiveConnections } from './live-connections.ts'
import type { SyncNode } from './node.ts'
import { listenToPeerSignals } from './peer-signals.ts'
import { listenToSignals } from './pushes.ts'
import { DeviceWatch } from './device-watch.ts'
import { DirectoryWatch } from './directory-watch.ts'
import { RoomPresence } from './room-presence.ts'
import { Rooms } from './rooms.ts'
import { StockClient } from './stock-client.ts'
import { muxProtocol, visitOf, type StockVisit, type Visit } from './visit.ts'
import { closeCodeOf, wireOf } from './wire.ts'

export interface SyncEdgeOptions {
	readonly domain: Domain
	readonly timers: Timers
	/** May a page of this origin speak to us? Requests without an origin come from no browser. */
	readonly isAllowedOrigin: (headers: { get(name: string): string | null }) => boolean
	/** The address that limits count. */
	readonly addressOf: (request: IncomingMessage) => string
}

export interface SyncEdge {
	/** For the `upgrade` event of any server. */
	readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
	/** Finishes what is under way, says goodbye (1012) to every socket and takes no new one. */
	readonly close: () => Promise<void>
	/** Open sockets of both kinds. */
	readonly connections: () => number
}

const closeTimeout = 2000
const tooMany = '429 Too Many Requests'

export function createSyncEdge({ domain, timers, isAllowedOrigin, addressOf }: SyncEdgeOptions): SyncEdge {
	const node = createNode(domain, timers)
	const addresses = createAddresses(addressLimits, domain.clock)
	const stops = [
		listenToSignals(node),
		node.presence.listen(),
		node.roomPresence.listen(),
		node.directory.listen(),
		listenElsewhere(node),
		listenToPeerSignals(node),
		node.devices.listen(),
		keepAlive(node),
	]
	const options = { noServer: true, clientTracking: false, perMessageDeflate: false, handleProtocols, closeTimeout }
	const server = new WebSocketServer({ ...options, maxPayload: FRAME_MAX })
	const sockets = new Set<WebSocket>()
	let closing = false

	const open = ({ request, socket, head }: Upgrade, accept: (webSocket: WebSocket, stream: Duplex) => void): void => {
		server.handleUpgrade(request, socket, head, (webSocket) => {
			sockets.add(webSocket)
			webSocket.on('close', () => sockets.delete(webSocket))
			accept(webSocket, socket)
		})
	}

	const admitStock = async (upgrade: Upgrade, knock: Knock, visit: StockVisit): Promise<void> => {
		const { socket } = upgrade
		const ignore = (): void => {}
		socket.on('error', ignore)
		const holder = await domain.tickets.redeem(visit.ticket, visit.guid)
		socket.off('error', ignore)
		if (closing || socket.destroyed) return refuse(socket, '503 Service Unavailable')
		open(upgrade, (webSocket, stream) => {
			// A provider is told by a close code, which it heeds, and not by an HTTP status, which it never sees.
			if (!holder.ok) return webSocket.close(closeCodeOf(holder.error.type))
			acceptStock(
				new StockClient(node, wireOf(webSocket, stream), { ...visit, holder: holder.value, knock }),
				webSocket,
			)
		})
	}

	/** What they were not told they read when they come back, which is at once. */
	const sendAway = (): void => {
		for (const connection of [...node.connections]) connection.dispatch({ type: 'ended', code: 'stopping' })
		for (const client of [...node.stockClients]) client.end('stopping')
	}
	stops.push(domain.cluster.subscribe('signals-missed', sendAway))

	return {
		upgrade: (request, socket, head) => {
			const visit = visitOf(request, isAllowedOrigin)
			const status = closing ? '503 Service Unavailable' : refusal(node, visit)
			if (status !== null || typeof visit === 'string') return refuse(socket, status ?? tooMany)
			const knock = addresses.knock(addressOf(request))
			if (knock === null) return refuse(socket, tooMany)
			// A handshake that fails makes no WebSocket, and nobody else would say that it is over.
			socket.on('close', knock.gone)
			const upgrade = { request, socket, head }
			if (visit.type === 'mux') return open(upgrade, (webSocket, stream) => accept(node, { webSocket, stream, knock }))
			admitStock(upgrade, knock, visit).catch((error: unknown) => {
				domain.log.error('ticket-not-redeemed', { error })
				refuse(socket, '500 Internal Server Error')
			})
		},
		connections: () => node.connections.size + node.stockClients.size,
		close: async () => {
			closing = true
			await domain.events.drained()
			for (const stop of stops) stop()
			const closed = [...sockets].map((socket) => new Promise((resolve) => socket.on('close', resolve)))
			sendAway()
			// `ws` cuts whoever does not answer within closeTimeout.
			await Promise.all(closed)
			await node.presence.drained()
			server.close()
		},
	}
}

interface Upgrade {
	readonly request: IncomingMessage
	readonly socket: Duplex
	readonly head: Buffer
}

/** The one that was asked for: visit.ts has seen that it is there. */
function handleProtocols(offered: Set<string>): string | false {
	if (offered.has(muxProtocol)) return muxProtocol
	return [...offered].find((protocol) => ticketOf(protocol) !== null) ?? false
}

/** Why there is no socket, as an HTTP status; null when there may be one. */
function refusal({ strangers }: SyncNode, visit: Visit | string): string | null {
	if (typeof visit === 'string') return visit
	return strangers.size >= socketLimits.strangers ? '503 Service Unavailable' : null
}

function createNode(domain: Domain, timers: Timers): SyncNode {
	let count = 0
	const name = domain.cluster.node
	const live = new LiveConnections<Connection>()
	const roomPresence = new RoomPresence({ domain, timers })
	const directory = new DirectoryWatch({ domain, timers })
	const moved = (account: string) => {
		roomPresence.moved(account)
		directory.moved()
	}
	return {
		...{ domain, timers, rooms: new Rooms(), live, name },
		...{ connections: new Set<Connection>(), strangers: new Set<Connection>() },
		...{ stockClients: new Set<StockClient>(), stock: new LiveConnections<StockClient>() },
		deviceRates: createRates(deviceRate, domain.clock),
		signalRates: createRates(signalRate, domain.clock),
		devices: new DeviceWatch({ domain, live, name }),
		presence: new AccountPresence({ domain, timers, live, name, moved }),
		roomPresence,
		directory,
		nextNumber: () => ++count,
	}
}

function refuse(socket: Duplex, status: string): void {
	socket.on('error', () => {})
	const retry = status === tooMany ? 'Retry-After: 10\r\n' : ''
	socket.end(`HTTP/1.1 ${status}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`)
}

function accept(
	node: SyncNode,
	{ webSocket, stream, knock }: { webSocket: WebSocket; stream: Duplex; knock: Knock },
): void {
	const connection = new Connection(node, wireOf(webSocket, stream), knock)
	limitStranger(connection, stream)
	const ended = (): void => connection.dispatch({ type: 'socket-closed' })
	listen(webSocket, {
		client: connection,
		clock: node.domain.clock,
		text: () => connection.dispatch({ type: 'malformed' }),
		ended,
	})
}

function acceptStock(client: StockClient, webSocket: WebSocket): void {
	const { clock } = client.node.domain
	listen(webSocket, { client, clock, text: () => client.end('malformed'), ended: () => client.gone() })
	void client.begin()
}

interface Ear {
	readonly client: { heardAt: number; receive(bytes: Uint8Array): void }
	readonly clock: () => number
	readonly text: () => void
	readonly ended: () => void
}

function listen(socket: WebSocket, { client, clock, text, ended }: Ear): void {
	socket.binaryType = 'nodebuffer'
	socket.on('message', (data: Buffer, isBinary: boolean) => {
		if (isBinary) client.receive(data)
		else text()
	})
	const heard = (): void => {
		client.heardAt = clock()
	}
	socket.on('ping', heard)
	socket.on('pong', heard)
	// `ws` closes by itself on what is no WebSocket frame or too large; a code of ours would come too late.
	socket.on('error', ended)
	socket.on('close', ended)
}

/** Counts raw bytes, because a frame that never ends is never seen as a message. */
function limitStranger(connection: Connection, stream: Duplex): void {
	let bytes = 0
	const count = (chunk: Buffer): void => {
		if (connection.isLive) return void stream.off('data', count)
		bytes += chunk.length
		if (bytes > socketLimits.strangerBytes) connection.dispatch({ type: 'limit', code: 'too-large' })
	}
	stream.prependListener('data', count)
}
