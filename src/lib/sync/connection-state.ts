/**
 * The connection to the server as a pure machine: `step(state, event) → { state, effects }`.
 *
 *   stopped ─start→ opening ─socket-open→ greeting ─challenge→ proving ─proof→ entering ─welcome→ online
 *      any of these ─socket-closed→ waiting ─timer | nudge→ opening
 *      any ─final close code→ ended (only `start` leaves it)
 *
 * The runner (connection.ts) performs the effects; nothing here touches a socket, a clock or a key.
 */
import type { WireErrorCode } from '#protocol/errors.ts'
import { wireErrors } from '#protocol/errors.ts'
import type { HubFromClient, HubFromServer } from '#protocol/hub.ts'

export type Challenge = Extract<HubFromServer, { t: 'challenge' }>

export type ConnectionState =
	| { readonly type: 'stopped' }
	| { readonly type: 'waiting'; readonly attempt: number }
	| { readonly type: 'opening'; readonly attempt: number }
	| { readonly type: 'greeting'; readonly attempt: number }
	| { readonly type: 'proving'; readonly attempt: number }
	| { readonly type: 'entering'; readonly attempt: number }
	| { readonly type: 'online' }
	| { readonly type: 'ended'; readonly code: WireErrorCode | null }

export type ConnectionEvent =
	| { readonly type: 'start' }
	| { readonly type: 'stop' }
	/** The network came back, or somebody looks at the screen: do not wait for the timer. */
	| { readonly type: 'nudge' }
	| { readonly type: 'timer' }
	| { readonly type: 'socket-open'; readonly hello: Extract<HubFromClient, { t: 'hello' }> }
	| { readonly type: 'socket-closed'; readonly close: number }
	| { readonly type: 'challenge'; readonly challenge: Challenge }
	| { readonly type: 'proof'; readonly auth: Extract<HubFromClient, { t: 'auth' }> }
	/** No access token could be had: `code` null while offline, else why. */
	| { readonly type: 'no-proof'; readonly code: WireErrorCode | null }
	| { readonly type: 'welcome' }

export type ConnectionEffect =
	| { readonly type: 'open-socket' }
	| { readonly type: 'close-socket' }
	| { readonly type: 'send'; readonly message: HubFromClient }
	| { readonly type: 'prove'; readonly challenge: Challenge }
	| { readonly type: 'set-timer'; readonly ms: number }
	| { readonly type: 'clear-timer' }

export interface Step {
	readonly state: ConnectionState
	readonly effects: readonly ConnectionEffect[]
}

/** A socket that does not reach `online` in this time is given up, ms. */
const handshakeTimeout = 15_000

/** Waiting before attempt `attempt` (from 1): 0.5 s doubling to 30 s. The runner adds jitter. */
export function backoff(attempt: number): number {
	return Math.min(30_000, 500 * 2 ** (attempt - 1))
}

/** The final verdict that a close code carries, or null when a new connection may do better. */
export function finalCode(close: number): WireErrorCode | null {
	if (close < 4400 || close > 4499) return null
	const found = Object.entries(wireErrors).find(([, error]) => 'close' in error && error.close === close)
	return (found?.[0] as WireErrorCode | undefined) ?? 'malformed'
}

function open(attempt: number): Step {
	return {
		state: { type: 'opening', attempt },
		effects: [{ type: 'open-socket' }, { type: 'set-timer', ms: handshakeTimeout }],
	}
}

function wait(attempt: number): Step {
	return { state: { type: 'waiting', attempt }, effects: [{ type: 'set-timer', ms: backoff(attempt) }] }
}

function same(state: ConnectionState): Step {
	return { state, effects: [] }
}

function stop(state: ConnectionState): Step {
	const live = state.type !== 'stopped' && state.type !== 'ended' && state.type !== 'waiting'
	return {
		state: { type: 'stopped' },
		effects: live ? [{ type: 'clear-timer' }, { type: 'close-socket' }] : [{ type: 'clear-timer' }],
	}
}

function closed(state: ConnectionState, close: number): Step {
	const code = finalCode(close)
	if (code !== null) return { state: { type: 'ended', code }, effects: [{ type: 'clear-timer' }] }
	return wait('attempt' in state ? state.attempt + 1 : 1)
}

export function step(state: ConnectionState, event: ConnectionEvent): Step {
	if (event.type === 'stop') return stop(state)
	switch (state.type) {
		case 'stopped':
		case 'ended':
			return event.type === 'start' ? open(0) : same(state)
		case 'waiting':
			return event.type === 'timer' || event.type === 'nudge' || event.type === 'start'
				? open(state.attempt)
				: same(state)
		case 'online':
			return event.type === 'socket-closed' ? closed(state, event.close) : same(state)
		default:
			return handshake(state, event)
	}
}

type Handshaking = Extract<ConnectionState, { type: 'opening' | 'greeting' | 'proving' | 'entering' }>

function handshake(state: Handshaking, event: ConnectionEvent): Step {
	if (event.type === 'socket-closed') return closed(state, event.close)
	if (event.type === 'timer')
		return { ...wait(state.attempt + 1), effects: [{ type: 'close-socket' }, ...wait(state.attempt + 1).effects] }
	const { attempt } = state
	switch (state.type) {
		case 'opening':
			if (event.type !== 'socket-open') return same(state)
			return { state: { type: 'greeting', attempt }, effects: [{ type: 'send', message: event.hello }] }
		case 'greeting':
			if (event.type !== 'challenge') return same(state)
			return { state: { type: 'proving', attempt }, effects: [{ type: 'prove', challenge: event.challenge }] }
		case 'proving':
			return proving(state, event)
		case 'entering':
			if (event.type !== 'welcome') return same(state)
			return { state: { type: 'online' }, effects: [{ type: 'clear-timer' }] }
	}
}

function proving(state: Extract<ConnectionState, { type: 'proving' }>, event: ConnectionEvent): Step {
	if (event.type === 'proof') {
		return { state: { type: 'entering', attempt: state.attempt }, effects: [{ type: 'send', message: event.auth }] }
	}
	if (event.type !== 'no-proof') return same(state)
	const final = event.code !== null && wireErrors[event.code].retry === 'never'
	if (final)
		return { state: { type: 'ended', code: event.code }, effects: [{ type: 'clear-timer' }, { type: 'close-socket' }] }
	const next = wait(state.attempt + 1)
	return { state: next.state, effects: [{ type: 'close-socket' }, ...next.effects] }
}
