import { describe, expect, it } from 'vitest'
import { openEpochBox, openVaultKeyBox, sealEpochBox, sealVaultKeyBox } from '#crypto/boxes.ts'
import { commitOf, newEpochKey } from '#crypto/epoch.ts'
import { generateKemKeyPair, hpkeOpen, hpkeSeal, seedToKemKeyPair } from '#crypto/hpke.ts'
import { createCrypto } from '#crypto/suite.ts'
import { findX25519, webCryptoX25519 } from '#crypto/x25519.ts'
import { suiteOver } from '#crypto/xwing-suite.ts'
import { newVaultKey, vaultKeyRefOf } from '#crypto/vault.ts'
import { boxCodec, kemXWing } from '#protocol/box.ts'
import { bytesToHex, concatBytes, utf8ToBytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { hex } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'
import { cryptoVariants } from '#tests/support/crypto-variants.ts'

const random = seededRandom('hpke')

const halves = [
	{ name: 'X25519 by WebCrypto', x25519: webCryptoX25519(crypto.subtle) },
	{ name: 'X25519 in JavaScript', x25519: null },
]

describe.each(halves)('X-Wing, $name', ({ x25519 }) => {
	it('agrees with the test vector of draft-connolly-cfrg-xwing-kem', async () => {
		const { kem } = suiteOver(x25519)
		const seed = hex('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26')
		const pair = await seedToKemKeyPair(seed)
		expect(pair.publicKey.length).toBe(1216)
		expect(bytesToHex(pair.publicKey).slice(0, 32)).toBe('e2236b35a8c24b39b10aa1323a96a919')
		const ekm = hex(
			'3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2',
		)
		const recipientPublicKey = await kem.deserializePublicKey(pair.publicKey)
		const { sharedSecret, enc } = await kem.encap({ recipientPublicKey, ekm })
		expect(bytesToHex(new Uint8Array(sharedSecret))).toBe(
			'd2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384',
		)
		const recipientKey = await kem.deserializePrivateKey(seed)
		expect(new Uint8Array(await kem.decap({ recipientKey, enc }))).toEqual(new Uint8Array(sharedSecret))
	})

	it('refuses an X25519 half that gives zero, sealing and opening', async () => {
		const { kem } = suiteOver(x25519)
		const pair = await kem.generateKeyPairDerand(new Uint8Array(32).fill(5))
		const publicKey = new Uint8Array(await kem.serializePublicKey(pair.publicKey)).slice().fill(0, 1184)
		const recipientPublicKey = await kem.deserializePublicKey(publicKey)
		await expect(kem.encap({ recipientPublicKey })).rejects.toThrow()
		const { enc } = await kem.encap({ recipientPublicKey: pair.publicKey })
		const zeroed = new Uint8Array(enc).fill(0, 1088)
		await expect(kem.decap({ recipientKey: pair.privateKey, enc: zeroed })).rejects.toThrow()
	})
})

describe('X-Wing', () => {
	it('finds the X25519 of this WebCrypto, and none where there is none', async () => {
		expect(await findX25519(crypto.subtle)).not.toBeNull()
		const importKey = () => Promise.reject(new DOMException('no such algorithm', 'NotSupportedError'))
		expect(await findX25519({ importKey } as unknown as SubtleCrypto)).toBeNull()
	})

	it('takes keys that are views into larger buffers', async () => {
		const pair = await generateKemKeyPair(random)
		const view = concatBytes(new Uint8Array(7), pair.publicKey, new Uint8Array(7)).subarray(7, 7 + 1216)
		const seed = concatBytes(new Uint8Array(3), pair.seed, new Uint8Array(3)).subarray(3, 35)
		const info = utf8ToBytes('info')
		const sealed = await hpkeSeal(random, { publicKey: view, info }, utf8ToBytes('secret'))
		expect(await hpkeOpen({ seed, info }, sealed)).toEqual(utf8ToBytes('secret'))
		expect((await seedToKemKeyPair(seed)).publicKey).toEqual(pair.publicKey)
	})

	it('draws all its randomness from the port', async () => {
		const pair = await seedToKemKeyPair(hex('11'.repeat(32)))
		const seal = () =>
			hpkeSeal(seededRandom('same'), { publicKey: pair.publicKey, info: utf8ToBytes('i') }, utf8ToBytes('x'))
		expect(await seal()).toEqual(await seal())
	})

	it('refuses lengths that cannot be, and keys that are none', async () => {
		await expect(seedToKemKeyPair(new Uint8Array(31))).rejects.toThrow(RangeError)
		const info = utf8ToBytes('info')
		await expect(hpkeSeal(random, { publicKey: new Uint8Array(1215), info }, info)).rejects.toThrow(RangeError)
		// coefficients beyond the modulus, FIPS 203 §7.2; an all-zero X25519 half, RFC 7748 §6.1
		const { publicKey } = await generateKemKeyPair(random)
		const beyond = publicKey.map((byte, i) => (i < 3 ? 255 : byte)) as typeof publicKey
		const zero = publicKey.map((byte, i) => (i < 1184 ? byte : 0)) as typeof publicKey
		for (const bad of [beyond, zero]) await expect(hpkeSeal(random, { publicKey: bad, info }, info)).rejects.toThrow()
		expect(await hpkeOpen({ seed: random(32), info }, { enc: new Uint8Array(3), ct: new Uint8Array(48) })).toBeNull()
	})
})

describe.each(cryptoVariants)('boxes, $name', ({ make }) => {
	async function setup() {
		const crypto = await make(seededRandom('boxes'))
		const key = newEpochKey(crypto, { conversation: crypto.random(16), n: 3 })
		const owner = { idHash: crypto.random(32), g: 2, ...(await generateKemKeyPair(crypto.random)) }
		const box = await sealEpochBox(crypto, owner, key)
		const boxed = { conversation: key.conversation, n: 3, commit: commitOf(crypto, key), box }
		return { crypto, key, owner, box, boxed }
	}

	it('[BOX1] give the epoch key to whoever has AK_g', async () => {
		const { crypto, key, owner, box, boxed } = await setup()
		expect(box.kem).toBe(kemXWing)
		expect(encode(boxCodec, box).length).toBe(1171)
		expect(await openEpochBox(crypto, owner, boxed)).toEqual({ ok: true, value: key })
	})

	it('[BOX2] open under no other conversation, epoch, account, generation or key', async () => {
		const { crypto, owner, boxed } = await setup()
		const notOpened = { ok: false, error: { type: 'not-opened' } }
		const other = await generateKemKeyPair(crypto.random)
		const attempts = [
			openEpochBox(crypto, owner, { ...boxed, conversation: crypto.random(16) }),
			openEpochBox(crypto, owner, { ...boxed, n: 4 }),
			openEpochBox(crypto, { ...owner, g: 1 }, boxed),
			openEpochBox(crypto, { ...owner, idHash: crypto.random(32) }, boxed),
			openEpochBox(crypto, { ...owner, ...other }, boxed),
		]
		for (const attempt of attempts) expect(await attempt).toEqual(notOpened)
	})

	it('[EPO5] a key that does not match the commitment is not given out', async () => {
		const { crypto, key, owner, boxed } = await setup()
		const commit = commitOf(crypto, { ...key, secret: crypto.random(32) })
		expect(await openEpochBox(crypto, owner, { ...boxed, commit })).toEqual({ ok: false, error: { type: 'wrong-key' } })
	})

	it('[VLT3] VK opens for its recipient and generation, and only as the log commits to it', async () => {
		const crypto = await make(seededRandom('vk boxes'))
		const kem = await generateKemKeyPair(crypto.random)
		const vaultKey = newVaultKey(crypto)
		const vk = vaultKeyRefOf(crypto, 5, vaultKey)
		const box = await sealVaultKeyBox(crypto, { publicKey: kem.publicKey, vkGen: 5 }, vaultKey)
		expect(await openVaultKeyBox(crypto, kem, { vk, box })).toEqual({ ok: true, value: vaultKey })
		const next = vaultKeyRefOf(crypto, 6, vaultKey)
		expect(await openVaultKeyBox(crypto, kem, { vk: next, box })).toMatchObject({ error: { type: 'not-opened' } })
		const otherKey = vaultKeyRefOf(crypto, 5, newVaultKey(crypto))
		expect(await openVaultKeyBox(crypto, kem, { vk: otherKey, box })).toMatchObject({ error: { type: 'wrong-key' } })
		const other = await generateKemKeyPair(crypto.random)
		expect(await openVaultKeyBox(crypto, other, { vk, box })).toMatchObject({ error: { type: 'not-opened' } })
	})
})

it('the default runtime gives all of WebCrypto that this room asks for', async () => {
	await expect(createCrypto({ random })).resolves.toBeDefined()
})
