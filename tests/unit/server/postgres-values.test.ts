import { expect, test } from 'vitest'
import { exactNumber, fromSigned, toSigned, values } from '#server/data/postgres/values.ts'

test('a number is exact, or an error', () => {
	expect(['0', '-7', String(Number.MAX_SAFE_INTEGER)].map(exactNumber)).toEqual([0, -7, Number.MAX_SAFE_INTEGER])
	for (const text of ['9007199254740992', '9223372036854775807', '-9007199254740993', '1.5', 'x']) {
		expect(() => exactNumber(text)).toThrow(RangeError)
	}
})

test('an unsigned number keeps its value and its order in a signed column', () => {
	const numbers = [0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
	expect(numbers.map((number) => fromSigned(toSigned(number)))).toEqual(numbers)
	const signed = numbers.map((number) => BigInt(toSigned(number)))
	expect(signed.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(signed)
	expect([signed[0], signed.at(-1)]).toEqual([-(2n ** 63n), 2n ** 63n - 1n])
})

test('bytes lie over a buffer of their own', () => {
	const parse = values.getTypeParser(17, 'text') as (text: string) => Uint8Array
	const bytes = parse('\\x00ff10')
	expect([bytes.constructor, bytes.buffer.byteLength, [...bytes]]).toEqual([Uint8Array, 3, [0, 255, 16]])
})
