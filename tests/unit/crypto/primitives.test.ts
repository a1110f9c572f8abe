import { describe, expect, it } from 'vitest'
import { aeadOpen, aeadSeal } from '#crypto/aead.ts'
import { inBatches } from '#crypto/batches.ts'
import { equalSecret, hash, hmacSha256 } from '#crypto/hash.ts'
import { createExpander, hkdfExpand, hkdfExtract } from '#crypto/hkdf.ts'
import { bytesToHex, concatBytes, utf8ToBytes } from '#protocol/bytes.ts'
import { nodeHash } from '#tests/support/crypto-ports.ts'
import { hex } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

describe('SHA-256 and HMAC', () => {
	it('agree with FIPS 180-4 and RFC 4231', () => {
		expect(bytesToHex(hash(utf8ToBytes('abc')))).toBe(
			'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
		)
		// RFC 4231 §4.3
		expect(bytesToHex(hmacSha256(utf8ToBytes('Jefe'), utf8ToBytes('what do ya want for nothing?')))).toBe(
			'5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
		)
	})

	it('agree with node:crypto on every length around a block', () => {
		const random = seededRandom('hash')
		for (let length = 0; length < 130; length++) {
			const message = random(length)
			expect(bytesToHex(hash(message))).toBe(bytesToHex(nodeHash(message)))
		}
	})

	it('compares secrets by value and length', () => {
		expect(equalSecret(hex('0102'), hex('0102'))).toBe(true)
		expect(equalSecret(hex('0102'), hex('0103'))).toBe(false)
		expect(equalSecret(hex('0102'), hex('010200'))).toBe(false)
		expect(equalSecret(hex(''), hex(''))).toBe(true)
	})
})

describe('HKDF', () => {
	/** RFC 5869 A.1 */
	const prk = hkdfExtract(hex('000102030405060708090a0b0c'), hex('0b'.repeat(22)))
	const info = hex('f0f1f2f3f4f5f6f7f8f9')

	it('agrees with RFC 5869 A.1', () => {
		expect(bytesToHex(prk)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5')
		expect(bytesToHex(hkdfExpand(prk, info, 42))).toBe(
			'3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
		)
	})

	it('expands the same by the kept HMAC, as often as one likes', () => {
		const expand = createExpander(prk)
		for (const use of ['a', 'b', 'a']) {
			expect(bytesToHex(expand(utf8ToBytes(use)))).toBe(bytesToHex(hkdfExpand(prk, utf8ToBytes(use))))
		}
	})
})

describe('AES-256-GCM', () => {
	/** Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation" */
	const key = hex('feffe9928665731c6d6a8f9467308308'.repeat(2))
	const nonce = hex('cafebabefacedbaddecaf888')
	const aad = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2')
	const plaintext = hex(
		'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
	)
	const ciphertext = hex(
		'522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
	)
	const { subtle } = crypto

	it('agrees with test case 16', async () => {
		expect(bytesToHex(await aeadSeal(subtle, key, { nonce, aad, plaintext }))).toBe(bytesToHex(ciphertext))
		expect(bytesToHex((await aeadOpen(subtle, key, { nonce, aad, ciphertext })) ?? hex(''))).toBe(bytesToHex(plaintext))
	})

	it('opens nothing where a bit of key, nonce, AAD or ciphertext differs, or the tag is cut', async () => {
		const flip = (bytes: Uint8Array) => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)) as typeof key
		const good = { nonce, aad, ciphertext }
		expect(await aeadOpen(subtle, flip(key), good)).toBeNull()
		for (const field of ['nonce', 'aad', 'ciphertext'] as const) {
			expect(await aeadOpen(subtle, key, { ...good, [field]: flip(good[field]) })).toBeNull()
		}
		expect(await aeadOpen(subtle, key, { ...good, ciphertext: ciphertext.slice(0, 15) })).toBeNull()
		expect(await aeadOpen(subtle, key, { ...good, ciphertext: concatBytes(ciphertext, hex('00')) })).toBeNull()
	})

	it('refuses a key of another length, which would silently be AES-128', async () => {
		await expect(aeadSeal(subtle, key.slice(0, 16), { nonce, aad, plaintext })).rejects.toThrow(RangeError)
	})
})

it('works in batches of 64, in order', async () => {
	let running = 0
	let most = 0
	const results = await inBatches(
		Array.from({ length: 200 }, (_, i) => i),
		async (item) => {
			most = Math.max(most, ++running)
			await Promise.resolve()
			running--
			return item * 2
		},
	)
	expect(results).toEqual(Array.from({ length: 200 }, (_, i) => i * 2))
	expect(most).toBe(64)
})
