/**
 * Between a client and its socket and HTTP: what an attacker has who runs a changed client on a device that is signed in.
 * He reads all that comes and says what he likes, in the name of that device alone.
 */
import { bytesToUtf8, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { decodeFrame, encodeFrame, hubChannel, type Frame } from '#protocol/frames.ts'
import type { HubFromClient, HubFromServer } from '#protocol/hub.ts'
import type { openNodeSocket } from '#platform/node/node-socket.ts'

type OpenSocket = typeof openNodeSocket
type Socket = ReturnType<OpenSocket>

export interface SocketTap {
	readonly openSocket: OpenSocket
	/** Everything that came, in order. */
	readonly heard: readonly Frame[]
	readonly sent: readonly Frame[]
	/** The access token of the last call that carried one. */
	accessToken: string | null
	say(message: HubFromClient): void
	sayFrame(frame: Frame): void
	/** The next message of the hub that is as wanted, from those heard after this call. */
	answer<T extends HubFromServer['t']>(
		type: T,
		is?: (message: Extract<HubFromServer, { t: T }>) => boolean,
	): Promise<Extract<HubFromServer, { t: T }>>
}

export function readHub(frame: Frame): HubFromServer | null {
	return frame.channel === hubChannel ? (JSON.parse(bytesToUtf8(frame.payload)) as HubFromServer) : null
}

/** ms */
const patience = 10_000

export function socketTap(open: OpenSocket): SocketTap {
	const heard: Frame[] = []
	const sent: Frame[] = []
	const waiting = new Set<(message: HubFromServer) => void>()
	let socket: Socket | null = null

	function hear(data: unknown): void {
		const frame = decodeFrame(new Uint8Array(data as ArrayBuffer))
		if (!frame.ok) return
		heard.push(frame.value)
		const message = readHub(frame.value)
		if (message !== null) for (const listener of waiting) listener(message)
	}

	function record(bytes: Bytes): void {
		const frame = decodeFrame(bytes)
		if (frame.ok) sent.push(frame.value)
	}

	function openSocket(url: string, subprotocol: string): Socket {
		const inner = open(url, subprotocol)
		socket = inner
		;(
			inner as unknown as { addEventListener(type: 'message', listen: (event: { data: unknown }) => void): void }
		).addEventListener('message', ({ data }) => hear(data))
		const send = inner.send.bind(inner)
		inner.send = (bytes) => {
			record(bytes)
			send(bytes)
		}
		return inner
	}

	const tap: SocketTap = {
		...{ openSocket, heard, sent, accessToken: null },
		sayFrame: (frame) => {
			if (socket === null) throw new Error('there is no socket')
			socket.send(encodeFrame(frame))
		},
		say: (message) => tap.sayFrame({ channel: hubChannel, recv: [], payload: utf8ToBytes(JSON.stringify(message)) }),
		answer: (type, is = () => true) =>
			new Promise((resolve, reject) => {
				const timer = setTimeout(() => {
					waiting.delete(look)
					reject(new Error(`no ${type} came`))
				}, patience)
				const look = (message: HubFromServer) => {
					if (message.t !== type || !is(message as never)) return
					clearTimeout(timer)
					waiting.delete(look)
					resolve(message as never)
				}
				waiting.add(look)
			}),
	}
	return tap
}

/** `fetch` that keeps the access token it carries. */
export function tappedFetch(tap: SocketTap): typeof fetch {
	return (input, init) => {
		const headers = new Headers(input instanceof Request ? input.headers : init?.headers)
		const token = headers.get('authorization')?.replace(/^Bearer /, '')
		if (token !== undefined) tap.accessToken = token
		return fetch(input, init)
	}
}
