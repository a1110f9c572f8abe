/** Secrets of the server are drawn anew, as docs/hosting.md says: what people notice of it, and what is void. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockFolder } from '#server/ops/control/folder-lock.ts'
import { decodeSecrets } from '#server/secrets.ts'
import { runKith } from '../support/kith-command.ts'
import { ask } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'
import { storyClock } from '../support/story-clock.ts'
import { peopled, world } from '../support/story.ts'
import { must, refusal, textsUntil, until } from '../support/watching.ts'
import { accessTokenOf, befriend, onlineUntil, openDirect, post, writableUntil } from '../support/world.ts'

/** Alice and Bob talk, by one clock; `rotated` stops the server, has a secret drawn anew, and starts it again. */
async function talking() {
	const { clock, advance } = storyClock()
	const opened = await world({ clock })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(alice, conversation, 'before')
	await textsUntil(bob.api, conversation, ['before'])
	const { data, env } = opened.server
	const secrets = async () => decodeSecrets(await readFile(join(data, 'secrets.json'), 'utf8'))
	const rotated = async (...args: readonly string[]) => {
		await opened.stop()
		const [old, end] = [await secrets(), await runKith(['rotate', ...args], { data, env })]
		expect([end.code, end.err]).toEqual([0, ''])
		const drawn = await secrets()
		const { entries } = (await runKith(['audit', '--limit', '1', '--json'], { data, env })).document()
		expect(entries).toMatchObject([{ by: null, subject: null, act: `rotate-${args[0] ?? ''}` }])
		const names = ['serverKey', 'tokenKey', 'hmacKey', 'pushKey', 'opaqueSetup'] as const
		await opened.start()
		return names.filter((name) => String(old?.[name]) !== String(drawn?.[name]))
	}
	return { opened, alice, bob, conversation, advance, data, env, rotated }
}

test('[S3] a new token key: tokens of before are void, and nobody notices', async () => {
	const { alice, bob, conversation, rotated } = await talking()
	const old = await accessTokenOf(alice)
	expect((await ask(alice, { path: '/friends', token: old })).status).toBe(200)
	expect(await rotated('token-key')).toEqual(['tokenKey'])
	expect((await ask(alice, { path: '/friends', token: old })).code).toBe('unauthenticated')
	for (const person of [alice, bob]) await onlineUntil(person)
	await post(alice, conversation, 'after')
	await textsUntil(bob.api, conversation, ['before', 'after'])
})

test('[S3][N2] a new push key: devices are told of it when the app opens, and subscribe for the new one', async () => {
	const { alice, rotated } = await talking()
	const old = must(await alice.api.push()).key
	expect(await rotated('push-key')).toEqual(['pushKey'])
	await onlineUntil(alice)
	const drawn = must(await alice.api.push()).key
	expect([drawn.length, drawn === old]).toEqual([old.length, false])
})

test('[S3] a new HMAC key: everybody signs in once more, finds everything, and what waited goes out', async () => {
	const { alice, bob, conversation, advance, rotated } = await talking()
	alice.wire.cut()
	await post(alice, conversation, 'waits')
	expect(await rotated('hmac-key')).toEqual(['hmacKey'])
	advance(15 * 60_000)
	alice.wire.resume()
	for (const { api, name, password } of [alice, bob]) {
		await api.bots()
		await until(api, {
			view: 'session',
			of: null,
			is: (session) => session.type === 'signed-out' && session.why === 'session-ended',
		})
		must(await api.signIn({ name, password }))
	}
	await textsUntil(bob.api, conversation, ['before', 'waits'])
})

test('[S3] a new password set-up: who is signed in stays so, no password opens anything, the recovery code does', async () => {
	const { opened, alice, bob, conversation, data, env, rotated } = await talking()
	const unsure = await runKith(['rotate', 'password-setup'], { data, env })
	expect([unsure.code, unsure.err]).toEqual([1, expect.stringContaining('--sure') as string])
	expect(await rotated('password-setup', '--sure')).toEqual(['opaqueSetup'])
	for (const person of [alice, bob]) await onlineUntil(person)
	await post(alice, conversation, 'after')
	await textsUntil(bob.api, conversation, ['before', 'after'])
	const { api } = await opened.device('phone')
	expect(refusal(await api.signIn({ name: 'bob', password: bob.password }))).toMatchObject({
		code: 'wrong-credentials',
	})
	must(await api.recover({ name: 'bob', code: bob.words.join(' ') }))
	await writableUntil({ ...bob, api }, conversation)
	await textsUntil(api, conversation, ['before', 'after'])
})

test('[S4] a new token for metrics: the old one reads nothing after the restart', async () => {
	const [old, next] = ['the-first-token-of-metrics', 'the-second-token-of-metrics']
	const first = await startTestServer({ env: { KITH_METRICS_TOKEN: old } })
	const read = (origin: string, token: string) =>
		fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status)
	expect(await read(first.origin, old)).toBe(200)
	await first.stop()
	const second = await startTestServer({ data: first.data, env: { KITH_METRICS_TOKEN: next } })
	expect([await read(second.origin, old), await read(second.origin, next)]).toEqual([401, 200])
	await second.close()
})

test('[S3] nothing is drawn anew while somebody works on the folder, or of a damaged file', async () => {
	const server = await startTestServer()
	await server.stop()
	const path = join(server.data, 'secrets.json')
	const before = await readFile(path, 'utf8')
	const lock = lockFolder(server.data)
	const busy = await runKith(['rotate', 'token-key'], { data: server.data })
	expect([busy.code, busy.err]).toEqual([1, expect.stringContaining('stop it first') as string])
	lock?.release()
	expect((await runKith(['rotate', 'server-key'], { data: server.data })).code).toBe(2)
	expect(await readFile(path, 'utf8')).toBe(before)
	await (await server.restart()).close()
})
