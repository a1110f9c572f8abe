/** Devices that are not connected are woken by their push service (product N2): real clients, a real server, a push service of the test. */
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { rateLimits } from '#server/domain/rate-limits.ts'
import { findLeaks } from '../support/leak-search.ts'
import { startPushService, vapidClaims, type PushService, type SubscribedBrowser } from '../support/push-service.ts'
import { ask } from '../support/raw-http.ts'
import { phoneOf } from '../support/second-device.ts'
import { peopled, world } from '../support/story.ts'
import { must, now, refusal, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, onlineUntil, openDirect, post, type NodeDevice } from '../support/world.ts'

const words = { message: 'New message', test: 'It works' }

async function withPush(nodes?: 2) {
	const service = await startPushService()
	onTestFinished(() => service.close())
	const story = await peopled(await world({ env: service.env, ...(nodes === 2 ? { nodes } : {}) }), ['alice', 'bob'])
	await befriend(story.alice, story.bob)
	const conversation = await openDirect(story.alice, story.bob)
	return { ...story, service, conversation }
}

async function subscribed(device: NodeDevice, service: PushService): Promise<SubscribedBrowser> {
	const browser = service.subscribe()
	must(await device.api.setPush({ target: browser.target, named: true, words }))
	return browser
}

async function muted(device: NodeDevice, conversation: ConversationId, on: boolean): Promise<void> {
	must(await device.api.muteConversation({ conversation, mute: on ? { type: 'ever' } : null }))
	await until(device.api, {
		view: 'chats',
		of: null,
		is: (chats) => chats.some((chat) => chat.conversation === conversation && (chat.muted !== null) === on),
	})
}

test('[N2] who is not connected is woken by what others write, and reads it when the app opens; who is connected is not', async () => {
	const { alice, bob, service, conversation, world: here } = await withPush()
	const [ofAlice, ofBob] = [await subscribed(alice, service), await subscribed(bob, service)]
	await post(alice, conversation, 'You are here anyway')
	await textsUntil(bob.api, conversation, ['You are here anyway'])
	bob.wire.cut()
	await offlineUntil(bob)
	await post(alice, conversation, 'A secret for Bob')
	const { message, headers, body } = await ofBob.next()
	expect(message.type === 'look' && bytesToBase64url(message.conversation)).toBe(conversation)
	expect(ofBob.taken).toHaveLength(1)
	expect(ofAlice.taken).toEqual([])

	// What the push service learns: that something is there for this browser, when, and from which server.
	const secrets = [
		{ name: 'text', value: 'A secret for Bob' },
		{ name: 'conversation', value: base64urlToBytes(conversation) as Uint8Array },
	]
	const sent = Buffer.concat([body, Buffer.from(JSON.stringify(headers))])
	expect(findLeaks(secrets, [{ name: 'push', bytes: sent }])).toEqual([])
	const canary = Buffer.concat([body, Buffer.from('A secret for Bob')])
	expect(findLeaks(secrets, [{ name: 'canary', bytes: canary }])).toHaveLength(1)
	expect(headers).toMatchObject({ ttl: '86400', urgency: 'high', 'content-encoding': 'aes128gcm' })
	expect(headers['topic']).toMatch(/^[A-Za-z0-9_-]{32}$/)
	expect(vapidClaims(headers.authorization ?? '')).toMatchObject({
		aud: service.origin,
		k: must(await alice.api.push()).key,
	})
	expect(here.server.lines.filter(({ event }) => event.startsWith('push'))).toEqual([])
	bob.wire.resume()
	await textsUntil(bob.api, conversation, ['You are here anyway', 'A secret for Bob'])
})

test('[N2] one device of somebody is woken while another is connected; what he writes himself wakes none of his', async () => {
	const { alice, bob, service, conversation, world: here } = await withPush()
	const phone = await phoneOf({ world: here }, bob)
	const ofPhone = await subscribed(phone, service)
	phone.wire.cut()
	await offlineUntil(phone)
	await post(bob, conversation, 'From my other device')
	await textsUntil(alice.api, conversation, ['From my other device'])
	await post(alice, conversation, 'For both')
	await textsUntil(bob.api, conversation, ['From my other device', 'For both'])
	expect((await ofPhone.next()).message.type).toBe('look')
	expect(ofPhone.taken).toHaveLength(1)
})

test('[N2] a muted conversation wakes nobody: the server is told of it while the app is open', async () => {
	const { alice, bob, service, conversation, world: here } = await withPush()
	const ofBob = await subscribed(bob, service)
	await muted(bob, conversation, true)
	const { pushSubscriptions } = here.server.domain.repositories
	const session = await now(bob.api, 'session', null)
	const device = base64urlToBytes(session.type === 'signed-in' ? session.device : '') as Bytes
	const told = async () => (await pushSubscriptions.of(device))?.quiet
	const before = await told()
	await vi.waitFor(async () => expect(await told()).not.toEqual(before), { timeout: 20_000 })
	bob.wire.cut()
	await offlineUntil(bob)
	await post(alice, conversation, 'Hush')
	const charlie = service.subscribe()
	must(await alice.api.setPush({ target: charlie.target, named: false, words }))
	must(await alice.api.testPush())
	await charlie.next()
	bob.wire.resume()
	await textsUntil(bob.api, conversation, ['Hush'])
	expect(ofBob.taken).toEqual([])
})

