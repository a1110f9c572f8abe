/** A bare client of the multiplexed socket: says what the test tells it to say, and keeps what it hears. */
import { WebSocket } from 'ws'
import { base64urlToBytes, bytesToBase64url, bytesToUtf8, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { decodeFrame, encodeFrame } from '#protocol/frames.ts'
import { hubFromServer, type Ack, type HubFromClient, type HubFromServer } from '#protocol/hub.ts'
import { serverIdOf } from '#protocol/ids.ts'
import { decodePageMessage, encodePageMessage, type PageMessage } from '#protocol/page-messages.ts'
import { nodeHash } from './crypto-ports.ts'
import type { Actor } from './log-actors.ts'

type Told<T extends HubFromServer['t']> = Extract<HubFromServer, { t: T }>

export interface HeardFrame {
	readonly channel: number
	readonly recv: readonly number[]
	readonly message: PageMessage
}

export interface Credentials {
	readonly accessToken: string
	readonly account: Bytes
	readonly sid: string
	readonly device: Actor
}

interface Waiter<T> {
	readonly matches: (value: T) => boolean
	readonly resolve: (value: T) => void
	readonly reject: (error: Error) => void
}

/** Values in order, each taken once. */
class Inbox<T> {
	readonly values: T[] = []
	#waiters: Waiter<T>[] = []
	#closed: Error | null = null

	put(value: T): void {
		const at = this.#waiters.findIndex(({ matches }) => matches(value))
		if (at < 0) this.values.push(value)
		else this.#waiters.splice(at, 1)[0]!.resolve(value)
	}

	next(matches: (value: T) => boolean = () => true): Promise<T> {
		const at = this.values.findIndex(matches)
		if (at >= 0) return Promise.resolve(this.values.splice(at, 1)[0] as T)
		if (this.#closed !== null) return Promise.reject(this.#closed)
		return new Promise((resolve, reject) => this.#waiters.push({ matches, resolve, reject }))
	}

	close(error: Error): void {
		this.#closed = error
		for (const { reject } of this.#waiters) reject(error)
	}
}

export interface ConnectOptions {
	readonly origin?: string
	readonly subprotocol?: string
	readonly path?: string
}

export class RawClient {
	readonly socket: WebSocket
	readonly hub = new Inbox<HubFromServer>()
	readonly frames = new Inbox<HeardFrame>()
	/** Close code. */
	readonly closed: Promise<number>
	/** HTTP status where there was no upgrade. */
	readonly refused: Promise<number>

	constructor(port: number, { origin, subprotocol = 'kith.mux.1', path = '/sync' }: ConnectOptions = {}) {
		this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, subprotocol, origin === undefined ? {} : { origin })
		this.socket.on('message', (data: Buffer) => this.#hear(new Uint8Array(data)))
		this.socket.on('error', () => {})
		this.closed = new Promise((resolve) => this.socket.on('close', resolve))
		this.refused = new Promise((resolve) =>
			this.socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0)),
		)
		void this.closed.then((code) => {
			this.hub.close(new Error(`closed with ${code}`))
			this.frames.close(new Error(`closed with ${code}`))
		})
	}

	#hear(bytes: Bytes): void {
		const frame = decodeFrame(bytes)
		if (!frame.ok) throw new Error(frame.error.reason)
		const { channel, recv, payload } = frame.value
		if (channel === 0) {
			const said = hubFromServer(JSON.parse(bytesToUtf8(payload)))
			if (said === undefined) throw new Error('the server sent no message of the hub')
			return this.hub.put(said)
		}
		const message = decodePageMessage(payload)
		if (!message.ok) throw new Error(message.error.reason)
		this.frames.put({ channel, recv, message: message.value })
	}

	/** Rejects where there is no upgrade. */
	opened(): Promise<void> {
		if (this.socket.readyState === WebSocket.OPEN) return Promise.resolve()
		const refused = this.refused.then((status) => Promise.reject(new Error(`refused with ${status}`)))
		return Promise.race([new Promise<void>((resolve) => this.socket.on('open', () => resolve())), refused])
	}

	raw(bytes: Uint8Array): void {
		this.socket.send(bytes)
	}

	say(message: HubFromClient | object): void {
		this.raw(encodeFrame({ channel: 0, recv: [], payload: utf8ToBytes(JSON.stringify(message)) }))
	}

	page(channel: number, message: PageMessage): void {
		this.raw(encodeFrame({ channel, recv: [], payload: encodePageMessage(message) }))
	}

	async told<T extends HubFromServer['t']>(
		t: T,
		matches: (message: Told<T>) => boolean = () => true,
	): Promise<Told<T>> {
		return (await this.hub.next((message) => message.t === t && matches(message as Told<T>))) as Told<T>
	}

	async acks(count: number): Promise<Ack[]> {
		const acks: Ack[] = []
		while (acks.length < count) acks.push(...(await this.told('acks')).acks)
		return acks
	}

	/** The next frame of this kind. */
	async heard<T extends PageMessage['type']>(type: T, channel?: number) {
		const frame = await this.frames.next(
			(heard) => heard.message.type === type && (channel ?? heard.channel) === heard.channel,
		)
		return { ...frame, message: frame.message as Extract<PageMessage, { type: T }> }
	}

	async challenge(clientNonce: Bytes): Promise<Told<'challenge'>> {
		this.say({ t: 'hello', v: 1, clientNonce: bytesToBase64url(clientNonce) })
		return this.told('challenge')
	}

	/** Hello to welcome. */
	async enter(credentials: Credentials): Promise<this> {
		await this.opened()
		const clientNonce = crypto.getRandomValues(new Uint8Array(32))
		const challenge = await this.challenge(clientNonce)
		this.say({
			t: 'auth',
			accessToken: credentials.accessToken,
			signature: proofOf(credentials, challenge, clientNonce),
		})
		await this.told('welcome')
		return this
	}

	async open(guid: string): Promise<number> {
		this.say({ t: 'open', guid })
		return (await this.told('opened', (opened) => opened.guid === guid)).channel
	}

	async follow(conversation: Bytes): Promise<number> {
		const key = bytesToBase64url(conversation)
		this.say({ t: 'follow', conversation: key })
		return (await this.told('following', (following) => following.conversation === key)).channel
	}

	/** Everything that was sent to this client before is here. */
	async settled(): Promise<void> {
		const pong = new Promise<number | null>((resolve) => this.socket.once('pong', () => resolve(null)))
		this.socket.ping()
		const code = await Promise.race([pong, this.closed])
		if (code !== null) throw new Error(`closed with ${code}`)
	}

	close(): Promise<number> {
		this.socket.close()
		return this.closed
	}
}

export function proofOf(
	{ account, device, sid }: Credentials,
	{ serverKey, serverNonce }: Told<'challenge'>,
	clientNonce: Bytes,
): string {
	const body = encodeAuthBody({
		use: 'socket',
		server: serverIdOf(nodeHash, base64urlToBytes(serverKey) as Bytes),
		idHash: account,
		device: device.deviceId,
		sid: base64urlToBytes(sid) as Bytes,
		clientNonce,
		serverNonce: base64urlToBytes(serverNonce) as Bytes,
	})
	return bytesToBase64url(device.sign('auth', body))
}
