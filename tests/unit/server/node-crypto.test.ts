import { describe, expect, it } from 'vitest'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { ed25519Signer, labelledHmac, nodeHash, nodeVerify } from '#server/node-crypto.ts'
import { runEd25519Vectors, type Ed25519Vector } from '#tests/support/ed25519-vectors.ts'
import { bytesOf } from '#tests/support/log-actors.ts'
import vectors from '#tests/vectors/ed25519.json' with { type: 'json' }

describe('the server’s own crypto', () => {
	it('[SIG3] gives the one verdict on every Ed25519 vector', async () => {
		expect(await runEd25519Vectors(nodeVerify, vectors as readonly Ed25519Vector[])).toEqual([])
	})

	it('signs what it verifies, with the key that follows from the seed', async () => {
		const signer = ed25519Signer(bytesOf('seed', 32))
		const message = utf8ToBytes('message')
		const claim = { key: signer.publicKey, message, signature: signer.sign(message) }
		expect(await nodeVerify([claim, { ...claim, message: utf8ToBytes('other') }])).toEqual([true, false])
		expect(ed25519Signer(bytesOf('seed', 32)).publicKey).toEqual(signer.publicKey)
	})

	it('never throws for keys and signatures that are none', async () => {
		const message = utf8ToBytes('message')
		const claims = [
			{ key: bytesOf('short', 31), message, signature: bytesOf('s', 64) },
			{ key: new Uint8Array(32).fill(2), message, signature: bytesOf('s', 64) },
			{ key: bytesOf('key', 32), message, signature: bytesOf('s', 63) },
		]
		expect(await nodeVerify(claims)).toEqual([false, false, false])
	})

	it('keeps labels of an HMAC apart', () => {
		const hmac = labelledHmac(bytesOf('key', 32))
		expect(hmac('a', utf8ToBytes('bc'))).not.toEqual(hmac('ab', utf8ToBytes('c')))
		expect(hmac('a', utf8ToBytes('bc'))).toEqual(hmac('a', utf8ToBytes('bc')))
		expect(nodeHash(utf8ToBytes('abc')).slice(0, 4)).toEqual(new Uint8Array([0xba, 0x78, 0x16, 0xbf]))
	})
})