test('[N2] a test comes at once; a subscription that ended is forgotten, and the app can tell', async () => {
	const { bob, service } = await withPush()
	expect(refusal(await bob.api.testPush())).toEqual({ type: 'server', code: 'not-found' })
	const browser = await subscribed(bob, service)
	expect(must(await bob.api.testPush())).toEqual({ outcome: 'sent' })
	expect((await browser.next()).message.type).toBe('test')
	service.answers.push(503, 410)
	expect(must(await bob.api.testPush())).toEqual({ outcome: 'away' })
	expect(must(await bob.api.testPush())).toEqual({ outcome: 'gone' })
	expect(refusal(await bob.api.testPush())).toEqual({ type: 'server', code: 'not-found' })
	const again = await subscribed(bob, service)
	for (let i = 5; i < rateLimits.pushTestByAccount.points; i++)
		expect(must(await bob.api.testPush())).toEqual({ outcome: 'sent' })
	expect(again.taken.length).toBeGreaterThan(0)
	expect(refusal(await bob.api.testPush())).toMatchObject({ type: 'server', code: 'rate-limited' })
	must(await bob.api.setPush(null))
	expect(must(await bob.api.push()).setting).toBe(null)
})

test('[N2] a setting outlives a restart of the app and of the server; who signed out is woken no more', async () => {
	const { alice, bob, service, conversation, world: here } = await withPush()
	const ofBob = await subscribed(bob, service)
	await bob.reopen()
	expect(must(await bob.api.push()).setting).toEqual({ target: ofBob.target, named: true, words })
	await here.stop()
	await here.start()
	await onlineUntil(alice)
	await onlineUntil(bob)
	bob.wire.cut()
	await offlineUntil(bob)
	await post(alice, conversation, 'After the restart')
	await ofBob.next()
	bob.wire.resume()
	await onlineUntil(bob)
	must(await bob.api.signOut())
	await here.server.domain.push.dropEnded()
	expect(await here.server.domain.repositories.pushSubscriptions.endpoints()).toEqual([])
	await post(alice, conversation, 'Nobody is there')
	expect(ofBob.taken).toHaveLength(1)
})

test('[N2] an address into this network, or none, is refused, and nothing is kept of it', async () => {
	const { bob, service, world: here } = await withPush()
	const { target } = service.subscribe()
	const attacks = [
		{ ...target, endpoint: 'https://169.254.169.254/latest/meta-data' },
		{ ...target, endpoint: `${here.server.origin}/api/v1/instance` },
		{ ...target, endpoint: 'https://[::ffff:10.0.0.1]/' },
		{ ...target, endpoint: `https://push.example.org/${'x'.repeat(1024)}` },
		{ ...target, p256dh: target.p256dh.slice(0, 40) },
		{ ...target, p256dh: `A${target.p256dh.slice(1)}` },
		{ ...target, auth: '' },
	]
	for (const attack of attacks)
		expect(refusal(await bob.api.setPush({ target: attack, named: true, words }))).toEqual({
			type: 'server',
			code: 'malformed',
		})
	expect(await here.server.domain.repositories.pushSubscriptions.endpoints()).toEqual([])
	expect(must(await bob.api.push()).setting).toBe(null)
})

test('[N2] a subscription that the browser has renewed by itself wakes the device on; nobody moves one whose secret he does not know', async () => {
	const { alice, bob, service, conversation } = await withPush()
	const [old, renewed, foreign] = [await subscribed(bob, service), service.subscribe(), service.subscribe()]
	await muted(bob, conversation, true)
	await muted(bob, conversation, false)
	bob.wire.cut()
	await offlineUntil(bob)
	const renew = (auth: string, now: object) =>
		ask(alice, {
			...{ method: 'POST', path: '/push/renewals', token: null },
			body: { was: { endpoint: old.target.endpoint, auth }, now },
		} as const)
	// Guessed, and true: the answer is the same.
	expect(await renew(foreign.target.auth, foreign.target)).toMatchObject({ status: 200, body: {} })
	expect(await renew(old.target.auth, renewed.target)).toMatchObject({ status: 200, body: {} })
	await post(alice, conversation, 'At the new address')
	expect((await renewed.next()).message.type).toBe('look')
	expect([old.taken.length, foreign.taken.length]).toEqual([0, 0])
	// Used up with that.
	await renew(old.target.auth, foreign.target)
	const inside = { ...renewed.target, endpoint: 'https://169.254.169.254/latest' }
	expect(await renew(renewed.target.auth, inside)).toMatchObject({ status: 400, code: 'malformed' })
	await post(alice, conversation, 'And once more')
	expect((await renewed.next()).message.type).toBe('look')
	expect(foreign.taken).toEqual([])
	const { points } = rateLimits.pushRenewalByIp
	const codes: (string | null)[] = []
	for (let i = 0; i < points; i++) codes.push((await renew(foreign.target.auth, foreign.target)).code)
	expect(codes.at(-1)).toBe('rate-limited')
})
