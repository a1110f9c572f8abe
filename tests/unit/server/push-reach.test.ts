/** Somebody names addresses at which this server is to call (SSRF): which of them it does. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { nodeRandom } from '#server/node-crypto.ts'
import { isPublicAddress, reachable } from '#server/push/reach.ts'
import { createWebPush } from '#server/push/web-push.ts'
import { startPushService } from '../../support/push-service.ts'

const nobody = new Set<string>()

test.each([
	'https://updates.push.services.mozilla.com/wpush/v2/abc',
	'https://fcm.googleapis.com/fcm/send/abc',
	'https://8.8.8.8/push',
	'https://[2606:4700:4700::1111]/push',
])('goes to %s', (endpoint) => {
	expect(reachable(endpoint, nobody)?.href).toBe(endpoint)
})

test.each([
	'http://push.example.org/plain',
	'https://push.example.org:8443/another-port',
	'https://user@push.example.org/somebody',
	'https://127.0.0.1/',
	'https://0.0.0.0/',
	'https://10.1.2.3/',
	'https://172.31.255.255/',
	'https://192.168.1.1/router',
	'https://169.254.169.254/latest/meta-data',
	'https://100.64.0.1/',
	'https://2130706433/',
	'https://0x7f.1/',
	'https://[::1]/',
	'https://[::]/',
	'https://[fd00::1]/',
	'https://[fe80::1]/',
	'https://[::ffff:127.0.0.1]/',
	'https://[64:ff9b::7f00:1]/',
	'https://[2002:7f00:1::]/',
	'ftp://push.example.org/',
	'file:///etc/passwd',
	'javascript:alert(1)',
	'',
	'no address',
])('does not go to %s', (endpoint) => {
	expect(reachable(endpoint, nobody)).toBe(null)
})

test('what the operator lists is reached as it stands, and nothing beside it', () => {
	const listed = new Set(['http://10.0.0.5:9000'])
	expect(reachable('http://10.0.0.5:9000/a', listed)?.pathname).toBe('/a')
	for (const other of ['http://10.0.0.5/a', 'https://10.0.0.5:9000/a', 'http://a:b@10.0.0.5:9000/a'])
		expect(reachable(other, listed)).toBe(null)
})

test('addresses that names lead to are judged alike', () => {
	for (const address of ['1.1.1.1', '193.99.144.80', '2a02:2e0:3fe:1001::1'])
		expect(isPublicAddress(address)).toBe(true)
	for (const address of ['255.255.255.255', '224.0.0.1', '198.18.0.1', 'ff02::1', '2001::1', 'localhost', ''])
		expect(isPublicAddress(address)).toBe(false)
})

const push = { message: new Uint8Array([1]), topic: 'topic', ttl: 60 }
function browser(endpoint: string) {
	return { ...push, endpoint, key: sender({}).publicKey, auth: nodeRandom(16) }
}
function sender({ listed = [] }: { listed?: readonly string[] }) {
	const webPush = createWebPush({
		...{ privateKey: new Uint8Array(32).fill(7), contact: 'mailto:a@example.org' },
		...{ listed: new Set(listed), clock: Date.now, random: nodeRandom },
	})
	onTestFinished(() => webPush.stop())
	return webPush
}

test('a name that leads into this network is not connected to', async () => {
	expect(await sender({}).send(browser('https://localhost/x'))).toBe('refused')
})

test('what came of it follows from the status; redirects are not followed, and an answer without end is cut', async () => {
	const service = await startPushService()
	onTestFinished(() => service.close())
	const { send } = sender({ listed: [service.origin] })
	const { target } = service.subscribe()
	const statuses = [404, 410, 403, 429, 500, 503, 400, 413, 301, 307]
	service.answers.push(...statuses)
	const outcomes = []
	for (const _ of statuses) outcomes.push(await send(browser(target.endpoint)))
	const [gone, away, refused] = ['gone', 'away', 'refused']
	expect(outcomes).toEqual([gone, gone, gone, away, away, away, refused, refused, refused, refused])
	expect(service.asked()).toBe(statuses.length)

	const endless = createServer((_, response) => {
		response.writeHead(201, { 'content-length': 1_000_000_000 })
		response.write('x')
	})
	await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
	onTestFinished(() => void endless.close())
	const origin = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`
	const closed = new Promise<void>((resolve) =>
		endless.on('connection', (socket) => socket.on('close', () => resolve())),
	)
	expect(await sender({ listed: [origin] }).send(browser(origin))).toBe('sent')
	await closed
})
