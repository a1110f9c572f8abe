import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bytesToHex, concatBytes, equalBytes, hexToBytes, type Bytes } from '#protocol/bytes.ts'
import { samples, type Sample } from '../support/object-samples.ts'

const frozen: Record<string, string> = JSON.parse(readFileSync(new URL('objects.json', import.meta.url), 'utf8'))
const decoded = samples.filter((sample) => sample.recode !== undefined)

/** Refused, or another value with one spelling: exactly these bytes. */
function isHarmless({ recode }: Sample, bytes: Bytes): boolean {
	const again = recode?.(bytes)
	return again !== undefined && (!again.ok || equalBytes(again.value, bytes))
}

describe('[ENC7] every object and log body has one frozen encoding', () => {
	test('no sample is without vector, no vector without sample', () => {
		expect(samples.map(({ title }) => title).sort()).toEqual(Object.keys(frozen).sort())
	})

	test.each(samples.map((sample) => [sample.title, sample] as const))('%s', (title, { bytes }) => {
		expect(bytesToHex(bytes)).toBe(frozen[title])
	})
})

describe('[ENC6] frozen bytes decode, and other bytes do not pass for them', () => {
	test.each(decoded.map((sample) => [sample.title, sample] as const))('%s', (title, sample) => {
		const bytes = hexToBytes(frozen[title] as string) as Bytes
		const again = sample.recode?.(bytes)
		expect(again?.ok && bytesToHex(again.value)).toBe(frozen[title])
		expect(sample.recode?.(concatBytes(bytes, Uint8Array.of(0)))?.ok).toBe(false)
		for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 200)) {
			expect(sample.recode?.(bytes.slice(0, length))?.ok).toBe(false)
		}
		for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 400)) {
			const mutated = bytes.slice()
			mutated[at] = (mutated[at] as number) ^ 0x81
			expect(isHarmless(sample, mutated)).toBe(true)
		}
	})
})
