/**
 * The one socket to the server: runs the machine of connection-state.ts and carries frames.
 * It knows channels by number only; what travels in them is the business of page-socket.ts and core.
 */
import { bytesToBase64url, bytesToUtf8, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { wireErrors, type WireErrorCode } from '#protocol/errors.ts'
import { decodeFrame, encodeFrame, hubChannel, type Frame } from '#protocol/frames.ts'
import { hubFromServer, type HubFromClient, type HubFromServer } from '#protocol/hub.ts'
import type { RandomBytes, Timers } from '#protocol/ports.ts'
import { fail, type Result } from '#protocol/result.ts'
import {
	step,
	type Challenge,
	type ConnectionEffect,
	type ConnectionEvent,
	type ConnectionState,
} from './connection-state.ts'

/** The part of a WebSocket that is used here; `ws` in Node and the browser's own both have it. */
export interface Socket {
	binaryType: string
	onopen: (() => void) | null
	onmessage: ((event: { data: unknown }) => void) | null
	onclose: ((event: { code: number }) => void) | null
	onerror: ((event: unknown) => void) | null
	send(bytes: Bytes): void
	close(code?: number): void
}

export interface Proof {
	readonly accessToken: string
	/** Device signature, purpose auth, use 1. */
	readonly signature: Bytes
}

export interface ConnectionDeps {
	/** `ws(s)://host/sync` */
	readonly url: string
	readonly openSocket: (url: string, subprotocol: string) => Socket
	readonly timers: Timers
	readonly random: RandomBytes
	/** Access token and signature over the challenge; an error of null means "not now". */
	readonly prove: (challenge: Challenge, clientNonce: Bytes) => Promise<Result<Proof, WireErrorCode | null>>
	/** The server takes the token no more, whatever its time: the next proof needs another. */
	readonly tokenRefused?: () => void
	/** Bytes of a frame. */
	readonly received?: (bytes: number) => void
}

export interface ConnectionListener {
	readonly status?: (state: ConnectionState) => void
	readonly hub?: (message: HubFromServer) => void
	/** A frame of a page's channel (never channel 0). */
	readonly frame?: (frame: Frame) => void
}

export interface Connection {
	readonly state: () => ConnectionState
	readonly start: () => void
	readonly stop: () => void
	readonly nudge: () => void
	/** False when there is no connection: the caller keeps what must not be lost. */
	readonly send: (message: HubFromClient) => boolean
	readonly sendFrame: (frame: Frame) => boolean
	readonly listen: (listener: ConnectionListener) => () => void
}

const subprotocol = 'kith.mux.1'

function parseHub(payload: Uint8Array): HubFromServer | null {
	try {
		return hubFromServer(JSON.parse(bytesToUtf8(payload))) ?? null
	} catch {
		return null
	}
}

export function createConnection(deps: ConnectionDeps): Connection {
	let state: ConnectionState = { type: 'stopped' }
	let socket: Socket | null = null
	let cancelTimer: (() => void) | null = null
	let clientNonce = deps.random(32)
	const listeners = new Set<ConnectionListener>()

	function dispatch(event: ConnectionEvent): void {
		const before = state
		const next = step(state, event)
		state = next.state
		for (const effect of next.effects) perform(effect)
		if (before.type !== state.type) for (const listener of listeners) listener.status?.(state)
	}

	function perform(effect: ConnectionEffect): void {
		switch (effect.type) {
			case 'open-socket':
				return openSocket()
			case 'close-socket':
				return dropSocket()
			case 'send':
				return transmit({ channel: hubChannel, recv: [], payload: utf8ToBytes(JSON.stringify(effect.message)) })
			case 'prove':
				return void prove(effect.challenge)
			case 'set-timer':
				return setTimer(effect.ms)
			case 'clear-timer':
				cancelTimer?.()
				cancelTimer = null
		}
	}

	function setTimer(ms: number): void {
		cancelTimer?.()
		// Up to a quarter more, so that clients of a restarted server do not come back in one instant.
		const jitter = 1 + ((deps.random(1)[0] as number) / 255) * 0.25
		cancelTimer = deps.timers.after(ms * jitter, () => dispatch({ type: 'timer' }))
	}

	function openSocket(): void {
		dropSocket()
		clientNonce = deps.random(32)
		const opened = deps.openSocket(deps.url, subprotocol)
		socket = opened
		opened.binaryType = 'arraybuffer'
		opened.onopen = () =>
			dispatch({ type: 'socket-open', hello: { t: 'hello', v: 1, clientNonce: bytesToBase64url(clientNonce) } })
		// A text frame is none of ours, and must not become the length of an array.
		opened.onmessage = ({ data }) => data instanceof ArrayBuffer && receive(new Uint8Array(data))
		opened.onclose = ({ code }) => {
			if (socket !== opened) return
			socket = null
			if (code === wireErrors.unauthenticated.close) deps.tokenRefused?.()
			dispatch({ type: 'socket-closed', close: code })
		}
		opened.onerror = () => {}
	}

	function dropSocket(): void {
		const dropped = socket
		socket = null
		if (dropped === null) return
		dropped.onopen = dropped.onmessage = dropped.onclose = null
		dropped.close()
	}

	function receive(bytes: Bytes): void {
		deps.received?.(bytes.length)
		const frame = decodeFrame(bytes)
		if (!frame.ok) return
		const message = frame.value.channel === hubChannel ? parseHub(frame.value.payload) : null
		if (message?.t === 'challenge') dispatch({ type: 'challenge', challenge: message })
		else if (message?.t === 'welcome') dispatch({ type: 'welcome' })
		// Who has not taken our proof has nothing to tell.
		if (state.type !== 'online') return
		for (const listener of listeners) {
			if (message !== null) listener.hub?.(message)
			else if (frame.value.channel !== hubChannel) listener.frame?.(frame.value)
		}
	}

	async function prove(challenge: Challenge): Promise<void> {
		const asked = socket
		const proof = await deps.prove(challenge, clientNonce).catch(() => fail(null))
		if (socket !== asked) return
		if (!proof.ok) return dispatch({ type: 'no-proof', code: proof.error })
		const { accessToken, signature } = proof.value
		dispatch({ type: 'proof', auth: { t: 'auth', accessToken, signature: bytesToBase64url(signature) } })
	}

	function transmit(frame: Frame): void {
		socket?.send(encodeFrame(frame))
	}

	return {
		state: () => state,
		start: () => dispatch({ type: 'start' }),
		stop: () => dispatch({ type: 'stop' }),
		nudge: () => dispatch({ type: 'nudge' }),
		send: (message) => {
			if (state.type !== 'online') return false
			transmit({ channel: hubChannel, recv: [], payload: utf8ToBytes(JSON.stringify(message)) })
			return true
		},
		sendFrame: (frame) => {
			if (state.type !== 'online') return false
			transmit(frame)
			return true
		},
		listen: (listener) => {
			listeners.add(listener)
			return () => void listeners.delete(listener)
		},
	}
}
