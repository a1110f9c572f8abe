import { expect, it, describe } from 'vitest'
import { createStorageWrap, importStorageKey, newStorageKey } from '#crypto/storage-wrap.ts'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { cryptoVariants } from '#tests/support/crypto-variants.ts'

describe.each(cryptoVariants)('rows at rest, $name', ({ make }) => {
	async function setup() {
		const crypto = await make()
		const key = newStorageKey(crypto)
		return { crypto, key, wrap: createStorageWrap(crypto, await importStorageKey(crypto, key)) }
	}
	const value = utf8ToBytes('what a row holds')

	it('open where they were sealed', async () => {
		const { wrap } = await setup()
		const sealed = await wrap.seal('outbox', 'a/1', value)
		expect(sealed.length).toBe(value.length + 28)
		expect(await wrap.open('outbox', 'a/1', sealed)).toEqual(value)
	})

	it('open at no other row, in no other store, under no other key', async () => {
		const { crypto, wrap } = await setup()
		const sealed = await wrap.seal('outbox', 'a/1', value)
		expect(await wrap.open('outbox', 'a/2', sealed)).toBeNull()
		expect(await wrap.open('drafts', 'a/1', sealed)).toBeNull()
		expect(await wrap.open('outbo', 'xa/1', sealed)).toBeNull()
		const other = createStorageWrap(crypto, await importStorageKey(crypto, newStorageKey(crypto)))
		expect(await other.open('outbox', 'a/1', sealed)).toBeNull()
	})

	it('never look the same twice', async () => {
		const { wrap } = await setup()
		expect(await wrap.seal('meta', 'x', value)).not.toEqual(await wrap.seal('meta', 'x', value))
	})

	it('that are cut or damaged are null, never an exception', async () => {
		const { wrap } = await setup()
		const sealed = await wrap.seal('meta', 'x', value)
		for (const length of [0, 11, 12, 27, sealed.length - 1]) {
			expect(await wrap.open('meta', 'x', sealed.slice(0, length))).toBeNull()
		}
	})

	it('survive a restart: the kept key opens them, and cannot be taken out of WebCrypto', async () => {
		const { crypto, key, wrap } = await setup()
		const sealed = await wrap.seal('meta', 'x', value)
		const handle = await importStorageKey(crypto, key)
		expect(handle.extractable).toBe(false)
		expect(await createStorageWrap(crypto, structuredClone(handle)).open('meta', 'x', sealed)).toEqual(value)
	})
})
