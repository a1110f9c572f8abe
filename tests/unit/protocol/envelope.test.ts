import { describe, expect, test } from 'vitest'
import { bytesToHex, concatBytes, utf8ToBytes } from '#protocol/bytes.ts'
import {
	clientIdOf,
	decodeItem,
	encodeHead,
	encodeItem,
	eventAad,
	eventHash,
	eventIdOf,
	itemKey,
	mayReplace,
	placeMessage,
	toSkeleton,
	type Head,
	type Item,
} from '#protocol/envelope.ts'
import { nodeHash, nodeVerifyOne } from '#tests/support/crypto-ports.ts'
import { authorOf, convId, ctHashOf, eventOf, headOf, pageGuid } from '#tests/support/events.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

const alice = authorOf('Alice')
const targets = [bytesOf('a', 16), bytesOf('b', 16), bytesOf('c', 16)].sort(Buffer.compare)
const { item, row, eventId } = eventOf({ by: alice })

const evHashOf = (one: Item) =>
	eventHash(nodeHash, { convId, idHash: alice.idHash, head: encodeHead(one.head), ctHash: ctHashOf(one) })

describe('layout', () => {
	test('[EV1] an item is form, head, ciphertext, place and signature', () => {
		const { head, ct, place, signature } = item
		const expected = concatBytes(
			Uint8Array.of(0, 1, 1, 0),
			head.deviceId,
			Uint8Array.of(0, 0, 0, 1),
			Buffer.from(head.hlc.toString(16).padStart(16, '0'), 'hex'),
			head.nonce,
			Uint8Array.of(0, 0, 0, ct.length),
			ct,
			Uint8Array.of(0, 7, 0, 0, 0, 0, 0, 0, 0, 1),
			place.logHash,
			signature,
		)
		expect(bytesToHex(encodeItem(item))).toBe(bytesToHex(expected))
	})

	test('[EV1] targets and expiry stand at the end of the head, in that order', () => {
		const redact = encodeHead(headOf(alice, { kind: 'redact', targets: targets.slice(0, 2) }))
		expect([redact[1], redact[2]]).toEqual([3, 2])
		expect(bytesToHex(redact.slice(-34))).toBe(`0002${targets.slice(0, 2).map(bytesToHex).join('')}`)
		const expiring = encodeHead(headOf(alice, { expiresAt: 258 }))
		expect([expiring[1], expiring[2]]).toEqual([1, 1])
		expect(bytesToHex(expiring.slice(-8))).toBe('0000000000000102')
	})

	test('[EV2] only a redact has targets, and it never expires', () => {
		const wrong: Partial<Head>[] = [
			{ kind: 'redact' },
			{ kind: 'redact', targets, expiresAt: 1 },
			{ kind: 'redact', targets: targets.toReversed() },
			{ kind: 'redact', targets: [targets[0]!, targets[0]!] },
			{ kind: 'post', targets },
			{ kind: 'annotate', targets },
		]
		for (const head of wrong) expect(() => encodeHead(headOf(alice, head))).toThrow(RangeError)
	})

	test('[EV2] 256 targets are read, 257 and 0 are not', () => {
		const many = Array.from({ length: 256 }, (_, i) => Uint8Array.from([i, ...bytesOf('t', 15)]))
		const { row: full } = eventOf({ by: alice, head: { kind: 'redact', targets: many } })
		expect(decodeItem(full.content).ok).toBe(true)
		const countAt = 1 + 3 + 16 + 4 + 8 + 12
		for (const count of [0, 257]) {
			const bytes = full.content.slice()
			new DataView(bytes.buffer).setUint16(countAt, count)
			expect(decodeItem(bytes)).toMatchObject({ ok: false, error: { type: 'malformed' } })
		}
	})

	test('[EV3] a ciphertext has at least its tag', () => {
		expect(() => encodeItem({ ...item, ct: new Uint8Array(15) })).toThrow(RangeError)
		expect(decodeItem(encodeItem({ ...item, ct: new Uint8Array(16) })).ok).toBe(true)
	})

	test('[EV4] unknown version, kind and flag are told from damage', () => {
		const at = (index: number, value: number) => {
			const bytes = row.content.slice()
			bytes[index] = value
			return decodeItem(bytes)
		}
		expect(at(1, 2)).toEqual({ ok: false, error: { type: 'unknown', what: 'version' } })
		expect(at(2, 4)).toEqual({ ok: false, error: { type: 'unknown', what: 'kind' } })
		expect(at(3, 4)).toEqual({ ok: false, error: { type: 'unknown', what: 'flag' } })
		expect(at(0, 2)).toMatchObject({ error: { type: 'malformed' } })
		expect(decodeItem(new Uint8Array(0))).toMatchObject({ error: { type: 'malformed' } })
	})

	test('[EV5] what ends early or has bytes left over is refused at every length', () => {
		for (let length = 0; length < row.content.length; length++) {
			expect(decodeItem(row.content.slice(0, length)).ok).toBe(false)
		}
		expect(decodeItem(concatBytes(row.content, Uint8Array.of(0))).ok).toBe(false)
		expect(decodeItem(row.content)).toEqual({ ok: true, value: item })
	})
})

