/** The files of deploy/ with the real Caddy and nginx in front of real servers, and real clients before them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createNodeClient } from '#platform/node/node-client.ts'
import { rateLimits } from '#server/domain/rate-limits.ts'
import { freePort, mayTry, proxyKinds, startReverseProxy, type ReverseProxy } from '#tests/support/reverse-proxy.ts'
import { runKith } from '#tests/support/kith-command.ts'
import { startTestServer } from '#tests/support/server.ts'
import { testStretchings } from '#tests/support/stretching.ts'
import { startTcpProxy } from '#tests/support/tcp-proxy.ts'
import { until, textsUntil } from '#tests/support/watching.ts'
import { befriend, inviteFrom, openDirect, post, signUp, type Device } from '#tests/support/world.ts'

const before = tls.getCACertificates('default')
afterAll(() => tls.setDefaultCACertificates(before))

/** A server behind a proxy; `wire` is between the two. */
async function behind(kind: (typeof proxyKinds)[number]) {
	const port = await freePort()
	const env = { KITH_ORIGIN: `https://localhost:${port}`, KITH_PROXY_HOPS: '1', KITH_KEEP_ALIVE_SECONDS: '90' }
	const server = await startTestServer({ env })
	const wire = await startTcpProxy({ port: server.port })
	const proxy = await startReverseProxy(kind, { port, upstreams: [wire.port] })
	onTestFinished(async () => {
		await proxy.stop()
		await wire.close()
		await server.close()
	})
	tls.setDefaultCACertificates([...before, proxy.ca])
	return { server, wire, proxy }
}

interface Answer {
	readonly status: number
	readonly headers: Readonly<Record<string, unknown>>
	readonly body: string
}

function ask({ port, ca }: ReverseProxy, options: RequestOptions, body = ''): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const headers = { host: `localhost:${port}`, ...(options.headers as Record<string, string> | undefined) }
		const where = { ...options, host: '127.0.0.1', port, ca, servername: 'localhost', headers }
		const asked = request(where, (response) => {
			let text = ''
			response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
			response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
		})
		asked.once('error', reject)
		asked.end(body)
	})
}

async function person(name: string, { origin }: ReverseProxy): Promise<Device> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-behind-'))
	const api = await createNodeClient({
		...{ stretchings: testStretchings, serverUrl: origin, storage: { path: join(folder, 'store.sqlite') } },
		openSocket: (url, protocol) => new WebSocket(url, protocol, { origin }) as never,
	})
	onTestFinished(async () => {
		await api.close()
		await rm(folder, { recursive: true, force: true })
	})
	return { name, api, wire: null as never, reopen: async () => undefined }
}

/** A sign-up with an invitation that nobody gave: counted by the address of who tries. */
const guess = (proxy: ReverseProxy, from: string, said?: string) =>
	ask(
		proxy,
		{
			method: 'POST',
			path: '/api/v1/auth/registration/check',
			localAddress: from,
			headers: { 'content-type': 'application/json', ...(said === undefined ? {} : { 'x-forwarded-for': said }) },
		},
		JSON.stringify({ name: 'mallory', grant: { type: 'invite', token: 'A'.repeat(32) } }),
	)

