import { describe, expect, it } from 'vitest'
import { openLinkBox, sealLinkBox } from '#crypto/boxes.ts'
import { commitOf, deriveEpochKeys, newEpochKey } from '#crypto/epoch.ts'
import { deriveLinkKeys } from '#crypto/link-keys.ts'
import { createCrypto } from '#crypto/suite.ts'
import { openTitle, sealTitle } from '#crypto/title-seal.ts'
import { systemRandom } from '#platform/system-ports.ts'
import { bytesToHex } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { ROOM_NAME_MAX, ROOM_TOPIC_MAX } from '#protocol/limits.ts'
import { titlePlaintext } from '#protocol/title.ts'
import { bytesOf } from '../../support/log-actors.ts'

const crypto = await createCrypto({ random: systemRandom, keyForm: 'seed' })
const key = newEpochKey(crypto, { conversation: bytesOf('room', 16), n: 3 })

describe('titles', () => {
	const title = { name: 'Hikers', topic: 'On Sundays', picture: null }

	it('[CNV34] a name or topic that is too long is no title', () => {
		const long = (name: number, topic: number) => () =>
			encode(titlePlaintext, { ...title, name: 'n'.repeat(name), topic: 't'.repeat(topic) })
		expect(long(4 * ROOM_NAME_MAX, 4 * ROOM_TOPIC_MAX)).not.toThrow()
		expect(long(4 * ROOM_NAME_MAX + 1, 0)).toThrow()
		expect(long(0, 4 * ROOM_TOPIC_MAX + 1)).toThrow()
	})

	it('[CNV34] a title is version, name, topic and picture', () => {
		const bytes = encode(titlePlaintext, { ...title, picture: bytesOf('picture') })
		const text = (value: string) => `${value.length.toString(16).padStart(8, '0')}${Buffer.from(value).toString('hex')}`
		expect(bytesToHex(bytes)).toBe(`01${text('Hikers')}${text('On Sundays')}01${bytesToHex(bytesOf('picture'))}`)
	})

	it('[CNV34] opens under its epoch, for its author, and for nobody else', async () => {
		const epoch = deriveEpochKeys(key)
		const author = bytesOf('alice')
		const sealed = await sealTitle(crypto, epoch, { author, title })
		expect(await openTitle(crypto, epoch, { ...sealed, author })).toEqual(title)
		expect(await openTitle(crypto, epoch, { ...sealed, author: bytesOf('bob') })).toBeNull()
		const other = deriveEpochKeys({ ...key, secret: crypto.random(32) })
		expect(await openTitle(crypto, other, { ...sealed, author })).toBeNull()
	})
})

describe('links', () => {
	it('[LNK2] the keys of a link follow from its secret, and its box opens to them alone', async () => {
		const [keys, again, other] = await Promise.all(
			['one', 'one', 'two'].map((name) => deriveLinkKeys(crypto, bytesOf(name))),
		)
		expect(again!.id).toEqual(keys!.id)
		expect(again!.kem.publicKey).toEqual(keys!.kem.publicKey)
		expect(other!.id).not.toEqual(keys!.id)
		const box = await sealLinkBox(crypto, { link: keys!.id, publicKey: keys!.kem.publicKey }, key)
		const boxed = { conversation: key.conversation, n: 3, commit: commitOf(crypto, key), box }
		const open = (link: typeof keys) => openLinkBox(crypto, { link: link!.id, seed: link!.kem.seed }, boxed)
		expect(await open(keys)).toEqual({ ok: true, value: key })
		expect((await open(other)).ok).toBe(false)
	})
})
