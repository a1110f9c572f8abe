/** What one address may take before anybody has proven anything (SPEC WIRE13). */
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ticketProtocol } from '#protocol/ticket.ts'
import { addressLimits } from '#server/sync/limits.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import { syncWorld, type SyncWorld } from '#tests/support/sync-world.ts'

let world: SyncWorld
let sockets: WebSocket[] = []

afterEach(async () => {
	for (const socket of sockets) socket.terminate()
	sockets = []
	expect(world.errors).toEqual([])
	await world.close()
})

/** The HTTP status of the refusal, or `open`. */
function knock(from: string, { path = '/sync', protocol = 'kith.mux.1' } = {}): Promise<number | 'open'> {
	const headers = { 'x-forwarded-for': from }
	const socket = new WebSocket(`ws://127.0.0.1:${world.port}${path}`, protocol, { headers })
	sockets.push(socket)
	socket.on('error', () => {})
	return new Promise((resolve) => {
		socket.on('open', () => resolve('open'))
		socket.on('unexpected-response', (request, response) => {
			request.destroy()
			resolve(response.statusCode ?? 0)
		})
	})
}

async function knockMany(count: number, ...how: Parameters<typeof knock>): Promise<Set<number | 'open'>> {
	const answers = new Set<number | 'open'>()
	for (let i = 0; i < count; i += 50) {
		const some = Array.from({ length: Math.min(50, count - i) }, () => knock(...how))
		for (const answer of await Promise.all(some)) answers.add(answer)
	}
	return answers
}

test('[WIRE13] one address does not take the places of all strangers', async () => {
	world = await syncWorld({ KITH_PROXY_HOPS: '1' })
	expect(await knockMany(addressLimits.strangers, '203.0.113.7')).toEqual(new Set(['open']))
	expect(await knock('203.0.113.7')).toBe(429)
	// Neither by another address of its own network …
	expect(await knockMany(addressLimits.strangers, '2001:db8:1:2::1')).toEqual(new Set(['open']))
	expect(await knock('2001:db8:1:2:ffff::9')).toBe(429)
	// … nor by a header of its own before the proxy's.
	expect(await knock('198.51.100.1, 203.0.113.7')).toBe(429)
	expect(await knock('203.0.113.8')).toBe('open')
})

test('[WIRE13] who brings tickets that are none soon gets no socket; others do', async () => {
	world = await syncWorld({ KITH_PROXY_HOPS: '1' })
	const path = `/sync/${world.guid(0)}`
	const protocol = ticketProtocol(bytesOf('guess'))
	const { burst } = addressLimits.attempts
	const answers = await knockMany(burst + 50, '203.0.113.7', { path, protocol })
	expect(answers).toEqual(new Set(['open', 429]))
	expect(await knock('203.0.113.7')).toBe(429)
	expect(await knock('203.0.113.8')).toBe('open')
	await world.time.advance(2000)
	expect(await knock('203.0.113.7')).toBe('open')
})

test('without a proxy of ours nobody chooses his address', async () => {
	world = await syncWorld()
	for (let i = 0; i < addressLimits.strangers; i += 50) await knockMany(50, `203.0.113.${i / 50}`)
	expect(await knock('198.51.100.1')).toBe(429)
})
