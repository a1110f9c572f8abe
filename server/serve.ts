/** One port for everything: HTTP or HTTPS, and the socket. */
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { Config } from './config.ts'
import type { RunningInstance } from './create-instance.ts'

export interface Serving {
	readonly port: number
	/** Where people open the app. */
	readonly origin: string
	/** Stops taking requests, lets those under way end, then stops the instance. */
	stop(): Promise<void>
	/** Cuts what is still open. */
	cut(): void
}

/** From the first byte of a request to its last: who sends slower holds a connection for nothing. */
const requestTimeout = 60_000

/** Rejects with one sentence when the port or the certificate cannot be had. */
export async function serve(instance: RunningInstance, config: Config): Promise<Serving> {
	const server = await createServer(config)
	server.requestTimeout = requestTimeout
	server.keepAliveTimeout = config.keepAliveSeconds * 1000
	server.on('request', instance.listener)
	server.on('upgrade', instance.upgrade)
	const hangUp = hangUpOnIdle(server)
	await listen(server, config)
	const { port } = server.address() as AddressInfo
	const scheme = config.tls === null ? 'http' : 'https'
	return {
		port,
		origin: config.origin ?? `${scheme}://localhost:${port}`,
		cut: () => server.closeAllConnections(),
		stop: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()))
			await instance.closeSockets()
			hangUp()
			await closed
			await instance.stop()
		},
	}
}

/**
 * Once called, connections that carry no request are closed, and each other one after its answer. Node takes a connection
 * that never carried one for busy, and keeps one whose answer ends after the server was closed.
 */
function hangUpOnIdle(server: Server): () => void {
	const silent = new Set<Socket>()
	let isEnding = false
	const meet = (socket: Socket) => {
		silent.add(socket)
		socket.once('close', () => silent.delete(socket))
	}
	server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', meet)
	server.on('upgrade', ({ socket }) => silent.delete(socket))
	server.on('request', ({ socket }, response) => {
		silent.delete(socket)
		response.once('close', () => {
			if (isEnding) setImmediate(() => server.closeIdleConnections())
		})
	})
	return () => {
		isEnding = true
		for (const socket of silent) socket.destroy()
		server.closeIdleConnections()
	}
}

async function createServer({ tls }: Config): Promise<Server> {
	if (tls === null) return createHttpServer()
	const read = (path: string, name: string) =>
		readFile(path).catch(() => {
			throw new Error(`${name} names ${path}, which cannot be read.`)
		})
	const [cert, key] = [await read(tls.cert, 'KITH_TLS_CERT'), await read(tls.key, 'KITH_TLS_KEY')]
	try {
		return createHttpsServer({ cert, key })
	} catch {
		throw new Error('KITH_TLS_CERT and KITH_TLS_KEY do not hold a certificate and its key in PEM.')
	}
}

function listen(server: Server, { host, port }: Config): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', (error: NodeJS.ErrnoException) => {
			if (error.code === 'EADDRINUSE') reject(new Error(`PORT ${port} is in use: stop what uses it, or set another.`))
			else if (error.code === 'EACCES') reject(new Error(`PORT ${port} may not be used by this user.`))
			else reject(new Error(`HOST ${host} with PORT ${port} cannot be listened on (${error.code}).`))
		})
		server.listen({ host, port }, resolve)
	})
}
