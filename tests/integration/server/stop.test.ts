import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { readConfig, type Config } from '#server/config.ts'
import type { RunningInstance } from '#server/create-instance.ts'
import { serve, type Serving } from '#server/serve.ts'
import { testServerEnvironment } from '#tests/support/server.ts'

/** Connections are kept for an hour, so that none of them ends by itself. */
function config(): Config {
	const read = readConfig({ ...testServerEnvironment, PORT: '0' })
	if (!read.ok) throw new Error(read.error.sentence)
	return read.value
}

/** A real port with a listener of the test's behind it. */
function serving(listener: RequestListener): Promise<Serving> {
	const instance: Pick<RunningInstance, 'listener' | 'upgrade' | 'closeSockets' | 'stop'> = {
		listener,
		upgrade: (_request, socket) => void socket.destroy(),
		closeSockets: () => Promise.resolve(),
		stop: () => Promise.resolve(),
	}
	return serve(instance as RunningInstance, config())
}

async function connected(port: number): Promise<Socket> {
	const socket = connect(port, '127.0.0.1')
	socket.on('error', () => undefined)
	await once(socket, 'connect')
	return socket
}

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n'

test('a connection that asked nothing does not hold a server that stops', async () => {
	const server = await serving((_request, response) => void response.end())
	const silent = await connected(server.port)
	// Asked and answered: by then the server has met the silent one as well.
	const other = await connected(server.port)
	other.write(request)
	await once(other, 'data')
	const gone = once(silent, 'close')
	await server.stop()
	await gone
	other.destroy()
})

test('a request under way is answered, and then its connection does not hold the server either', async () => {
	const asked = Promise.withResolvers<() => void>()
	const server = await serving((_request, response) => asked.resolve(() => response.end('done')))
	const socket = await connected(server.port)
	const heard: Buffer[] = []
	socket.on('data', (chunk: Buffer) => heard.push(chunk))
	socket.write(request)
	const answer = await asked.promise
	const stopped = server.stop()
	const gone = once(socket, 'close')
	answer()
	await Promise.all([stopped, gone])
	expect(Buffer.concat(heard).toString()).toMatch(/^HTTP\/1\.1 200 [^]*done/)
})

test('nobody is let in any more', async () => {
	const server = await serving((_request, response) => void response.end())
	await server.stop()
	const late = connect(server.port, '127.0.0.1')
	const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
	expect(error.code).toBe('ECONNREFUSED')
})
