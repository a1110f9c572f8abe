import { expect, it } from 'vitest'
import { safetyNumber } from '#crypto/safety-number.ts'
import { concatBytes, utf8ToBytes } from '#protocol/bytes.ts'
import { nodeHash } from '#tests/support/crypto-ports.ts'
import { hex } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

const a = hex('01'.repeat(32))
const b = hex('02'.repeat(32))

it('[SAF1] is six groups of five digits, the same from both sides', () => {
	const number = safetyNumber(nodeHash, a, b)
	expect(number).toHaveLength(6)
	for (const group of number) expect(group).toMatch(/^\d{5}$/)
	expect(safetyNumber(nodeHash, b, a)).toEqual(number)
})

it('[SAF1] follows from the bytes of the definition', () => {
	const digest = nodeHash(concatBytes(utf8ToBytes('kith/safety/1'), a, b))
	const groups = [0, 5, 10, 15, 20, 25].map((at) => {
		const hexOf = [...digest.subarray(at, at + 5)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
		return String(BigInt(`0x${hexOf}`) % 100_000n).padStart(5, '0')
	})
	expect(safetyNumber(nodeHash, a, b)).toEqual(groups)
})

it('[SAF1] differs for every pair', () => {
	const random = seededRandom('pairs')
	const numbers = Array.from({ length: 200 }, () => safetyNumber(nodeHash, a, random(32)).join(' '))
	expect(new Set(numbers).size).toBe(200)
})
