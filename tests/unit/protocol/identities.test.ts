import { describe, expect, test } from 'vitest'
import { concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import {
	conversationIdOf,
	deviceIdOf,
	dmIdOf,
	idHashOf,
	idToText,
	keyHash16,
	linkIdOf,
	noticeIdOf,
	notesIdOf,
	serverIdOf,
	textToId,
	userId,
} from '#protocol/ids.ts'
import { aadTags, hashTags, keyTags, purposes, signingMessage, tagged, taggedHash } from '#protocol/tags.ts'
import { nodeHash, nodeVerify } from '../../support/crypto-ports.ts'
import { actor, bytesOf } from '../../support/log-actors.ts'

const tagOf = (tag: string, ...parts: Bytes[]) => nodeHash(concatBytes(utf8ToBytes(tag), ...parts))

describe('tags', () => {
	const tags: readonly string[] = [hashTags, keyTags, aadTags].flatMap((group) => Object.values(group))

	test('[HASH1] no tag is the beginning of another, none is used twice', () => {
		for (const tag of tags) expect(tags.filter((other) => other.startsWith(tag))).toEqual([tag])
	})

	test('[HASH1] a tagged hash is SHA-256 over tag and parts', () => {
		expect(taggedHash(nodeHash, 'kith/h/1', bytesOf('a'), bytesOf('b'))).toEqual(
			tagOf('kith/h/1', bytesOf('a'), bytesOf('b')),
		)
		expect(tagged('kith/box/1', bytesOf('a'))).toEqual(concatBytes(utf8ToBytes('kith/box/1'), bytesOf('a')))
	})
})

describe('identities', () => {
	const key = actor('anyone').signingKey

	test('[HASH2] an account is the hash of its create body, a user the first half of that', () => {
		expect(idHashOf(nodeHash, key)).toEqual(tagOf('kith/acct/1', key))
		expect(userId(bytesOf('x'))).toEqual(bytesOf('x').slice(0, 16))
	})

	test('[HASH3] devices, links and servers are hashes of their keys', () => {
		expect(deviceIdOf(nodeHash, key)).toEqual(tagOf('kith/device/1', key).slice(0, 16))
		expect(linkIdOf(nodeHash, key)).toEqual(tagOf('kith/link/1', key).slice(0, 16))
		expect(serverIdOf(nodeHash, key)).toEqual(tagOf('kith/server/1', key))
	})

	test('[HASH4] only bodies, ciphertexts, boxes and keys are hashed without a tag', () => {
		expect(keyHash16(nodeHash, key)).toEqual(nodeHash(key).slice(0, 16))
	})

	test('[HASH5] an id in text is base64url of its bytes, in one spelling', () => {
		const text = idToText(bytesOf('x', 16))
		expect(textToId('device', text)).toEqual(bytesOf('x', 16))
		expect(textToId('account', text)).toBeNull()
		expect(textToId('device', `${text}=`)).toBeNull()
		expect(textToId('device', 'AAAAAAAAAAAAAAAAAAAAAB')).toBeNull()
	})

	test('[CNV1] two people have one direct conversation, whoever is named first', () => {
		const [a, b] = [bytesOf('a'), bytesOf('b')]
		const [lower, higher] = Buffer.compare(a, b) < 0 ? [a, b] : [b, a]
		expect(dmIdOf(nodeHash, a, b)).toEqual(tagOf('kith/dm/1', lower, higher).slice(0, 16))
		expect(dmIdOf(nodeHash, b, a)).toEqual(dmIdOf(nodeHash, a, b))
	})

	test('[CNV1] notes, notices and groups have ids of their own', () => {
		const [a, b] = [bytesOf('a'), bytesOf('b')]
		expect(notesIdOf(nodeHash, a)).toEqual(tagOf('kith/notes/1', a).slice(0, 16))
		expect(noticeIdOf(nodeHash, a, b)).toEqual(tagOf('kith/notice/1', a, b).slice(0, 16))
		expect(noticeIdOf(nodeHash, b, a)).not.toEqual(noticeIdOf(nodeHash, a, b))
		expect(conversationIdOf(nodeHash, key)).toEqual(tagOf('kith/conv/1', key).slice(0, 16))
	})
})

describe('signatures', () => {
	test('[SIG1] a signature is over purpose, zero byte and the hash of a body', () => {
		const bodyHash = nodeHash(bytesOf('body'))
		expect(signingMessage('acct', bodyHash)).toEqual(concatBytes(utf8ToBytes('kith/acct/1\0'), bodyHash))
		expect(() => signingMessage('acct', bytesOf('short', 31))).toThrow(RangeError)
	})

	test('[SIG2] what was signed for one purpose verifies for no other', async () => {
		const signer = actor('anyone')
		const body = bytesOf('body')
		const signature = signer.sign('log', body)
		const verdicts = await nodeVerify(
			purposes.map((purpose) => ({
				key: signer.signingKey,
				message: signingMessage(purpose, nodeHash(body)),
				signature,
			})),
		)
		expect(purposes.filter((_, i) => verdicts[i])).toEqual(['log'])
	})
})
