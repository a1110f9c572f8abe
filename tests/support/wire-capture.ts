/**
 * What travelled over a captured connection, as its ends read it: HTTP/1.1 bodies put together and unpacked, and the
 * payloads of WebSocket frames unmasked (RFC 9112 §6 and §7, RFC 6455 §5). For searching, so it never complains: what it
 * cannot take apart it gives back whole.
 */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import type { Place } from './leak-search.ts'
import type { CapturedConnection, Direction } from './tcp-proxy.ts'

export interface HttpMessage {
	/** Request or status line. */
	readonly start: string
	/** Names in lower case. */
	readonly headers: ReadonlyMap<string, string>
	readonly body: Buffer
}

export interface WireContent {
	readonly messages: readonly HttpMessage[]
	/** Of the socket that the connection turned into, if it did. */
	readonly frames: readonly Buffer[]
}

interface Head {
	readonly start: string
	readonly headers: ReadonlyMap<string, string>
	/** Where the body begins. */
	readonly end: number
}

function readHead(bytes: Buffer, from: number): Head | null {
	const blank = bytes.indexOf('\r\n\r\n', from)
	if (blank < 0) return null
	const [start = '', ...lines] = bytes.toString('latin1', from, blank).split('\r\n')
	const headers = lines.map((line): [string, string] => {
		const colon = line.indexOf(':')
		return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
	})
	return { start, headers: new Map(headers), end: blank + 4 }
}

interface Part {
	readonly bytes: Buffer
	readonly end: number
}

function readChunked(bytes: Buffer, from: number): Part {
	const parts: Buffer[] = []
	let at = from
	for (;;) {
		const line = bytes.indexOf('\r\n', at)
		const length = line < 0 ? NaN : Number.parseInt(bytes.toString('latin1', at, line), 16)
		if (Number.isNaN(length)) return { bytes: Buffer.concat(parts), end: bytes.length }
		if (length === 0) return { bytes: Buffer.concat(parts), end: line + 4 }
		parts.push(bytes.subarray(line + 2, line + 2 + length))
		at = line + 2 + length + 2
	}
}

/** A response without a length lasts to the end; one without a body says so by its status. */
function readBody(bytes: Buffer, { start, headers, end }: Head): Part {
	if (headers.get('transfer-encoding')?.includes('chunked') === true) return readChunked(bytes, end)
	const length = headers.get('content-length')
	const isResponse = start.startsWith('HTTP/')
	const isEmpty = !isResponse || /^HTTP\/1\.[01] (1\d\d|204|304)/.test(start)
	const to = length !== undefined && !/ 304/.test(start) ? end + Number(length) : isEmpty ? end : bytes.length
	return { bytes: bytes.subarray(end, to), end: to }
}

function unpack(body: Buffer, encoding: string | undefined): Buffer {
	try {
		if (encoding === 'gzip') return gunzipSync(body)
		if (encoding === 'br') return brotliDecompressSync(body)
		if (encoding === 'deflate') return inflateSync(body)
	} catch {
		// Cut off on its way.
	}
	return body
}

/** Payloads of data frames; fragments of one message are joined. */
function readFrames(bytes: Buffer): Buffer[] {
	const messages: Buffer[] = []
	const fragments: Buffer[] = []
	let at = 0
	while (at + 2 <= bytes.length) {
		const [first = 0, second = 0] = bytes.subarray(at, at + 2)
		const short = second & 0x7f
		const extra = short === 126 ? 2 : short === 127 ? 8 : 0
		const masked = (second & 0x80) !== 0
		const begin = at + 2 + extra + (masked ? 4 : 0)
		if (begin > bytes.length) break
		const length =
			extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
		const payload = Buffer.from(bytes.subarray(begin, begin + length))
		if (masked) for (let i = 0; i < payload.length; i++) payload[i]! ^= bytes[begin - 4 + (i & 3)]!
		const isControl = (first & 0x08) !== 0
		if (!isControl) fragments.push(payload)
		if (!isControl && (first & 0x80) !== 0) messages.push(Buffer.concat(fragments.splice(0)))
		at = begin + length
	}
	if (fragments.length > 0) messages.push(Buffer.concat(fragments))
	return messages
}

export function readWire(chunks: readonly Buffer[], isUpgraded: boolean): WireContent {
	const bytes = Buffer.concat(chunks)
	const messages: HttpMessage[] = []
	let at = 0
	while (at < bytes.length) {
		const head = readHead(bytes, at)
		if (head === null)
			return { messages: [...messages, { start: '', headers: new Map(), body: bytes.subarray(at) }], frames: [] }
		const body = readBody(bytes, head)
		messages.push({
			start: head.start,
			headers: head.headers,
			body: unpack(body.bytes, head.headers.get('content-encoding')),
		})
		at = body.end
		if (isUpgraded && head.headers.has('upgrade')) return { messages, frames: readFrames(bytes.subarray(at)) }
	}
	return { messages, frames: [] }
}

function wasUpgraded({ down }: CapturedConnection): boolean {
	return down[0]?.subarray(0, 12).toString('latin1') === 'HTTP/1.1 101'
}

export interface CapturedPlace extends Place {
	readonly kind: 'body' | 'frame'
	readonly direction: Direction
}

/** Every body and frame of all connections, for findLeaks. */
export function capturedPlaces(connections: readonly CapturedConnection[]): CapturedPlace[] {
	return connections.flatMap((connection, i) =>
		(['up', 'down'] as const).flatMap((direction) => {
			const { messages, frames } = readWire(connection[direction], wasUpgraded(connection))
			const bodies = messages.filter(({ body }) => body.length > 0)
			return [
				...bodies.map(({ start, body }): CapturedPlace => ({
					kind: 'body',
					direction,
					name: `${i} ${direction} ${start}`,
					bytes: body,
				})),
				...frames.map((bytes, n): CapturedPlace => ({
					kind: 'frame',
					direction,
					name: `${i} ${direction} frame ${n}`,
					bytes,
				})),
			]
		}),
	)
}
