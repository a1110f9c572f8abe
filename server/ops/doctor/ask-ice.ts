/**
 * Asks a STUN or TURN server as a browser would (RFC 8489, RFC 8656): a STUN server for our address, a TURN server for an allocation
 * with a name and password of ours, which is given back at once.
 */
import type { IceServer } from '#server/config-ice.ts'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

const cookie = 0x2112a442
const headerBytes = 20
const message = { binding: 0x0001, bound: 0x0101, allocate: 0x0003, allocated: 0x0103, refresh: 0x0004 } as const
const attribute = {
	username: 0x0006,
	integrity: 0x0008,
	errorCode: 0x0009,
	lifetime: 0x000d,
	realm: 0x0014,
	nonce: 0x0015,
	transport: 0x0019,
} as const

/** The protocol number of UDP, in the first of four bytes. */
const overUdp = Buffer.from([17, 0, 0, 0])

type Attributes = readonly (readonly [type: number, value: Buffer])[]

function attributeBytes([type, value]: Attributes[number]): Buffer {
	const head = Buffer.alloc(4)
	head.writeUInt16BE(type, 0)
	head.writeUInt16BE(value.length, 2)
	return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

function request(type: number, attributes: Attributes, key: Buffer | null = null): Buffer {
	const body = Buffer.concat(attributes.map(attributeBytes))
	const header = Buffer.alloc(headerBytes)
	header.writeUInt16BE(type, 0)
	// With the integrity that follows, which is made over all before it.
	header.writeUInt16BE(body.length + (key === null ? 0 : 24), 2)
	header.writeUInt32BE(cookie, 4)
	randomBytes(12).copy(header, 8)
	const whole = Buffer.concat([header, body])
	if (key === null) return whole
	const integrity = createHmac('sha1', key).update(whole).digest()
	return Buffer.concat([whole, attributeBytes([attribute.integrity, integrity])])
}

interface Answer {
	readonly type: number
	readonly attributes: ReadonlyMap<number, Buffer>
}

/** Null: no answer to this request. */
function read(bytes: Buffer, to: Buffer): Answer | null {
	if (bytes.length < headerBytes || !bytes.subarray(4, headerBytes).equals(to.subarray(4, headerBytes))) return null
	const attributes = new Map<number, Buffer>()
	for (let at = headerBytes; at + 4 <= bytes.length;) {
		const length = bytes.readUInt16BE(at + 2)
		attributes.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length))
		at += 4 + length + ((4 - (length % 4)) % 4)
	}
	return { type: bytes.readUInt16BE(0), attributes }
}

interface Way {
	readonly send: (bytes: Buffer) => void
	readonly listen: (heard: (bytes: Buffer) => void, failed: (error: Error) => void) => void
	readonly close: () => void
}

function udpWay({ host, port }: IceServer): Way {
	const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
	return {
		send: (bytes) => socket.send(bytes, port, host),
		listen: (heard, failed) => socket.removeAllListeners().on('message', heard).on('error', failed),
		close: () => socket.close(),
	}
}

function streamWay({ scheme, host, port }: IceServer): Way {
	const socket: Socket = scheme.endsWith('s')
		? connectTls({ host, port, servername: host })
		: connectTcp({ host, port })
	let waiting = Buffer.alloc(0)
	return {
		send: (bytes) => void socket.write(bytes),
		listen: (heard, failed) =>
			socket
				.removeAllListeners()
				.on('error', failed)
				.on('data', (bytes: Buffer) => {
					waiting = Buffer.concat([waiting, bytes])
					const whole = waiting.length < headerBytes ? Infinity : headerBytes + waiting.readUInt16BE(2)
					if (waiting.length < whole) return
					heard(waiting.subarray(0, whole))
					waiting = waiting.subarray(whole)
				}),
		close: () => void socket.destroy(),
	}
}

/** A datagram may be lost: it is sent again so often within the patience. */
const sends = 4

/** Rejects with a short reason. */
function ask(way: Way, isUdp: boolean, asked: Buffer, patience: number): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const again = isUdp ? setInterval(() => way.send(asked), patience / sends) : undefined
		const timer = setTimeout(() => end(() => reject(new Error('does not answer'))), patience)
		const end = (settle: () => void) => {
			clearInterval(again)
			clearTimeout(timer)
			settle()
		}
		way.listen(
			(bytes) => {
				const answer = read(bytes, asked)
				if (answer !== null) end(() => resolve(answer))
			},
			(error) => end(() => reject(error)),
		)
		way.send(asked)
	})
}

/** As "401": its hundreds, and the rest, stand in two bytes. */
function codeOf({ attributes }: Answer): string {
	const error = attributes.get(attribute.errorCode)
	return error === undefined || error.length < 4 ? 'nothing known' : `${(error[2] ?? 0) * 100 + (error[3] ?? 0)}`
}

export interface TurnLogin {
	readonly username: string
	readonly password: string
}

/** Null: all is well; else why not, in a few words. `login` null: a STUN server. */
export async function askIceServer(
	server: IceServer,
	login: TurnLogin | null,
	patience: number,
): Promise<string | null> {
	const isUdp = server.transport === 'udp'
	const way = isUdp ? udpWay(server) : streamWay(server)
	const tell = (bytes: Buffer) => ask(way, isUdp, bytes, patience)
	try {
		return await (login === null ? askStun(tell) : askTurn(tell, way.send, login))
	} catch (error) {
		return error instanceof Error ? error.message : String(error)
	} finally {
		way.close()
	}
}

type Tell = (bytes: Buffer) => Promise<Answer>

async function askStun(tell: Tell): Promise<string | null> {
	const answer = await tell(request(message.binding, []))
	return answer.type === message.bound ? null : `answers with ${codeOf(answer)}`
}

async function askTurn(tell: Tell, send: Way['send'], { username, password }: TurnLogin): Promise<string | null> {
	const first = await tell(request(message.allocate, [[attribute.transport, overUdp]]))
	const [realm, nonce] = [first.attributes.get(attribute.realm), first.attributes.get(attribute.nonce)]
	if (first.type === message.allocated) return 'relays for everybody: it asks for no password'
	if (realm === undefined || nonce === undefined) return `answers with ${codeOf(first)}`
	const key = createHash('md5')
		.update(`${username}:${realm.toString('utf8')}:${password}`)
		.digest()
	const named: Attributes = [
		[attribute.username, Buffer.from(username)],
		[attribute.realm, realm],
		[attribute.nonce, nonce],
	]
	const second = await tell(request(message.allocate, [[attribute.transport, overUdp], ...named], key))
	if (second.type !== message.allocated) return `does not take our password (${codeOf(second)})`
	send(request(message.refresh, [[attribute.lifetime, Buffer.alloc(4)], ...named], key))
	return null
}
