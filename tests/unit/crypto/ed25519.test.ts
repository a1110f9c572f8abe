import { describe, expect, it } from 'vitest'
import { webCryptoEd25519 } from '#crypto/ed25519.ts'
import { pointsEd25519 } from '#crypto/ed25519-points.ts'
import { canUseWebCryptoEd25519 } from '#crypto/ed25519-probe.ts'
import { generateSigningKey, restoreSigningKey, seedToSigningKey, signEntry } from '#crypto/signing-key.ts'
import { createCrypto } from '#crypto/suite.ts'
import { ed25519 as noble } from '@noble/curves/ed25519.js'
import { bytesToHex, utf8ToBytes } from '#protocol/bytes.ts'
import { isStrictEd25519, isStrictEd25519Key } from '#protocol/ed25519-shape.ts'
import { claimOver } from '#protocol/tags.ts'
import { nodeVerify as serverVerify } from '#server/node-crypto.ts'
import { nodeHash, nodeVerify } from '#tests/support/crypto-ports.ts'
import { cryptoVariants } from '#tests/support/crypto-variants.ts'
import { runEd25519Vectors, type Ed25519Vector } from '#tests/support/ed25519-vectors.ts'
import { hex, readVectors } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

const vectors = readVectors<Ed25519Vector[]>('ed25519')
const verifiers = {
	'node:crypto': nodeVerify,
	'the server': serverVerify,
	WebCrypto: webCryptoEd25519(crypto.subtle, 'handle').verify,
	'points in JavaScript': pointsEd25519.verify,
}

describe('[SIG3] one verdict everywhere', () => {
	it.each(Object.entries(verifiers))('%s judges every vector as the definition does', async (_, verify) => {
		expect(await runEd25519Vectors(verify, vectors)).toEqual([])
	})

	it('the vectors hold both verdicts for mixed-order points, and only refusals for small orders', () => {
		const mixed = vectors.filter(({ title }) => title.includes('mixed order'))
		const small = vectors.filter(({ title }) => / of order/.test(title))
		expect(mixed.filter(({ valid }) => valid).length).toBeGreaterThan(10)
		expect(mixed.filter(({ valid }) => !valid).length).toBeGreaterThan(40)
		expect(small.length).toBeGreaterThan(20)
		expect(small.some(({ valid }) => valid)).toBe(false)
	})

	it("the library's own strict verify would accept mixed-order signatures that we refuse", () => {
		const refused = vectors.filter(({ title, valid }) => title.includes('mixed order') && !valid)
		const accepted = refused.filter(({ key, message, signature }) =>
			noble.verify(hex(signature), hex(message), hex(key), { zip215: false }),
		)
		expect(accepted.length).toBe(refused.length)
	})

	it('judges a long batch in its order', async () => {
		const claims = vectors.map(({ key, message, signature }) => ({
			key: hex(key),
			message: hex(message),
			signature: hex(signature),
		}))
		const verdicts = await verifiers.WebCrypto(claims)
		expect(verdicts).toEqual(vectors.map(({ valid }) => valid))
	})
})

describe('shape', () => {
	const honest = vectors.find(({ title }) => title === 'an honest signature') as Ed25519Vector

	it('[SIG3] passes an honest signature and every valid vector', () => {
		expect(isStrictEd25519(hex(honest.key), hex(honest.signature))).toBe(true)
		const valid = vectors.filter((vector) => vector.valid)
		expect(valid.every(({ key, signature }) => isStrictEd25519(hex(key), hex(signature)))).toBe(true)
	})

	it('[SIG3] knows all eight points of small order and both spellings of x = 0', () => {
		const generator = noble.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
		const keys = Array.from({ length: 8 }, (_, i) => generator.multiplyUnsafe(BigInt(i)).toBytes())
		expect(new Set(keys.map(bytesToHex)).size).toBe(8)
		const negativeZero = keys.map((key) => key.map((byte, i) => (i === 31 ? byte | 0x80 : byte)))
		expect([...keys, ...negativeZero].some(isStrictEd25519Key)).toBe(false)
		expect(isStrictEd25519Key(hex(honest.key))).toBe(true)
	})
})

