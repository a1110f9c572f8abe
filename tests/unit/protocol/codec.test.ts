import { describe, expect, test } from 'vitest'
import { concatBytes, hexToBytes, type Bytes } from '#protocol/bytes.ts'
import {
	bytes,
	choice,
	constant,
	decode,
	encode,
	fixed,
	list,
	optional,
	set,
	struct,
	text,
	time8,
	u16,
	u32,
	u64,
	u8,
	union,
	versioned,
	type Codec,
} from '#protocol/codec.ts'

const hex = (text: string) => hexToBytes(text.replaceAll(' ', '')) as Bytes
const refused = <T>(codec: Codec<T>, input: string) => !decode(codec, hex(input)).ok

describe('the codec of every body', () => {
	test('[ENC1] integers are big-endian, of fixed width; times stay below 2^53', () => {
		const all = struct({ a: u8, b: u16, c: u32, d: u64, e: time8 })
		const value = { a: 1, b: 0x0203, c: 0x04050607, d: 0x08090a0b0c0d0e0fn, e: 0x1020 }
		expect(encode(all, value)).toEqual(hex('01 0203 04050607 08090a0b0c0d0e0f 0000000000001020'))
		expect(decode(all, encode(all, value))).toEqual({ ok: true, value })
		expect(decode(time8, hex('001fffffffffffff'))).toEqual({ ok: true, value: Number.MAX_SAFE_INTEGER })
		expect(refused(time8, '0020000000000000')).toBe(true)
		expect(() => encode(u8, 256)).toThrow(RangeError)
		expect(() => encode(u64, 1n << 64n)).toThrow(RangeError)
	})

	test('[ENC2] arrays of fixed width are raw, bytes and text have a length of four bytes', () => {
		expect(encode(struct({ a: fixed(2), b: bytes(9), c: text(9) }), { a: hex('aabb'), b: hex('cc'), c: 'ä' })).toEqual(
			hex('aabb 00000001 cc 00000002 c3a4'),
		)
		expect(() => encode(fixed(2), hex('aa'))).toThrow(RangeError)
		for (const notUtf8 of ['00000001 ff', '00000002 c080', '00000003 eda080'])
			expect(refused(text(9), notUtf8)).toBe(true)
	})

	test('[ENC3] a list keeps its order, a set has one', () => {
		expect(decode(list(u8, 9), hex('00000002 0201'))).toEqual({ ok: true, value: [2, 1] })
		expect(encode(set(u8, 9), [2, 1])).toEqual(hex('00000002 0102'))
		expect(encode(set(u8, 9, { countWidth: 1 }), [2, 1])).toEqual(hex('02 0102'))
		expect(refused(set(u8, 9), '00000002 0201')).toBe(true)
		expect(refused(set(u8, 9), '00000002 0101')).toBe(true)
		expect(() => encode(set(u8, 9), [1, 1])).toThrow(RangeError)
	})

	test('[ENC3] a set with a key holds each key once', () => {
		const keyed = set(struct({ key: u8, value: u8 }), 9, { keyLength: 1 })
		expect(refused(keyed, '00000002 0101 0102')).toBe(true)
		expect(refused(keyed, '00000002 0101 0201')).toBe(false)
	})

	test('[ENC4] an optional is 0, or 1 and the value', () => {
		expect(encode(optional(u8), null)).toEqual(hex('00'))
		expect(encode(optional(u8), 7)).toEqual(hex('0107'))
		expect(refused(optional(u8), '0207')).toBe(true)
	})

	test('[ENC5] a byte without meaning is refused: versions, cases, choices', () => {
		const codec = versioned(1, union('type', { a: [1, struct({ n: u8 })], b: [2, struct({})] }))
		expect(decode(codec, hex('01 01 05'))).toEqual({ ok: true, value: { type: 'a', n: 5 } })
		expect(refused(codec, '02 01 05')).toBe(true)
		expect(refused(codec, '01 03')).toBe(true)
		expect(refused(choice({ 1: 'x' }), '02')).toBe(true)
		expect(refused(constant(3), '04')).toBe(true)
	})

	test('[ENC6] what ends early or has bytes left over is refused', () => {
		const codec = struct({ a: u16, b: bytes(9) })
		const good = encode(codec, { a: 1, b: hex('0102') })
		for (let length = 0; length < good.length; length++) expect(decode(codec, good.slice(0, length)).ok).toBe(false)
		expect(decode(codec, concatBytes(good, hex('00'))).ok).toBe(false)
	})

	test('[ENC8] a declared maximum, and the bytes at hand, bound what is read', () => {
		expect(refused(bytes(4), '00000005 0102030405')).toBe(true)
		expect(refused(bytes(0xffffffff), 'ffffffff 01')).toBe(true)
		expect(refused(list(u8, 2), '00000003 010203')).toBe(true)
		expect(refused(list(u8, 0xffffffff), 'ffffffff 01')).toBe(true)
	})
})
