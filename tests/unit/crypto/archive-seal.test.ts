import { expect, test } from 'vitest'
import {
	archiveHeaderLength,
	archiveSealer,
	newArchivePrefix,
	readArchivePrefix,
	type ArchivePlace,
} from '#crypto/archive-seal.ts'
import { stretchPassphrase } from '#crypto/stretch.ts'
import { utf8ToBytes } from '#protocol/bytes.ts'
import { testCrypto } from '#tests/support/export-crypto.ts'

const stretching = { iterations: 1, memory: 8, parallelism: 1 }

async function sealerFor(passphrase: string) {
	const crypto = await testCrypto()
	const prefix = newArchivePrefix(crypto, 1)
	const again = async (words: string) =>
		archiveSealer(crypto, prefix, stretchPassphrase({ passphrase: words, salt: prefix.salt, stretching }))
	return { sealer: await again(passphrase), again }
}

test('a chunk opens at its place in its archive, and nowhere else', async () => {
	const { sealer } = await sealerFor('under the old pier')
	const { sealer: other } = await sealerFor('under the old pier')
	const place: ArchivePlace = { index: 3, final: false }
	const text = utf8ToBytes('Meet at the pier')
	const sealed = await sealer.seal(place, text)
	expect(await sealer.open(place, sealed)).toEqual(text)
	expect(await sealer.open({ index: 4, final: false }, sealed)).toBe(null)
	expect(await sealer.open({ index: 3, final: true }, sealed)).toBe(null)
	expect(await other.open(place, sealed)).toBe(null)
	expect(await sealer.open(place, sealed.slice(0, 15))).toBe(null)
})

test('the header tells the passphrase from another, however it was typed', async () => {
	const { sealer, again } = await sealerFor('Söe ist da')
	expect(sealer.header).toHaveLength(archiveHeaderLength)
	expect((await again('So\u0308e ist da')).header).toEqual(sealer.header)
	expect((await again('Soe ist da')).header).not.toEqual(sealer.header)
	const prefix = readArchivePrefix(sealer.header)
	expect(prefix).toMatchObject({ stretching: 1 })
	for (const at of [0, 11, 12]) {
		const changed = sealer.header.slice()
		changed[at] = (changed[at] as number) + 1
		expect(readArchivePrefix(changed)).toBe(null)
	}
	expect(readArchivePrefix(sealer.header.slice(0, -1))).toBe(null)
})

test('a passphrase is stretched by Argon2id, as anybody would (RFC 9106)', () => {
	const salt = utf8ToBytes('somesalt00000000')
	// What OpenSSL makes of the same.
	const stretched = stretchPassphrase({ passphrase: 'password', salt, stretching })
	expect(Buffer.from(stretched).toString('hex')).toBe(
		'505294468e3c9f55b4b9c38922bf791b9e7a3af04f054645d0ccb8203a755ff0',
	)
})
