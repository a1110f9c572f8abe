import { describe, expect, test } from 'vitest'
import { base64urlToBytes, bytesToBase64url } from '#protocol/bytes.ts'
import { bytesOf } from '../../support/log-actors.ts'

describe('base64url', () => {
	const lengths = [...Array(130).keys(), 4095, 4096, 10_000]

	test('is what RFC 4648 says, at every length', () => {
		for (const length of lengths) {
			const bytes = bytesOf('anything', length)
			expect(bytesToBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
		}
	})

	test('comes back', () => {
		for (const length of lengths) {
			const bytes = bytesOf('anything', length)
			expect(base64urlToBytes(bytesToBase64url(bytes))).toEqual(bytes)
		}
	})

	test('takes one spelling only', () => {
		for (const text of ['A', 'AB', 'AAB', 'AA==', 'A+', 'A/', 'Aé', 'A A'])
			expect(base64urlToBytes(text), text).toBeNull()
		expect(base64urlToBytes('AA')).toEqual(Uint8Array.of(0))
	})
})
