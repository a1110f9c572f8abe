/** The doctor before proxies that are silent, talk without end, or hide somebody else. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { lookAtNetwork, networkLimits } from '#server/ops/doctor/look-at-network.ts'

const servers: Server[] = []
afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections()
		server.close()
	}
})

/** What the doctor says of an origin that answers so. */
async function findingsOf(listener: RequestListener, patience?: number) {
	const server = createServer(listener).listen(0, '127.0.0.1')
	servers.push(server)
	await once(server, 'listening')
	const { port } = server.address() as AddressInfo
	const config = { origin: `http://127.0.0.1:${port}`, mail: null, tls: null, proxyHops: 0, host: '127.0.0.1' }
	const findings = await lookAtNetwork(config, { serverKey: 'ours', question: 'who am I' }, patience)
	return Object.fromEntries(findings.map(({ about, is, state }) => [about, `${state}: ${is}`]))
}

it('waits no longer than networkLimits.patience for an answer', async () => {
	const { origin } = await findingsOf(() => {}, networkLimits.patience / 200)
	expect(origin).toMatch(/^problem: .* does not answer \(no answer in 0\.05 s\)$/)
})

it('reads no more than networkLimits.answerBytes', async () => {
	const { origin } = await findingsOf((_request, response) => {
		response.end('x'.repeat(2 * networkLimits.answerBytes))
	})
	expect(origin).toMatch(/^problem: .* does not answer \(the answer never ends\)$/)
})

it('finds a server that believes what a caller says of his address, and one that does not', async () => {
	const counting =
		(caller: (claimed: string) => string): RequestListener =>
		({ headers }, response) => {
			if (headers['x-kith-doctor'] === 'who am I')
				response.setHeader('x-kith-caller', caller(String(headers['x-forwarded-for'])))
			response.end(JSON.stringify({ serverKey: 'ours' }))
		}
	expect((await findingsOf(counting((claimed) => claimed)))['proxy']).toMatch(/^problem: anybody chooses the address/)
	expect((await findingsOf(counting(() => '127.0.0.1')))['proxy']).toMatch(/^ok: .* no claim/)
	expect((await findingsOf((_request, response) => void response.end('{"serverKey":"ours"}')))['proxy']).toBe(
		'ok: KITH_PROXY_HOPS is 0',
	)
})

it('knows another Kith, what is none, and a proxy that hands on no upgrade', async () => {
	const answer =
		(serverKey: string): RequestListener =>
		(request, response) =>
			void response.end(request.url === '/sync' ? 'hello' : JSON.stringify({ serverKey }))
	expect((await findingsOf(answer('theirs')))['origin']).toContain('is another Kith')
	expect((await findingsOf((_request, response) => void response.end('<html>')))['origin']).toContain('not as a Kith')
	const { origin, websocket } = await findingsOf(answer('ours'))
	expect(origin).toMatch(/^ok/)
	expect(websocket).toBe('problem: no upgrade of /sync: answered 200')
})