describe.each(proxyKinds.filter(mayTry))('behind %s', (kind) => {
	it('[S1] friends sign up, befriend and talk over it, by HTTP and by the socket', async () => {
		const { server, proxy } = await behind(kind)
		const alice = await signUp(await person('alice', proxy), {
			type: 'setup',
			token: (await server.setupToken()) ?? '',
		})
		const bob = await signUp(await person('bob', proxy), await inviteFrom(alice))
		await befriend(alice, bob)
		const conversation = await openDirect(alice, bob)
		await post(alice, conversation, 'through the proxy')
		await textsUntil(bob.api, conversation, ['through the proxy'])
		await until(bob.api, { view: 'connection', of: null, is: ({ type }) => type === 'online' })
	})

	it('[S3] the doctor finds the origin, the upgrade and the number of proxies well', async () => {
		const { server, proxy } = await behind(kind)
		const folder = await mkdtemp(join(tmpdir(), 'kith-ca-'))
		onTestFinished(() => rm(folder, { recursive: true, force: true }))
		await writeFile(join(folder, 'ca.pem'), proxy.ca)
		const env = { KITH_ORIGIN: proxy.origin, KITH_PROXY_HOPS: '1', NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }
		const { findings } = (await runKith(['doctor', '--json'], { data: server.data, env })).document() as {
			findings: readonly { about: string; state: string; is: string }[]
		}
		const states = Object.fromEntries(findings.map(({ about, state }) => [about, state]))
		expect(states).toMatchObject({ origin: 'ok', websocket: 'ok', proxy: 'ok' })
		expect(findings.find(({ about }) => about === 'proxy')?.is).toContain("no claim of a caller's is believed")
	})

	it('limits count the address of the caller, whatever he says of it', async () => {
		const { proxy } = await behind(kind)
		const { points } = rateLimits.badGrantByIp
		const codes: unknown[] = []
		for (let i = 0; i <= points; i++) {
			const { body } = await guess(proxy, '127.0.0.1', `203.0.113.${i}`)
			codes.push((JSON.parse(body) as { code: unknown }).code)
		}
		expect(new Set(codes.slice(0, points))).toEqual(new Set(['bad-invite']))
		expect(codes.at(-1)).toBe('rate-limited')
		// Somebody else behind the same proxy, whom the first one even names.
		expect(JSON.parse((await guess(proxy, '127.0.0.2')).body)).toMatchObject({ code: 'bad-invite' })
	})

	it('says HSTS once, and keeps the headers of Kith', async () => {
		const { proxy } = await behind(kind)
		const { status, headers } = await ask(proxy, { path: '/healthz' })
		expect(status).toBe(200)
		expect(headers['strict-transport-security']).toBe('max-age=31536000')
		expect(headers['content-security-policy']).toContain("default-src 'none'")
		expect(headers['x-frame-options']).toBe('DENY')
	})

	it('hands on a body while it comes, and keeps none of it', async () => {
		const { wire, proxy } = await behind(kind)
		const half = 'x'.repeat(256 * 1024)
		// The server refuses by the headers alone: a proxy that hears so early may leave the body where it is.
		wire.hold('up')
		const earlier = wire.bytes.up
		const asked = request({
			...{ host: '127.0.0.1', port: proxy.port, ca: proxy.ca, servername: 'localhost', method: 'PATCH' },
			path: '/api/v1/blobs/AAAA',
			headers: {
				...{ host: `localhost:${proxy.port}`, 'content-type': 'application/offset+octet-stream' },
				...{ 'content-length': half.length * 2 },
			},
		})
		asked.on('error', () => undefined)
		asked.write(half)
		// The other half is never sent.
		await wire.until(() => wire.bytes.up - earlier > half.length / 2)
		asked.destroy()
	})
})

describe.runIf(mayTry('caddy'))('behind Caddy with two servers', () => {
	it('[S1] passes by the one that stops, and nobody sees an error', async () => {
		const port = await freePort()
		const env = { KITH_ORIGIN: `https://localhost:${port}`, KITH_PROXY_HOPS: '1', KITH_KEEP_ALIVE_SECONDS: '90' }
		const [one, two] = [await startTestServer({ env }), await startTestServer({ env })]
		const proxy = await startReverseProxy('caddy', { port, upstreams: [one.port, two.port] })
		onTestFinished(async () => {
			await proxy.stop()
			await two.close()
		})
		expect((await ask(proxy, { path: '/readyz' })).status).toBe(200)
		await one.close()
		for (let i = 0; i < 10; i++) expect((await ask(proxy, { path: '/readyz' })).status).toBe(200)
	})
})
