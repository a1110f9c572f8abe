import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { WebSocket, type CloseEvent } from 'ws'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { wireErrors } from '#protocol/errors.ts'
import { encodeFrame, hubChannel } from '#protocol/frames.ts'
import { ask } from '../support/raw-http.ts'
import { peopled, setup, world } from '../support/story.ts'
import { storyClock } from '../support/story-clock.ts'
import { must, mustAfterCut, textsUntil, until } from '../support/watching.ts'
import { readWire } from '../support/wire-capture.ts'
import { accessTokenOf, befriend, openDirect, post, type NodeDevice, type Person } from '../support/world.ts'

const minute = 60 * 1000

/** Alice and Bob are friends and talk; all live by one clock. */
async function talking() {
	const { clock, advance } = storyClock()
	const opened = await world({ clock })
	const story = await peopled(opened, ['alice', 'bob'])
	await befriend(story.alice, story.bob)
	const conversation = await openDirect(story.alice, story.bob)
	return { ...story, conversation, advance }
}

const signedOutBecause = ({ api }: NodeDevice, why: string) =>
	until(api, { view: 'session', of: null, is: (session) => session.type === 'signed-out' && session.why === why })

/** Sends `messages` over a new socket and tells how it was closed. */
async function closeOfSocket({ serverUrl }: NodeDevice, messages: readonly unknown[]): Promise<number> {
	const socket = new WebSocket(`${serverUrl.replace('http', 'ws')}/sync`, 'kith.mux.1')
	await once(socket, 'open')
	const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
	for (const message of messages) {
		socket.send(encodeFrame({ channel: hubChannel, recv: [], payload: utf8ToBytes(JSON.stringify(message)) }))
	}
	return (await closed).code
}

/** A token as it was, with `change` applied to its payload; its signature is left as it was. */
function tampered(token: string, change: (payload: Record<string, unknown>) => void): string {
	const [header = '', payload = '', signature = ''] = token.split('.')
	const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
	change(claims)
	return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
}

function unsigned(token: string): string {
	const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')
	return `${header}.${token.split('.')[1]}.`
}

describe('access tokens', () => {
	test('[A2] every door of the API asks for a token, and takes no other than its own', async () => {
		const { alice } = await setup('alice')
		const { alice: elsewhere } = await setup('alice')
		const own = await accessTokenOf(alice)
		expect((await ask(alice, { path: '/friends' })).status).toBe(200)
		const id = 'A'.repeat(22)
		const doors = [
			'/account',
			'/account/sessions',
			'/friends',
			'/conversations',
			'/invites',
			`/conversations/${id}/log`,
			`/conversations/${id}/heads`,
		]
		for (const path of doors) expect((await ask(alice, { path, token: null })).code, path).toBe('unauthenticated')
		const forged = [
			'nonsense',
			unsigned(own),
			tampered(own, (claims) => (claims['exp'] = Number(claims['exp']) + 3600)),
			tampered(own, (claims) => (claims['role'] = 'user')),
			await accessTokenOf(elsewhere),
		]
		for (const token of forged) expect((await ask(alice, { path: '/friends', token })).code).toBe('unauthenticated')
	})

	test('[A2] the socket takes nobody without a token and the signature of his device', async () => {
		const { alice } = await setup('alice')
		const clientNonce = 'A'.repeat(43)
		const hello = { t: 'hello', v: 1, clientNonce }
		const auth = { t: 'auth', accessToken: await accessTokenOf(alice), signature: 'A'.repeat(86) }
		const { close: unauthenticated } = wireErrors.unauthenticated
		expect(await closeOfSocket(alice, [hello, { ...auth, accessToken: 'nonsense' }])).toBe(unauthenticated)
		// A stolen token alone is of no use: the device's key is not in it.
		expect(await closeOfSocket(alice, [hello, auth])).toBe(wireErrors['bad-device-proof'].close)
		expect(await closeOfSocket(alice, [{ t: 'follow', conversation: 'A'.repeat(22) }])).toBe(wireErrors.malformed.close)
	})

	test('[A2] a token lives ten minutes, and the client renews it by itself', async () => {
		const { alice, bob, conversation, advance } = await talking()
		const old = await accessTokenOf(alice)
		advance(9 * minute)
		expect((await ask(alice, { path: '/friends', token: old })).status).toBe(200)
		advance(1 * minute)
		expect((await ask(alice, { path: '/friends', token: old })).code).toBe('unauthenticated')
		must(await alice.api.createInvite({ uses: 1, days: 1 }))
		expect(alice.tap.accessToken).not.toBe(old)
		await post(alice, conversation, 'still here')
		await textsUntil(bob.api, conversation, ['still here'])
	})
})

