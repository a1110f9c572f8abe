import { createServer, type RequestListener, type Server } from 'node:http'
import { gzipSync } from 'node:zlib'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { findLeaks } from '../../support/leak-search.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { capturedPlaces } from '../../support/wire-capture.ts'

const canary = 'a canary that somebody forgot to seal'

async function setup(answer: RequestListener): Promise<{ proxy: TcpProxy; server: Server; url: string }> {
	const server = createServer(answer)
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
	const address = server.address()
	const proxy = await startTcpProxy({ port: typeof address === 'object' && address !== null ? address.port : 0 })
	onTestFinished(async () => {
		await proxy.close()
		server.closeAllConnections()
		server.close()
	})
	return { proxy, server, url: `http://127.0.0.1:${proxy.port}/` }
}

const whereFound = (proxy: TcpProxy) =>
	findLeaks([{ name: 'canary', value: canary }], capturedPlaces(proxy.connections)).map(({ place }) => place)

test('bodies are found: of a request, with a length, in chunks, and packed', async () => {
	const { proxy, url } = await setup((request, response) => {
		request.resume()
		if (request.url === '/length') return void response.end(canary)
		if (request.url === '/gzip') return void response.setHeader('content-encoding', 'gzip').end(gzipSync(canary))
		response.write(canary.slice(0, 9))
		response.end(canary.slice(9))
	})
	await (await fetch(url, { method: 'POST', body: JSON.stringify({ text: canary }) })).text()
	for (const path of ['length', 'gzip']) expect(await (await fetch(url + path)).text()).toBe(canary)
	const found = whereFound(proxy).map((place) => place.replace(/^\d+ /, ''))
	expect(found).toEqual(['up POST / HTTP/1.1', ...Array<string>(3).fill('down HTTP/1.1 200 OK')])
	const { up, down } = proxy.bytes
	expect([up, down].every((count) => count > canary.length)).toBe(true)
})

test('frames are found: masked, split over fragments, and longer than 125 bytes', async () => {
	const { proxy, server, url } = await setup((_, response) => response.end())
	const sockets = new WebSocketServer({ server })
	sockets.on('connection', (socket) =>
		socket.on('message', (data) => socket.send(`${data.toString()}${'.'.repeat(70_000)}`)),
	)
	const socket = new WebSocket(url.replace('http', 'ws'))
	await once(socket, 'open')
	socket.send(Buffer.from(canary.slice(0, 5)), { fin: false })
	socket.send(Buffer.from(canary.slice(5)), { fin: true })
	await once(socket, 'message')
	socket.terminate()
	expect(whereFound(proxy)).toEqual(['0 up frame 0', '0 down frame 0'])
})

test('a cut breaks what is open and what comes, until it ends', async () => {
	const { proxy, url } = await setup((_, response) => response.end('here'))
	expect(await (await fetch(url)).text()).toBe('here')
	proxy.cut()
	await expect(fetch(url)).rejects.toThrow()
	proxy.resume()
	expect(await (await fetch(url)).text()).toBe('here')
})

test('what is held back is not lost, and arrives in order', async () => {
	const { proxy, url } = await setup((_, response) => response.end('here'))
	proxy.hold('down')
	const before = proxy.bytes.down
	const answer = fetch(url).then((response) => response.text())
	await proxy.until(() => proxy.bytes.down > before)
	expect(await Promise.race([answer, Promise.resolve('nothing yet')])).toBe('nothing yet')
	proxy.resume()
	expect(await answer).toBe('here')
})
