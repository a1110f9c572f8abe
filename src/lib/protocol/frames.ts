/**
 * One frame of the multiplexed socket `/sync`, subprotocol kith.mux.1 (SPEC WIRE1 to WIRE3):
 *
 * varuint channel ‖ varuint k ‖ k × varuint recvSeq ‖ payload
 *
 * Channel 0 is the hub (hub.ts, JSON), every other is one page, numbered by the node: one number per guid for all
 * connections, so that a broadcast frame is built once. k is the number of items in the page message, in its order,
 * or 0 where recvSeqs mean nothing (hub, awareness, everything from a client).
 */
import { copyBytes, type Bytes } from './bytes.ts'
import type { DecodeError } from './codec.ts'
import { FRAME_MAX, UPDATE_STRUCTS_MAX } from './limits.ts'
import { fail, type Result } from './result.ts'
import { readWhole, unreadable, VarWriter, type VarReader } from './varuint.ts'

export const hubChannel = 0

export interface Frame {
	readonly channel: number
	/** recvSeq of each item of the payload, or none. */
	readonly recv: readonly number[]
	readonly payload: Bytes
}

export function encodeFrame({ channel, recv, payload }: Frame): Bytes {
	const writer = new VarWriter(roomForFrame({ recv, payload }))
	writeFrame(writer, { channel, recv, payload })
	return writer.finish()
}

export function roomForFrame({ recv, payload }: Pick<Frame, 'recv' | 'payload'>): number {
	return payload.length + 16 + recv.length * 8
}

export function writeFrame(writer: VarWriter, { channel, recv, payload }: Frame): void {
	writer.uint(channel)
	writer.uint(recv.length)
	for (const seq of recv) writer.uint(seq)
	writer.raw(payload)
}

/** Never throws, whatever the bytes. */
export function decodeFrame(bytes: Uint8Array): Result<Frame, DecodeError> {
	if (bytes.length > FRAME_MAX) return fail({ type: 'malformed', reason: 'larger than a frame may be' })
	return readWhole(bytes, readFrame)
}

function readFrame(reader: VarReader): Frame {
	const channel = reader.uint()
	const count = reader.uint()
	if (count > UPDATE_STRUCTS_MAX || count > reader.left) unreadable('more recvSeqs than items')
	const recv: number[] = []
	for (let i = 0; i < count; i++) recv.push(reader.uint())
	return { channel, recv, payload: copyBytes(reader.rest()) }
}