describe('refresh tokens', () => {
	/** Bodies of the refreshes that this device has sent. */
	const refreshes = ({ wire }: NodeDevice) =>
		wire.connections
			.flatMap(({ up }) => readWire(up, false).messages)
			.filter(({ start }) => start.startsWith('POST /api/v1/auth/refresh'))
			.map(({ body }) => JSON.parse(body.toString()) as unknown)

	async function refresh(person: Person, advance: (ms: number) => void): Promise<void> {
		advance(11 * minute)
		await accessTokenOf(person)
	}

	test('[A2] one that was used before ends the session everywhere, on an open socket too', async () => {
		const { alice, advance } = await talking()
		await refresh(alice, advance)
		const [first] = refreshes(alice)
		for (let i = 0; i < 2; i++) await refresh(alice, advance)
		const replayed = await ask(alice, { method: 'POST', path: '/auth/refresh', body: first, token: null })
		expect(replayed.code).toBe('token-reused')
		await signedOutBecause(alice, 'token-reused')
		expect((await ask(alice, { path: '/friends' })).status).toBe(401)
		// Signing in again is all that it takes.
		must(await alice.api.signIn({ name: 'alice', password: alice.password }))
	})

	test('[A2] a stolen one is of no use without the device that signs', async () => {
		const { alice, bob, advance } = await talking()
		await refresh(alice, advance)
		await refresh(bob, advance)
		const [ofAlice, ofBob] = [refreshes(alice).at(-1), refreshes(bob).at(-1)] as Record<string, string>[]
		const body = { ...ofAlice, signature: ofBob?.['signature'] }
		const answer = await ask(alice, { method: 'POST', path: '/auth/refresh', body, token: null })
		expect(answer.status).toBe(401)
	})

	test('[A2] two that ask at once with the same one get the same next one, and both stay signed in', async () => {
		const { alice, bob, conversation, advance } = await talking()
		await refresh(alice, advance)
		const [asked] = refreshes(alice)
		const again = () => ask(alice, { method: 'POST', path: '/auth/refresh', body: asked, token: null })
		const answers = await Promise.all([again(), again(), again()])
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
		const next = answers.map(({ body }) => (body as { refreshToken: string }).refreshToken)
		expect(new Set(next).size).toBe(1)
		await refresh(alice, advance)
		expect(refreshes(alice).map((body) => (body as { refreshToken: string }).refreshToken)).toContain(next[0])
		await post(alice, conversation, 'still one session')
		await textsUntil(bob.api, conversation, ['still one session'])
	})

	test('[A2] an answer that was lost may be asked for again', async () => {
		const { alice, bob, conversation, advance } = await talking()
		advance(11 * minute)
		alice.wire.hold('down')
		const before = refreshes(alice).length
		const lost = alice.api.createInvite({ uses: 1, days: 1 })
		await alice.wire.until(() => refreshes(alice).length > before)
		// The server has answered; nobody heard it.
		const heard = alice.wire.bytes.down
		await alice.wire.until(() => alice.wire.bytes.down > heard)
		alice.wire.cut()
		expect((await lost).ok).toBe(false)
		alice.wire.resume()
		await mustAfterCut(() => alice.api.createInvite({ uses: 1, days: 1 }))
		await post(alice, conversation, 'nothing happened')
		await textsUntil(bob.api, conversation, ['nothing happened'])
	})
})

test('[A2] a session that another device ends is dead at once, on its open socket too', async () => {
	const { alice, bob, world } = await setup('alice', 'bob')
	const phone = await world.device('phone')
	must(await phone.api.signIn({ name: 'bob', password: bob.password }))
	const devices = await until(phone.api, {
		view: 'devices',
		of: null,
		is: (all) => all.length === 2 && all.every(({ sid }) => sid !== null),
	})
	const other = devices.find(({ current }) => !current)
	const token = await accessTokenOf(bob)
	must(await phone.api.endSession({ sid: other?.sid ?? '' }))
	await signedOutBecause(bob, 'session-ended')
	expect((await ask(bob, { path: '/friends', token })).code).toBe('session-ended')
	await befriend(alice, Object.assign(phone, { ...bob, api: phone.api, name: 'bob' }))
})
