/**
 * A wire between clients and a server that can be cut, held, and read: what a bad network does, and what a listener on it
 * sees. It knows nothing of what it carries (wire-capture.ts does).
 *
 *   cut      every connection breaks at once, and new ones break as soon as they are made
 *   hold     bytes of one direction are taken and kept back; the other end notices nothing
 *   resume   the end of both: what was held goes on its way
 */
import { createServer, connect, type Server, type Socket } from 'node:net'

/** up: from the client to the server. */
export type Direction = 'up' | 'down'

export interface CapturedConnection {
	readonly up: readonly Buffer[]
	readonly down: readonly Buffer[]
}

export interface TcpProxy {
	readonly port: number
	readonly connections: readonly CapturedConnection[]
	/** Bytes of all connections so far; a client's bytes count when they arrive here, held or not. */
	readonly bytes: Readonly<Record<Direction, number>>
	cut(): void
	hold(direction: Direction): void
	resume(): void
	/** For a server that came back on another port. */
	retarget(port: number): void
	/** Resolves once `done` holds, looked at after each chunk. */
	until(done: () => boolean): Promise<void>
	close(): Promise<void>
}

interface Wire {
	readonly sockets: Readonly<Record<Direction, Socket>>
	readonly captured: Record<Direction, Buffer[]>
	readonly held: Record<Direction, Buffer[]>
}

const directions = ['up', 'down'] as const

export async function startTcpProxy(target: { readonly port: number; readonly listenOn?: number }): Promise<TcpProxy> {
	const captured: CapturedConnection[] = []
	const live = new Set<Wire>()
	const bytes = { up: 0, down: 0 }
	const holding = new Set<Direction>()
	const waiting = new Set<() => void>()
	let targetPort = target.port
	let isCut = false

	function carry(wire: Wire, direction: Direction, chunk: Buffer): void {
		wire.captured[direction].push(chunk)
		bytes[direction] += chunk.length
		if (holding.has(direction)) wire.held[direction].push(chunk)
		else wire.sockets[direction].write(chunk)
		for (const look of waiting) look()
	}

	function open(client: Socket): void {
		if (isCut) return void client.resetAndDestroy()
		const server = connect({ port: targetPort, host: '127.0.0.1' })
		const wire: Wire = {
			sockets: { up: server, down: client },
			captured: { up: [], down: [] },
			held: { up: [], down: [] },
		}
		live.add(wire)
		captured.push(wire.captured)
		pipe(client, server, (chunk) => carry(wire, 'up', chunk))
		pipe(server, client, (chunk) => carry(wire, 'down', chunk))
		const ended = () => live.delete(wire)
		server.on('close', ended)
		client.on('close', ended)
	}

	const server = createServer(open)
	await listen(server, target.listenOn ?? 0)
	const address = server.address()
	const port = typeof address === 'object' && address !== null ? address.port : 0
	return {
		port,
		connections: captured,
		bytes,
		cut: () => {
			isCut = true
			for (const { sockets } of live) for (const direction of directions) sockets[direction].resetAndDestroy()
			live.clear()
		},
		hold: (direction) => void holding.add(direction),
		resume: () => {
			isCut = false
			holding.clear()
			for (const { held, sockets } of live) {
				for (const direction of directions)
					for (const chunk of held[direction].splice(0)) sockets[direction].write(chunk)
			}
		},
		retarget: (next) => {
			targetPort = next
		},
		until: (done) =>
			new Promise((resolve) => {
				const look = () => {
					if (!done()) return
					waiting.delete(look)
					resolve()
				}
				waiting.add(look)
				look()
			}),
		close: async () => {
			for (const { sockets } of live) for (const direction of directions) sockets[direction].destroy()
			await new Promise((done) => server.close(done))
		},
	}
}

/** Nagle's delay is off, so that a frame that was written is a frame that can be counted. */
function pipe(from: Socket, to: Socket, carry: (chunk: Buffer) => void): void {
	from.setNoDelay(true)
	from.on('data', carry)
	from.on('end', () => to.end())
	// A broken wire breaks on both sides; the error itself is what these tests are made of.
	from.on('error', () => to.destroy())
	from.on('close', () => to.destroy())
}

function listen(server: Server, port: number): Promise<void> {
	return new Promise((done, failed) => {
		server.once('error', failed)
		server.listen(port, '127.0.0.1', done)
	})
}
