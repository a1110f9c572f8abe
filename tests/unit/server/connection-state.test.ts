import { expect, test } from 'vitest'
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { HubFromClient } from '#protocol/hub.ts'
import { started, step, type ConnectionEvent, type ConnectionState, type Peer } from '#server/sync/connection-state.ts'

const serverNonce = new Uint8Array(32).fill(1)
const clientNonce = new Uint8Array(32).fill(2)
const signature = new Uint8Array(64).fill(3)
const peer: Peer = { account: 'a', device: 'd', sid: 's', isGuest: false }

const hub = (message: HubFromClient): ConnectionEvent => ({ type: 'hub', message })
const hello = hub({ t: 'hello', v: 1, clientNonce: bytesToBase64url(clientNonce) })
const auth = hub({ t: 'auth', accessToken: 'token', signature: bytesToBase64url(signature) })
const frame: ConnectionEvent = { type: 'frame', frame: { channel: 1, recv: [], payload: new Uint8Array(0) } }

const greeting = started(serverNonce)
const proving: ConnectionState = { type: 'proving', serverNonce, clientNonce }
const checking: ConnectionState = { type: 'checking' }
const live: ConnectionState = { type: 'live', peer }
const closed: ConnectionState = { type: 'closed' }

test('hello is answered with the nonce that was drawn for this connection', () => {
	expect(step(greeting, hello)).toEqual({ state: proving, effects: [{ type: 'challenge', serverNonce }] })
})

test('auth is checked once, over both nonces; the server nonce is forgotten', () => {
	const claim = { accessToken: 'token', signature, clientNonce, serverNonce }
	expect(step(proving, auth)).toEqual({ state: checking, effects: [{ type: 'check-proof', claim }] })
	expect(step(checking, auth)).toEqual({ state: closed, effects: [{ type: 'close', code: 'malformed' }] })
})

test('the proven one enters, until his token runs out', () => {
	const { state, effects } = step(checking, { type: 'proven', peer, expiresAt: 9 })
	expect(state).toEqual(live)
	expect(effects).toEqual([
		{ type: 'enter', peer },
		{ type: 'expire-at', at: 9 },
	])
})

test.each([greeting, proving, closed])('a proof that nobody waits for lets nobody in: $type', (state) => {
	expect(step(state, { type: 'proven', peer, expiresAt: 9 })).toEqual({ state, effects: [] })
})

test.each([
	[greeting, auth],
	[proving, hello],
	[live, hello],
	[live, auth],
	[greeting, hub({ t: 'open', guid: 'g' })],
	[proving, hub({ t: 'follow', conversation: 'c' })],
	[checking, hub({ t: 'token', accessToken: 'token' })],
	[greeting, { type: 'malformed' }],
	[live, { type: 'malformed' }],
] as [ConnectionState, ConnectionEvent][])('out of turn or malformed closes: $0.type', (state, event) => {
	const left = state.type === 'live' ? [{ type: 'leave' }] : []
	expect(step(state, event)).toEqual({ state: closed, effects: [...left, { type: 'close', code: 'malformed' }] })
})

test.each([greeting, proving, checking])(
	'before authentication a page frame closes, and so do the limits: $type',
	(state) => {
		expect(step(state, frame)).toEqual({ state: closed, effects: [{ type: 'close', code: 'unauthenticated' }] })
		expect(step(state, { type: 'limit', code: 'too-late' })).toEqual({
			state: closed,
			effects: [{ type: 'close', code: 'too-late' }],
		})
	},
)

test('once live, limits of strangers mean nothing', () => {
	expect(step(live, { type: 'limit', code: 'too-large' })).toEqual({ state: live, effects: [] })
})

test('live frames and hub messages are passed on', () => {
	expect(step(live, frame).effects).toEqual([frame])
	const message = { t: 'close', guid: 'g' } as const
	expect(step(live, hub(message))).toEqual({ state: live, effects: [{ type: 'hub', message }] })
})

test('a new token is checked for the same peer, and moves the end', () => {
	const effects = [{ type: 'check-token', accessToken: 'new', peer }]
	expect(step(live, hub({ t: 'token', accessToken: 'new' }))).toEqual({ state: live, effects })
	expect(step(live, { type: 'renewed', expiresAt: 10 }).effects).toEqual([{ type: 'expire-at', at: 10 }])
	expect(step(closed, { type: 'renewed', expiresAt: 10 }).effects).toEqual([])
})

test('whatever ends it, a live connection leaves before it closes, once', () => {
	const end: ConnectionEvent = { type: 'ended', code: 'session-ended' }
	expect(step(live, end)).toEqual({
		state: closed,
		effects: [{ type: 'leave' }, { type: 'close', code: 'session-ended' }],
	})
	expect(step(live, { type: 'socket-closed' })).toEqual({ state: closed, effects: [{ type: 'leave' }] })
	for (const event of [end, hello, auth, frame, { type: 'socket-closed' } as const]) {
		expect(step(closed, event)).toEqual({ state: closed, effects: [] })
	}
})
