/**
 * Outgoing frames as they stand on the wire: WebSocket header (RFC 6455 §5.2: final, binary, unmasked, uncompressed) and
 * message in one buffer, so that a broadcast is built once and written to every socket as it is.
 */
import { utf8ToBytes } from '#protocol/bytes.ts'
import { hubChannel, roomForFrame, writeFrame, type Frame } from '#protocol/frames.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { splitItems } from '#protocol/page-codec.ts'
import { encodePageMessage, type PageMessage } from '#protocol/page-messages.ts'
import { VarWriter } from '#protocol/varuint.ts'
import type { StoredItem } from '#server/domain/event-signals.ts'
import { socketLimits } from './limits.ts'

declare const complete: unique symbol
/**
 * Complete frames, to be written to a socket as they are. Buffers: a stream wraps any other bytes anew with every write, and
 * a broadcast is written to hundreds.
 */
export type WireBytes = Buffer<ArrayBuffer> & { readonly [complete]: true }

const finalBinary = 0x82

/** One message of a page for all who hear it: for the multiplexed socket, and bare for stock clients; each built when first asked for. */
export interface PageFrame {
	readonly mux: WireBytes
	readonly stock: WireBytes
}

function sharedFrame(frame: Frame): PageFrame {
	let mux: WireBytes | undefined
	let stock: WireBytes | undefined
	return {
		get mux() {
			return (mux ??= wireFrame(frame))
		},
		get stock() {
			return (stock ??= wireMessage(frame.payload.length, (writer) => writer.raw(frame.payload)))
		},
	}
}

export function wireFrame(frame: Frame): WireBytes {
	return wireMessage(roomForFrame(frame), (writer) => writeFrame(writer, frame))
}

const headerMax = 10
const headerRoom = new Uint8Array(headerMax)

/** The message is written where its header leaves room, so that it is copied once. */
function wireMessage(room: number, write: (writer: VarWriter) => void): WireBytes {
	const writer = new VarWriter(headerMax + room)
	writer.raw(headerRoom)
	write(writer)
	const { buffer } = writer.finish()
	const length = buffer.byteLength - headerMax
	const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : headerMax
	const out = Buffer.from(buffer, headerMax - headerLength)
	out[0] = finalBinary
	if (headerLength === 2) out[1] = length
	else if (headerLength === 4) {
		out[1] = 126
		out.writeUInt16BE(length, 2)
	} else {
		out[1] = 127
		out.writeBigUInt64BE(BigInt(length), 2)
	}
	return out as WireBytes
}

export function hubFrame(message: HubFromServer): WireBytes {
	return wireFrame({ channel: hubChannel, recv: [], payload: utf8ToBytes(JSON.stringify(message)) })
}

export function pageFrame(channel: number, message: PageMessage): PageFrame {
	return sharedFrame({ channel, recv: [], payload: encodePageMessage(message) })
}

/** `items` in update order: the recvSeqs stand in the order in which the update is written. */
export function itemsFrame(channel: number, type: 'step2' | 'update', items: readonly StoredItem[]): PageFrame {
	return sharedFrame({ channel, recv: items.map(({ recv }) => recv), payload: encodePageMessage({ type, items }) })
}

/** A whole answer: step2 first, and what is too much for one frame as updates behind it. */
export function* answerFrames(channel: number, items: readonly StoredItem[]): Iterable<PageFrame> {
	const runs = splitItems(items, socketLimits.answerBytes) as StoredItem[][]
	yield itemsFrame(channel, 'step2', runs[0] ?? [])
	for (const run of runs.slice(1)) yield itemsFrame(channel, 'update', run)
}