describe('ids', () => {
	test('[EV6] evHash is SHA-256 over tag, conversation, account, head and the hash of the ciphertext', () => {
		const expected = nodeHash(
			concatBytes(utf8ToBytes('kith/ev/1'), convId, alice.idHash, encodeHead(item.head), nodeHash(item.ct)),
		)
		expect(evHashOf(item)).toEqual(expected)
		expect(eventIdOf(expected)).toEqual(expected.slice(0, 16))
		expect(eventId).toEqual(expected.slice(0, 16))
	})

	test('[EV6][EV11] the eventId is the same wherever the event is placed', () => {
		const elsewhere = eventOf({ by: alice, guid: pageGuid(3), place: { incarnation: 9, clock: 4, logSeq: 2 } })
		expect(elsewhere.eventId).toEqual(eventId)
		expect(elsewhere.item.signature).not.toEqual(item.signature)
	})

	test('[EV6] another account, conversation, head or ciphertext is another event', () => {
		const base = { convId, idHash: alice.idHash, head: encodeHead(item.head), ctHash: ctHashOf(item) }
		const others = [
			{ ...base, convId: bytesOf('other', 16) },
			{ ...base, idHash: bytesOf('other') },
			{ ...base, head: encodeHead(headOf(alice, { epoch: 2 })) },
			{ ...base, ctHash: bytesOf('other') },
		]
		for (const other of others) expect(eventHash(nodeHash, other)).not.toEqual(eventHash(nodeHash, base))
	})

	test('[EV7] the device signs evHash, page name and place', () => {
		const claim = (guid: string, clock: number) => ({
			key: alice.device.signingKey,
			signature: item.signature,
			message: placeMessage(nodeHash, { guid, place: { ...item.place, clock }, evHash: evHashOf(item) }),
		})
		expect(nodeVerifyOne(claim(pageGuid(0), 0))).toBe(true)
		expect(nodeVerifyOne(claim(pageGuid(1), 0))).toBe(false)
		expect(nodeVerifyOne(claim(pageGuid(0), 1))).toBe(false)
	})

	test('[EV8] the clientID is the first 53 bits over device, page and incarnation', () => {
		const stream = { deviceId: alice.device.deviceId, guid: pageGuid(2), incarnation: 258 }
		const digest = nodeHash(
			concatBytes(
				utf8ToBytes('kith/cid/1'),
				stream.deviceId,
				Uint8Array.of(pageGuid(2).length),
				utf8ToBytes(pageGuid(2)),
				Uint8Array.of(1, 2),
			),
		)
		const expected = Number(Buffer.from(digest).readBigUInt64BE(0) >> 11n)
		expect(clientIdOf(nodeHash, stream)).toBe(expected)
		expect(Number.isSafeInteger(expected)).toBe(true)
		expect(clientIdOf(nodeHash, { ...stream, incarnation: 259 })).not.toBe(expected)
	})

	test('[EV9] the key is clientID and clock in base 36, exact at the largest', () => {
		expect(itemKey(0, 0)).toBe('0.0')
		expect(itemKey(35, 36)).toBe('z.10')
		const largest = Number.MAX_SAFE_INTEGER
		for (const value of [36 ** 5 - 1, 36 ** 5, 36 ** 6 + 7, 2 ** 31, 2 ** 40 + 12_345, largest])
			expect(itemKey(value, value)).toBe(`${value.toString(36)}.${value.toString(36)}`)
		expect(BigInt(Number.parseInt(itemKey(largest, 2 ** 32 - 1).split('.')[0]!, 36))).toBe(BigInt(largest))
	})

	test('[EV10] the AAD binds conversation, account and head', () => {
		const head = encodeHead(item.head)
		expect(eventAad(convId, alice.idHash, head)).toEqual(
			concatBytes(utf8ToBytes('kith/evaad/1'), convId, alice.idHash, head),
		)
	})
})

describe('skeletons', () => {
	const skeleton = toSkeleton(nodeHash, item, { why: 'redacted', by: targets[0]! })

	test('[DEL1] a skeleton is the same event at the same place under the same signature', () => {
		expect(decodeItem(encodeItem(skeleton))).toEqual({ ok: true, value: skeleton })
		expect(evHashOf(skeleton)).toEqual(evHashOf(item))
		expect({ ...skeleton.place, ...skeleton.head }).toEqual({ ...item.place, ...item.head })
		expect(skeleton.signature).toEqual(item.signature)
		expect(bytesToHex(encodeItem(skeleton))).not.toContain(bytesToHex(item.ct))
	})

	test('[DEL2] only a redacted skeleton names a redact', () => {
		for (const why of ['expired', 'duplicate', 'removed'] as const) {
			expect(encodeItem(toSkeleton(nodeHash, skeleton, { why })).length).toBe(encodeItem(skeleton).length)
			expect(() => encodeItem({ ...skeleton, why })).toThrow(RangeError)
		}
	})

	test('[DEL2] an unknown reason is malformed', () => {
		const bytes = encodeItem(skeleton)
		const whyAt = bytes.length - 64 - 26 - 16 - 1
		expect(bytes[whyAt]).toBe(1)
		for (const why of [0, 5]) {
			bytes[whyAt] = why
			expect(decodeItem(bytes)).toMatchObject({ error: { type: 'malformed' } })
		}
	})

	test('[DEL3] a full row takes the place of a skeleton unless the text is gone by what is known here', () => {
		expect(mayReplace(skeleton, item, false)).toBe(true)
		expect(mayReplace(skeleton, item, true)).toBe(false)
		expect(mayReplace(item, skeleton, false)).toBe(false)
		expect(mayReplace(item, item, false)).toBe(false)
		expect(mayReplace(skeleton, skeleton, false)).toBe(false)
	})
})
