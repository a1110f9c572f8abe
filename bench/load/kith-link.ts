/** One device of ours on the multiplexed socket: as light as a client can be that the server takes for a real one. */
import { WebSocket } from 'ws'
import { bytesToBase64url, utf8ToBytes, type Bytes } from '../../src/lib/protocol/bytes.ts'
import { encodeFrame } from '../../src/lib/protocol/frames.ts'
import type { HubFromServer } from '../../src/lib/protocol/hub.ts'
import { actor } from '../../tests/support/log-actors.ts'
import { proofOf } from '../../tests/support/raw-client.ts'
import type { KithMember } from './job.ts'
import type { Author, SignedMessage } from './signed-items.ts'

const hubByte = 0

/** Keys follow from names, here as in the seeding. */
export function authorOf({ name, account }: KithMember): Author {
	return { account, device: actor(`${name} laptop`) }
}

export class KithLink {
	accepted = 0
	notAccepted = 0
	readonly #socket: WebSocket
	readonly #member: KithMember
	/** By guid. */
	readonly #channels = new Map<string, number>()
	/** Waiting for their page's channel. */
	#waiting: SignedMessage[] = []
	#told: (message: HubFromServer) => void = () => {}
	#broken: (why: string) => void = () => {}
	/** A frame of a page. */
	onFrame: (frame: Buffer) => void = () => {}
	onClose: (code: number) => void = () => {}

	constructor(port: number, member: KithMember) {
		this.#member = member
		this.#socket = new WebSocket(`ws://127.0.0.1:${port}/sync`, 'kith.mux.1', { perMessageDeflate: false })
		this.#socket.on('message', (data: Buffer) => {
			if (data[0] === hubByte) this.#hear(data)
			else this.onFrame(data)
		})
		this.#socket.on('error', (error) => this.#broken(error.message))
		this.#socket.on('close', (code) => {
			this.#broken(`closed with ${code}`)
			this.onClose(code)
		})
	}

	#hear(data: Buffer): void {
		const message = JSON.parse(data.toString('utf8', 2)) as HubFromServer
		if (message.t === 'acks') for (const { verdict } of message.acks) this.#count(verdict)
		if (message.t === 'following' || message.t === 'opened') this.#learn(message.guid, message.channel)
		this.#told(message)
	}

	#count(verdict: string): void {
		if (verdict === 'accept') this.accepted++
		else this.notAccepted++
	}

	#learn(guid: string, channel: number): void {
		this.#channels.set(guid, channel)
		const waiting = this.#waiting
		this.#waiting = []
		for (const message of waiting) this.send(message)
	}

	#say(message: object): void {
		this.#socket.send(encodeFrame({ channel: 0, recv: [], payload: utf8ToBytes(JSON.stringify(message)) }))
	}

	#next<T extends HubFromServer['t']>(t: T): Promise<Extract<HubFromServer, { t: T }>> {
		return new Promise((resolve, reject) => {
			this.#broken = (why) => reject(new Error(`${why} instead of ${t}`))
			this.#told = (message) => {
				if (message.t === t) resolve(message as Extract<HubFromServer, { t: T }>)
			}
		})
	}

	/** Hello to welcome. */
	async enter(): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.#socket.once('open', resolve)
			this.#broken = (why) => reject(new Error(why))
		})
		const clientNonce = crypto.getRandomValues(new Uint8Array(32))
		this.#say({ t: 'hello', v: 1, clientNonce: bytesToBase64url(clientNonce) })
		const challenge = await this.#next('challenge')
		const { sid, accessToken } = this.#member
		const credentials = { accessToken, sid, ...authorOf(this.#member) }
		this.#say({ t: 'auth', accessToken, signature: proofOf(credentials, challenge, clientNonce) })
		await this.#next('welcome')
	}

	async follow(conversations: readonly Bytes[]): Promise<void> {
		for (const conversation of conversations) {
			this.#say({ t: 'follow', conversation: bytesToBase64url(conversation) })
			await this.#next('following')
		}
		this.#told = () => {}
	}

	send(message: SignedMessage): void {
		const channel = this.#channels.get(message.guid)
		if (channel === undefined) this.#waiting.push(message)
		else this.#socket.send(encodeFrame({ channel, recv: [], payload: message.payload }))
	}
}
