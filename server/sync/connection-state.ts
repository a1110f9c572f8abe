/**
 * One connection as a pure machine: `step(state, event) → { state, effects }`.
 *
 *   greeting ─hello→ proving ─auth→ checking ─passed→ live ─┐
 *      any ─deadline | malformed | failed | ended | slow→ closed ←┘
 *
 * Before `live` the only frames that a client may send are hello and auth, once each, in that order: so there is nothing
 * to flood with. The runner (connection.ts) performs the effects; nothing here touches a socket, a clock or a key.
 */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Frame } from '#protocol/frames.ts'
import type { HubFromClient } from '#protocol/hub.ts'

/** Who is at the other end, proven. Ids in base64url. */
export interface Peer {
	readonly account: string
	readonly device: string
	readonly sid: string
	/** A visitor without an account: reads open rooms, and says nothing (SPEC GST5). */
	readonly isGuest: boolean
	/** A bot without the right to write. */
	readonly isReader?: boolean
}

export type ConnectionState =
	| { readonly type: 'greeting'; readonly serverNonce: Bytes }
	| { readonly type: 'proving'; readonly serverNonce: Bytes; readonly clientNonce: Bytes }
	/** The server nonce is used up: whatever comes of it, no second proof is taken. */
	| { readonly type: 'checking' }
	| { readonly type: 'live'; readonly peer: Peer }
	| { readonly type: 'closed' }

export type LiveMessage = Exclude<HubFromClient, { t: 'hello' | 'auth' | 'token' }>

export type ConnectionEvent =
	| { readonly type: 'hub'; readonly message: HubFromClient }
	/** A frame of a page's channel. */
	| { readonly type: 'frame'; readonly frame: Frame }
	| { readonly type: 'malformed' }
	/** Time or bytes before authentication are used up. */
	| { readonly type: 'limit'; readonly code: 'too-late' | 'too-large' }
	| { readonly type: 'proven'; readonly peer: Peer; readonly expiresAt: number }
	/** A new access token of the same session. */
	| { readonly type: 'renewed'; readonly expiresAt: number }
	/** The proof or the new token was refused, the token ran out, the session ended, the server stops, the reader is slow. */
	| { readonly type: 'ended'; readonly code: WireErrorCode }
	| { readonly type: 'socket-closed' }

export interface ProofClaim {
	readonly accessToken: string
	readonly signature: Bytes
	readonly clientNonce: Bytes
	readonly serverNonce: Bytes
}

export type ConnectionEffect =
	| { readonly type: 'challenge'; readonly serverNonce: Bytes }
	| { readonly type: 'check-proof'; readonly claim: ProofClaim }
	| { readonly type: 'check-token'; readonly accessToken: string; readonly peer: Peer }
	/** Listed among the live ones, limits of strangers lifted, welcomed. */
	| { readonly type: 'enter'; readonly peer: Peer }
	/** Closes with `unauthenticated` at that time, unless a new token comes. */
	| { readonly type: 'expire-at'; readonly at: number }
	| { readonly type: 'hub'; readonly message: LiveMessage }
	| { readonly type: 'frame'; readonly frame: Frame }
	/** Gone from every list and room. */
	| { readonly type: 'leave' }
	| { readonly type: 'close'; readonly code: WireErrorCode }

export interface Step {
	readonly state: ConnectionState
	readonly effects: readonly ConnectionEffect[]
}

export function started(serverNonce: Bytes): ConnectionState {
	return { type: 'greeting', serverNonce }
}

export function step(state: ConnectionState, event: ConnectionEvent): Step {
	if (state.type === 'closed') return { state, effects: [] }
	switch (event.type) {
		case 'socket-closed':
			return { state: { type: 'closed' }, effects: left(state) }
		case 'ended':
			return closed(state, event.code)
		case 'malformed':
			return closed(state, 'malformed')
		case 'limit':
			return state.type === 'live' ? { state, effects: [] } : closed(state, event.code)
		case 'proven':
			return proven(state, event)
		case 'renewed':
			return { state, effects: state.type === 'live' ? [{ type: 'expire-at', at: event.expiresAt }] : [] }
		case 'frame':
			if (state.type !== 'live') return closed(state, 'unauthenticated')
			return { state, effects: [{ type: 'frame', frame: event.frame }] }
		case 'hub':
			return hub(state, event.message)
	}
}

function left(state: ConnectionState): ConnectionEffect[] {
	return state.type === 'live' ? [{ type: 'leave' }] : []
}

function closed(state: ConnectionState, code: WireErrorCode): Step {
	return { state: { type: 'closed' }, effects: [...left(state), { type: 'close', code }] }
}

function proven(state: ConnectionState, { peer, expiresAt }: Extract<ConnectionEvent, { type: 'proven' }>): Step {
	if (state.type !== 'checking') return { state, effects: [] }
	const effects: ConnectionEffect[] = [
		{ type: 'enter', peer },
		{ type: 'expire-at', at: expiresAt },
	]
	return { state: { type: 'live', peer }, effects }
}

type Open = Exclude<ConnectionState, { type: 'closed' }>

function hub(state: Open, message: HubFromClient): Step {
	switch (state.type) {
		case 'greeting':
			return message.t === 'hello' ? greeted(state, message.clientNonce) : closed(state, 'malformed')
		case 'proving':
			return message.t === 'auth' ? claimed(state, message) : closed(state, 'malformed')
		case 'checking':
			return closed(state, 'malformed')
		case 'live':
			return spoken(state, message)
	}
}

function greeted({ serverNonce }: Extract<Open, { type: 'greeting' }>, nonce: string): Step {
	const clientNonce = base64urlToBytes(nonce)
	if (clientNonce?.length !== 32) return closed({ type: 'greeting', serverNonce }, 'malformed')
	return { state: { type: 'proving', serverNonce, clientNonce }, effects: [{ type: 'challenge', serverNonce }] }
}

function claimed(state: Extract<Open, { type: 'proving' }>, auth: Extract<HubFromClient, { t: 'auth' }>): Step {
	const signature = base64urlToBytes(auth.signature)
	if (signature?.length !== 64) return closed(state, 'bad-device-proof')
	const { clientNonce, serverNonce } = state
	const claim = { accessToken: auth.accessToken, signature, clientNonce, serverNonce }
	return { state: { type: 'checking' }, effects: [{ type: 'check-proof', claim }] }
}

function spoken(state: Extract<Open, { type: 'live' }>, message: HubFromClient): Step {
	switch (message.t) {
		case 'hello':
		case 'auth':
			return closed(state, 'malformed')
		case 'token':
			return { state, effects: [{ type: 'check-token', accessToken: message.accessToken, peer: state.peer }] }
		default:
			return { state, effects: [{ type: 'hub', message }] }
	}
}
