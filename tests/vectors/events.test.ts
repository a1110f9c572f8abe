import { describe, expect, test } from 'vitest'
import { bytesToHex, concatBytes } from '#protocol/bytes.ts'
import { nodeVerifyOne } from '#tests/support/crypto-ports.ts'
import { eventSamples, type Json } from '#tests/support/event-samples.ts'
import { hex, readVectors } from '#tests/support/json-vectors.ts'

const frozen = readVectors<Record<string, { readonly bytes: string; readonly says: Json }>>('events')

describe('[EV5] every format of events, pages and the wire has one frozen encoding', () => {
	test('no sample is without vector, no vector without sample', () => {
		expect(eventSamples.map(({ title }) => title).sort()).toEqual(Object.keys(frozen).sort())
	})

	test.each(eventSamples.map((sample) => [sample.title, sample] as const))('%s', (title, { bytes, says, read }) => {
		const vector = frozen[title]!
		expect(bytesToHex(bytes)).toBe(vector.bytes)
		expect(says).toEqual(vector.says)
		const decoded = read(hex(vector.bytes))
		if (!decoded.ok) throw new Error(JSON.stringify(decoded.error))
		expect(decoded.value.says).toEqual(vector.says)
		expect(bytesToHex(decoded.value.again)).toBe(vector.bytes)
	})

	test.each(
		eventSamples.filter(({ title }) => !title.startsWith('frame')).map((sample) => [sample.title, sample] as const),
	)('%s: shorter or longer is refused', (title, { read }) => {
		const bytes = hex(frozen[title]!.bytes)
		expect(read(concatBytes(bytes, Uint8Array.of(0))).ok).toBe(false)
		for (let length = 0; length < bytes.length; length++) expect(read(bytes.slice(0, length)).ok).toBe(false)
	})
})

describe('[EV7] frozen signatures', () => {
	const items = Object.entries(frozen).filter(([title]) => title.startsWith('item'))

	test.each(items)('%s verifies', (_, { says }) => {
		const { signed, devicePublicKey, item } = says as {
			signed: string
			devicePublicKey: string
			item: { signature: string }
		}
		expect(nodeVerifyOne({ key: hex(devicePublicKey), message: hex(signed), signature: hex(item.signature) })).toBe(
			true,
		)
	})
})
