import { describe, expect, it } from 'vitest'
import { cryptoVariants } from '#tests/support/crypto-variants.ts'
import { checkCryptoVectors, makeCryptoVectors, type CryptoVectors } from '#tests/support/crypto-vectors.ts'
import { readVectors } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

const frozen = readVectors<CryptoVectors>('crypto')

describe.each(cryptoVariants)('frozen vectors, $name', ({ make }) => {
	it('open and derive', async () => {
		expect(await checkCryptoVectors(await make(), frozen)).toEqual([])
	})

	it('are still what sealing with the same randomness gives', async () => {
		const crypto = await make(seededRandom('kith crypto vectors'))
		expect(await makeCryptoVectors(crypto)).toEqual(frozen)
	})

	it('are told apart when one byte differs', async () => {
		const { event } = frozen
		const ct = event.ct.replace(/^../, (byte) => (byte === '00' ? '01' : '00'))
		expect(await checkCryptoVectors(await make(), { ...frozen, event: { ...event, ct } })).toEqual(['event'])
	})
})
