import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAccountBody, encodeAccountBody, type AccountBody } from '#protocol/account-log.ts'
import { copyBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decodeConversationBody, encodeConversationBody, type ConversationBody } from '#protocol/conversation-log.ts'
import { guidOf, parseGuid } from '#protocol/guid.ts'
import { decodeLinkFragment, encodeLinkFragment, type LinkFragment } from '#protocol/link.ts'
import { samples } from '../support/object-samples.ts'

const exactly = (length: number) =>
	fc.uint8Array({ minLength: length, maxLength: length }).map((bytes): Bytes => copyBytes(bytes))
const u32 = fc.nat(0xffffffff)
const time = fc.maxSafeNat()
const byBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b)

/** A set as a codec wants it: no key twice, ascending. */
function setOf<T>(item: fc.Arbitrary<T>, key: (item: T) => Bytes) {
	return fc
		.uniqueArray(item, { maxLength: 8, comparator: (a, b) => equalBytes(key(a), key(b)) })
		.map((items) => [...items].sort((a, b) => byBytes(key(a), key(b))))
}

const id = (item: { idHash: Bytes }) => item.idHash
const vk = fc.record({ gen: u32, commit: exactly(32) })
const rekey = fc.record({ g: u32, akHash: exactly(32), vk })
const head = fc.record({ seq: u32, hash: exactly(32) })
const accountHeader = { seq: u32, previous: exactly(32), time }
const proposal = fc.option(u32)
const method = fc.record({
	kind: fc.constantFrom('password' as const, 'passkey' as const, 'recovery' as const),
	signingKey: exactly(32),
	kemHash: exactly(32),
})
const kindByte = { password: 1, passkey: 2, recovery: 3 }
const methods = setOf(method, ({ kind, signingKey }) => copyBytes([kindByte[kind], ...signingKey] as never))
const devices = setOf(exactly(16), (device) => device)

const accountBody: fc.Arbitrary<AccountBody> = fc.oneof(
	fc.record({
		type: fc.constant('create' as const),
		...accountHeader,
		akHash: exactly(32),
		methods,
		device: fc.record({ signingKey: exactly(32), kemHash: exactly(32) }),
		vk,
		random: exactly(16),
	}),
	fc.record({
		type: fc.constant('setMethods' as const),
		...accountHeader,
		action: fc.record({
			methods,
			keys: fc.oneof(
				fc.constant({ renew: 'nothing' as const }),
				vk.map((vk) => ({ renew: 'vault' as const, vk })),
				rekey.map((rekey) => ({ renew: 'all' as const, ...rekey })),
			),
		}),
		proposal,
	}),
	fc.record({
		type: fc.constant('revokeDevice' as const),
		...accountHeader,
		action: fc.record({ devices, rekey }),
		proposal,
	}),
	fc.record({
		type: fc.constant('resolveFork' as const),
		...accountHeader,
		dropped: fc.array(head, { maxLength: 16 }),
	}),
)

const role = fc.constantFrom('owner' as const, 'admin' as const, 'member' as const, 'reader' as const)
const members = setOf(fc.record({ idHash: exactly(32), role }), id)
const acc = setOf(fc.record({ idHash: exactly(32), seq: u32, hash16: exactly(16), g: u32 }), id)
const author = { time, author: exactly(32), device: exactly(16) }
const sealed = fc.record({ nonce: exactly(12), ct: exactly(48) })
const epoch = fc.record({
	n: u32,
	commit: exactly(32),
	boxesRoot: exactly(32),
	back: fc.option(fc.record({ m: u32, sealed })),
})

const conversationBody: fc.Arbitrary<ConversationBody> = fc.oneof(
	fc.record({ type: fc.constant('rotate' as const), base: u32, baseHash: exactly(32), ...author, epoch, acc }),
	fc.record({
		type: fc.constant('role' as const),
		seq: u32,
		previous: exactly(32),
		...author,
		members,
		cut: fc.option(exactly(32)),
	}),
	fc.record({
		type: fc.constant('title' as const),
		base: u32,
		baseHash: exactly(32),
		...author,
		n: u32,
		nonce: exactly(12),
		ct: fc.uint8Array({ maxLength: 64 }).map((bytes): Bytes => copyBytes(bytes)),
	}),
)

const shortHead = fc.record({ seq: u32, hash16: exactly(16) })
const link: fc.Arbitrary<LinkFragment> = fc.oneof(
	fc.record({
		type: fc.constant('friend' as const),
		server: exactly(32),
		idHash: exactly(32),
		head: shortHead,
		invite: fc.option(exactly(32)),
	}),
	fc.record({
		type: fc.constant('room' as const),
		server: exactly(32),
		conversation: exactly(16),
		head: shortHead,
		secret: exactly(32),
	}),
)

describe('[ENC6] decoding undoes encoding', () => {
	test('account bodies', () => {
		fc.assert(
			fc.property(accountBody, (body) => {
				expect(decodeAccountBody(encodeAccountBody(body))).toEqual({ ok: true, value: body })
			}),
		)
	})

	test('conversation bodies', () => {
		fc.assert(
			fc.property(conversationBody, (body) => {
				expect(decodeConversationBody(encodeConversationBody(body))).toEqual({ ok: true, value: body })
			}),
		)
	})

	test('links', () => {
		fc.assert(
			fc.property(link, (fragment) => {
				expect(decodeLinkFragment(encodeLinkFragment(fragment))).toEqual(fragment)
			}),
		)
	})
})

describe('[ENC6] changed bytes are refused, or are another value with that one spelling', () => {
	const decodable = samples.filter(({ recode }) => recode !== undefined)

	test('any one byte of any object', () => {
		fc.assert(
			fc.property(fc.constantFrom(...decodable), fc.nat(), fc.integer({ min: 1, max: 255 }), (sample, at, change) => {
				const bytes = sample.bytes.slice()
				bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ change
				const again = sample.recode?.(bytes)
				expect(again?.ok === false || (again?.ok && equalBytes(again.value, bytes))).toBe(true)
			}),
			{ numRuns: 2000 },
		)
	})

	test('any bytes at all do not throw', () => {
		fc.assert(
			fc.property(fc.constantFrom(...decodable), fc.uint8Array({ maxLength: 300 }), (sample, noise) => {
				expect(() => sample.recode?.(copyBytes(noise))).not.toThrow()
			}),
			{ numRuns: 2000 },
		)
	})
})

describe('[PAGE1] a guid has one spelling', () => {
	test('parsing undoes naming', () => {
		fc.assert(
			fc.property(exactly(16), u32, fc.nat(16), (conversation, page, part) => {
				const address = { conversation, page, part }
				expect(parseGuid(guidOf(address))).toEqual(address)
			}),
		)
	})

	test('what parses is spelled as it would be named', () => {
		const near = fc.stringMatching(/^c\/[A-Za-z0-9_-]{21,23}\/[0-9]{1,11}(\.[0-9]{0,3})?$/)
		fc.assert(
			fc.property(near, (text) => {
				const address = parseGuid(text)
				expect(address === null || guidOf(address) === text).toBe(true)
			}),
		)
	})
})
