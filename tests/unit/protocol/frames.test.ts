import { describe, expect, test } from 'vitest'
import * as encoding from 'lib0/encoding'
import * as decoding from 'lib0/decoding'
import { concatBytes, utf8ToBytes } from '#protocol/bytes.ts'
import { decodeFrame, encodeFrame, hubChannel } from '#protocol/frames.ts'
import { readWhole, VarReader, VarWriter } from '#protocol/varuint.ts'

const payload = utf8ToBytes('{"t":"friends"}')

describe('frames of the multiplexed socket', () => {
	test('[WIRE1] channel, count, recvSeqs, payload', () => {
		expect(encodeFrame({ channel: 300, recv: [1, 128], payload: Uint8Array.of(9) })).toEqual(
			Uint8Array.of(0xac, 2, 2, 1, 0x80, 1, 9),
		)
		const frames = [
			{ channel: 0, recv: [], payload },
			{ channel: 1, recv: [], payload: new Uint8Array(0) },
			{ channel: 4_000_000, recv: [1, 2 ** 32, Number.MAX_SAFE_INTEGER], payload },
		]
		for (const frame of frames) expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame })
	})

	test('[WIRE1] the payload never pins the buffer in which the frame came', () => {
		const pool = concatBytes(utf8ToBytes('secret of a neighbour'), encodeFrame({ channel: 1, recv: [], payload }))
		const decoded = decodeFrame(pool.subarray(21))
		expect(decoded).toEqual({ ok: true, value: { channel: 1, recv: [], payload } })
		if (decoded.ok) expect(decoded.value.payload.buffer.byteLength).toBe(payload.length)
	})

	test('[WIRE3] channel 0 is the hub', () => {
		expect(encodeFrame({ channel: hubChannel, recv: [], payload: Uint8Array.of(123) })).toEqual(
			Uint8Array.of(0, 0, 123),
		)
	})

	test('[WIRE2] what ends early, counts too much or is too large is malformed', () => {
		const frame = encodeFrame({ channel: 1, recv: [5, 6], payload: new Uint8Array(0) })
		for (let length = 0; length < frame.length; length++) expect(decodeFrame(frame.slice(0, length)).ok).toBe(false)
		expect(decodeFrame(Uint8Array.of(1, 0xff, 0xff, 3, 0, 0, 0)).ok).toBe(false)
		expect(decodeFrame(new Uint8Array(1024 * 1024 + 1)).ok).toBe(false)
		const over = new Uint8Array(10_000)
		over.set(Uint8Array.of(1, 0x81, 0x40))
		expect(decodeFrame(over)).toMatchObject({ error: { reason: 'more recvSeqs than items' } })
	})

	test('[WIRE2] integers beyond 2^53 − 1 are malformed', () => {
		expect(decodeFrame(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 0)).ok).toBe(false)
		expect(decodeFrame(new Uint8Array(20).fill(0x80)).ok).toBe(false)
	})
})

describe('variable-length integers', () => {
	const values = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER]

	test('[WIRE1] written and read as lib0 does', () => {
		for (const value of values) {
			const ours = new VarWriter(1)
			ours.uint(value)
			const theirs = encoding.createEncoder()
			encoding.writeVarUint(theirs, value)
			const written = ours.finish()
			expect(written).toEqual(encoding.toUint8Array(theirs))
			expect(decoding.readVarUint(decoding.createDecoder(written))).toBe(value)
			expect(new VarReader(encoding.toUint8Array(theirs)).uint()).toBe(value)
		}
		for (const wrong of [-1, 1.5, 2 ** 53, Number.NaN]) expect(() => new VarWriter().uint(wrong)).toThrow(RangeError)
	})

	test('what is nested stands behind its length, however long it is', () => {
		for (const length of [0, 1, 127, 128, 16_384, 70_000]) {
			const body = new Uint8Array(length).fill(7)
			const [nested, plain] = [new VarWriter(1), new VarWriter(1)]
			nested.byte(1)
			nested.nested((writer) => writer.raw(body))
			nested.byte(2)
			plain.byte(1)
			plain.bytes(body)
			plain.byte(2)
			expect(nested.finish()).toEqual(plain.finish())
		}
	})

	test('a writer ends once, and what it wrote is untouched by the next', () => {
		const first = new VarWriter()
		first.text('first')
		const written = first.finish()
		const second = new VarWriter()
		second.text('SECOND')
		second.finish()
		expect(new VarReader(written).text(10)).toBe('first')
		expect(() => first.finish()).toThrow('once')
	})

	test('[PAGE5] a length beyond the bytes does not reach into the buffer behind them', () => {
		const pool = utf8ToBytes('..the neighbour’s bytes')
		const view = pool.subarray(0, 2)
		view[0] = 20
		expect(readWhole(view, (reader) => reader.bytes()).ok).toBe(false)
	})

	test('[PAGE5] text that is no UTF-8 is malformed', () => {
		expect(readWhole(Uint8Array.of(1, 0xff), (reader) => reader.text(10)).ok).toBe(false)
		expect(readWhole(Uint8Array.of(2, 0x61, 0x62), (reader) => reader.text(1)).ok).toBe(false)
	})

	test('a bug in a reader is no malformed message', () => {
		const bug = () => {
			throw new TypeError('bug')
		}
		expect(() => readWhole(new Uint8Array(1), bug)).toThrow(TypeError)
	})
})
