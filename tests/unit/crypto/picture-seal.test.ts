import { describe, expect, test } from 'vitest'
import { openPicture, pictureName, sealPicture } from '#crypto/picture-seal.ts'
import { createCrypto } from '#crypto/suite.ts'
import { systemRandom } from '#platform/system-ports.ts'
import { bytesToHex } from '#protocol/bytes.ts'
import { PICTURE_MAX } from '#protocol/limits.ts'
import { sealedPictureMax } from '#protocol/picture.ts'
import { bytesOf } from '../../support/log-actors.ts'

const crypto = await createCrypto({ random: systemRandom, keyForm: 'seed' })
const conversation = bytesOf('room', 16)
const image = new TextEncoder().encode('not really a picture')

describe('the picture of a group', () => {
	test('[PIC1] is an image of at most 48 KiB, and never twice the same bytes', async () => {
		const one = await sealPicture(crypto, conversation, image)
		const other = await sealPicture(crypto, conversation, image)
		expect(bytesToHex(one.hash)).not.toBe(bytesToHex(other.hash))
		expect(bytesToHex(one.sealed)).not.toBe(bytesToHex(other.sealed))
		const largest = await sealPicture(crypto, conversation, new Uint8Array(PICTURE_MAX))
		expect(largest.sealed.length).toBe(sealedPictureMax)
		await expect(sealPicture(crypto, conversation, new Uint8Array(PICTURE_MAX + 1))).rejects.toThrow(RangeError)
		await expect(sealPicture(crypto, conversation, new Uint8Array(0))).rejects.toThrow(RangeError)
	})

	test('[PIC2] opens by its hash in its conversation, and neither by another’s nor elsewhere', async () => {
		const one = await sealPicture(crypto, conversation, image)
		expect(await openPicture(crypto, conversation, one)).toEqual(image)
		const other = await sealPicture(crypto, conversation, image)
		expect(await openPicture(crypto, conversation, { ...one, hash: other.hash })).toBeNull()
		expect(await openPicture(crypto, bytesOf('elsewhere', 16), one)).toBeNull()
		const damaged = Uint8Array.from(one.sealed, (byte, at) => (at === 40 ? byte ^ 1 : byte))
		expect(await openPicture(crypto, conversation, { ...one, sealed: damaged })).toBeNull()
		expect(await openPicture(crypto, conversation, { ...one, sealed: new Uint8Array(3) })).toBeNull()
	})

	test('[PIC2] its name at the server is another value than its hash', () => {
		const hash = bytesOf('hash')
		const name = pictureName(hash)
		expect(name.length).toBe(16)
		expect(bytesToHex(pictureName(hash))).toBe(bytesToHex(name))
		expect(bytesToHex(hash)).not.toContain(bytesToHex(name))
		expect(bytesToHex(pictureName(bytesOf('another')))).not.toBe(bytesToHex(name))
	})
})
