import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { openKeyStore } from '#platform/browser/key-store.ts'

let stores = 0
const freshName = () => `keys-${stores++}`
const nonce = new Uint8Array(12)

/** fake-indexeddb clones a CryptoKey as Node does, so that a key can be told by what it encrypts. */
async function encrypts(key: CryptoKey): Promise<string> {
	const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, new Uint8Array(4))
	return Buffer.from(sealed).toString('hex')
}

test('the storage key is made once, and stays the same after a restart and for two who come at once', async () => {
	const name = freshName()
	const [first, second] = [await openKeyStore(name), await openKeyStore(name)]
	const keys = await Promise.all([first.storageKey(), second.storageKey(), first.storageKey()])
	first.close()
	const again = await openKeyStore(name)
	keys.push(await again.storageKey())
	expect(new Set(await Promise.all(keys.map(encrypts))).size).toBe(1)
	expect(keys.every((key) => !key.extractable)).toBe(true)
})

test('device keys are kept by name, and cleared without the storage key', async () => {
	const store = await openKeyStore(freshName())
	const storageKey = await encrypts(await store.storageKey())
	const { privateKey } = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
	await store.deviceKeys.keep('device-signing', privateKey)
	expect((await store.deviceKeys.get('device-signing'))?.algorithm.name).toBe('Ed25519')
	expect(await store.deviceKeys.get('other')).toBeNull()
	await store.deviceKeys.clear()
	expect(await store.deviceKeys.get('device-signing')).toBeNull()
	expect(await encrypts(await store.storageKey())).toBe(storageKey)
})