describe('choice of an implementation', () => {
	const random = seededRandom('probe')

	it('takes WebCrypto where it judges right, points where it is switched off', async () => {
		expect((await createCrypto({ random })).ed25519.by).toBe('webcrypto')
		expect((await createCrypto({ random, webCryptoEd25519: 'off' })).ed25519.by).toBe('points')
	})

	const broken = (changes: object) =>
		Object.assign(Object.create(crypto.subtle) as SubtleCrypto, boundSubtle(), changes)

	/** Methods of SubtleCrypto check their `this`. */
	function boundSubtle() {
		const names = ['importKey', 'exportKey', 'sign', 'verify', 'encrypt', 'decrypt'] as const
		return Object.fromEntries(names.map((name) => [name, crypto.subtle[name].bind(crypto.subtle)]))
	}

	it.each([
		['accepts everything', { verify: async () => true }],
		['refuses everything', { verify: async () => false }],
		['does not know Ed25519', { importKey: () => Promise.reject(new Error('NotSupportedError')) }],
		['names it and fails on use', { sign: () => Promise.reject(new Error('OperationError')) }],
		[
			'checks the equation times the cofactor',
			{
				verify: async (_: string, key: CryptoKey, signature: Uint8Array, message: Uint8Array) => {
					const raw = new Uint8Array(await crypto.subtle.exportKey('raw', key))
					return noble.verify(signature, message, raw, { zip215: true })
				},
				importKey: (format: 'raw', key: Uint8Array<ArrayBuffer>, name: string, _: boolean, usages: 'verify'[]) =>
					crypto.subtle.importKey(format, key, name, true, usages),
			},
		],
	])('falls back when WebCrypto %s', async (_, changes) => {
		expect(await canUseWebCryptoEd25519(boundSubtle() as unknown as SubtleCrypto)).toBe(true)
		expect(await canUseWebCryptoEd25519(broken(changes))).toBe(false)
	})
})

describe.each(cryptoVariants)('signing keys, $name', ({ make, by }) => {
	const body = utf8ToBytes('a body')

	it('signs what all verifiers accept', async () => {
		const crypto = await make()
		const key = await generateSigningKey(crypto)
		const signature = await key.sign('log', body)
		const claim = claimOver(crypto.hash, 'log', { key: key.publicKey, body, signature })
		for (const verify of [...Object.values(verifiers), crypto.verify]) expect(await verify([claim])).toEqual([true])
	})

	it('[SIG2] a signature for one purpose or body serves no other', async () => {
		const crypto = await make()
		const key = await generateSigningKey(crypto)
		const signature = await key.sign('log', body)
		const claims = [
			claimOver(crypto.hash, 'acct', { key: key.publicKey, body, signature }),
			claimOver(crypto.hash, 'log', { key: key.publicKey, body: utf8ToBytes('another'), signature }),
		]
		expect(await crypto.verify(claims)).toEqual([false, false])
	})

	it('keeps the RFC 8032 key of a seed, as a handle only where WebCrypto holds it', async () => {
		const crypto = await make()
		const key = await seedToSigningKey(crypto, hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))
		expect(bytesToHex(key.publicKey)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
		expect(key.stored.form).toBe(by === 'webcrypto' ? 'handle' : 'seed')
		if (key.stored.form === 'handle') expect(key.stored.handle.extractable).toBe(false)
	})

	it('restores what it stored', async () => {
		const crypto = await make()
		const key = await generateSigningKey(crypto)
		const again = await restoreSigningKey(crypto, structuredClone(key.stored))
		const signature = await again.sign('ev', body)
		const claim = claimOver(crypto.hash, 'ev', { key: key.publicKey, body, signature })
		expect(await crypto.verify([claim])).toEqual([true])
	})

	it('names the key of an entry signature by its hash', async () => {
		const crypto = await make()
		const key = await generateSigningKey(crypto)
		const entry = await signEntry(crypto, key, { kind: 'device', purpose: 'log', body })
		expect(entry.kind).toBe('device')
		expect(bytesToHex(entry.keyHash)).toBe(bytesToHex(nodeHash(key.publicKey).slice(0, 16)))
	})

	it('refuses a seed of another length', async () => {
		await expect(seedToSigningKey(await make(), new Uint8Array(31))).rejects.toThrow(RangeError)
	})
})

it('a store without handles gets seeds that sign by WebCrypto all the same', async () => {
	const crypto = await createCrypto({ random: seededRandom('seeds'), keyForm: 'seed' })
	const key = await generateSigningKey(crypto)
	expect([crypto.ed25519.by, key.stored.form]).toEqual(['webcrypto', 'seed'])
	const signature = await key.sign('dev', utf8ToBytes('x'))
	const claim = claimOver(crypto.hash, 'dev', { key: key.publicKey, body: utf8ToBytes('x'), signature })
	expect(await nodeVerify([claim])).toEqual([true])
})

it('a handle cannot be used where WebCrypto is switched off', async () => {
	const key = await generateSigningKey(await createCrypto({ random: seededRandom('handle') }))
	const off = await createCrypto({ random: seededRandom('off'), webCryptoEd25519: 'off' })
	await expect(restoreSigningKey(off, key.stored)).rejects.toThrow('WebCrypto')
})
