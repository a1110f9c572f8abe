/** What a hostile member, uploader or server sends in the place of events, and what comes of it. */
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { decodeItem, encodeItem, itemKey, toSkeleton } from '#protocol/envelope.ts'
import { decodeFrame, encodeFrame } from '#protocol/frames.ts'
import { judgeItem, verifyItems } from '#protocol/intrinsic.ts'
import { decodeUpdate, encodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import { decodePageMessage, encodePageMessage } from '#protocol/page-messages.ts'
import { decodePlaintext, encodePlaintext } from '#protocol/plaintext.ts'
import { VarWriter } from '#protocol/varuint.ts'
import { bodies } from '#tests/support/bodies.ts'
import { nodeHash, nodeVerify } from '#tests/support/crypto-ports.ts'
import { authorOf, candidateOf, eventOf, pageGuid, rowOf, viewOf } from '#tests/support/events.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

const alice = authorOf('Alice')
const mallory = authorOf('Mallory')
const view = viewOf({ authors: [alice, mallory] })
const first = eventOf({ by: alice })
const second = eventOf({ by: alice, place: { clock: 1 } })

/** One struct after the other under one client, written by hand as no Yjs would. */
function structs(clientId: number, clock: number, ...written: readonly ((writer: VarWriter) => void)[]): Bytes {
	const writer = new VarWriter()
	for (const value of [1, written.length, clientId, clock]) writer.uint(value)
	for (const write of written) write(writer)
	writer.uint(0)
	return writer.finish()
}

const itemUnder =
	(wish: { info?: number; root?: string; key: string; content?: (writer: VarWriter) => void }) =>
	(writer: VarWriter) => {
		writer.byte(wish.info ?? 0x23)
		writer.uint(1)
		writer.text(wish.root ?? 'e')
		writer.text(wish.key)
		if (wish.content === undefined) writer.bytes(first.row.content)
		else wish.content(writer)
	}

function read(update: Uint8Array) {
	const decoded = decodeUpdate(update)
	if (!decoded.ok) throw new Error(decoded.error.reason)
	return decoded.value
}

async function judge(row: PageItem, guid = pageGuid(0)) {
	return (await verifyItems(nodeVerify, [judgeItem(view, candidateOf(row, guid))]))[0]
}

describe('a hostile update', () => {
	const { clientId } = first.row
	const key = itemKey(clientId, 0)

	test('[PAGE2] an overwritten key hangs on an origin, and is no item', () => {
		const doc = new Y.Doc()
		Y.applyUpdate(doc, encodeUpdate([first.row]))
		doc.clientID = 77
		doc.getMap('e').set(key, Uint8Array.of(1))
		const { items, strays } = read(Y.encodeStateAsUpdate(doc))
		expect(strays).toEqual([
			{ clientId, clock: 0, reason: 'content' }, // Yjs has deleted what was overwritten
			{ clientId: 77, clock: 0, reason: 'origin' },
		])
		expect(items).toEqual([])
	})

	test('[PAGE2] a second item under somebody’s key, without origin, is no item', () => {
		const update = structs(77, 0, itemUnder({ key }))
		expect(read(update)).toMatchObject({ items: [], strays: [{ clientId: 77, clock: 0, reason: 'key' }] })
	})

	test('[PAGE4] a delete set is stepped over and deletes nothing that is passed on', () => {
		const doc = new Y.Doc()
		Y.applyUpdate(doc, encodeUpdate([first.row, second.row]))
		doc.transact(() => doc.getMap('e').delete(key))
		const { items, ignored } = read(Y.encodeStateAsUpdate(doc))
		expect(ignored).toBeGreaterThan(0)
		expect(items).toEqual([second.row])
		const target = new Y.Doc()
		Y.applyUpdate(target, encodeUpdate([first.row]))
		Y.applyUpdate(target, encodeUpdate(items))
		expect(target.getMap('e').has(key)).toBe(true)
	})

	test('[PAGE4] GC and Skip move the clock and nothing else', () => {
		for (const ref of [0, 10]) {
			const jump = (writer: VarWriter) => {
				writer.byte(ref)
				writer.uint(3)
			}
			const update = structs(clientId, 0, jump, itemUnder({ key: itemKey(clientId, 3) }))
			expect(read(update)).toMatchObject({ items: [{ clientId, clock: 3 }], strays: [], ignored: 1 })
		}
	})

	test('[PAGE3] ContentJSON, Any, String, Embed, Type and Doc under a right key are no items', () => {
		const any = (writer: VarWriter) => {
			writer.uint(1)
			writer.byte(116)
			writer.bytes(first.row.content)
		}
		const contents: readonly (readonly [number, (writer: VarWriter) => void])[] = [
			[1, (writer) => writer.uint(1)],
			[2, (writer) => (writer.uint(1), writer.text('{}'))],
			[4, (writer) => writer.text('text')],
			[5, (writer) => writer.text('{}')],
			[6, (writer) => (writer.text('bold'), writer.text('true'))],
			[7, (writer) => writer.uint(1)],
			[8, any],
			[9, (writer) => (writer.text('guid'), writer.byte(126))],
		]
		for (const [ref, content] of contents) {
			const update = structs(clientId, 0, itemUnder({ info: 0x20 | ref, key, content }))
			expect(read(update)).toMatchObject({ items: [], strays: [{ clientId, clock: 0, reason: 'content' }] })
		}
	})

	test('[PAGE3] origins, another root, no key, and info bits that Yjs does not set', () => {
		const origin = (info: number) => (writer: VarWriter) => {
			writer.byte(info)
			writer.uint(1)
			writer.uint(2)
			writer.bytes(first.row.content)
		}
		const noKey = (writer: VarWriter) => {
			writer.byte(0x03)
			writer.uint(1)
			writer.text('e')
			writer.bytes(first.row.content)
		}
		const cases: readonly (readonly [string, (writer: VarWriter) => void])[] = [
			['origin', origin(0x83)],
			['origin', origin(0x43)],
			['root', itemUnder({ root: 'f', key })],
			['root', itemUnder({ root: 'ee', key })],
			['key', itemUnder({ key: key.toUpperCase() })],
			['key', itemUnder({ key: `0${key}` })],
			['key', noKey],
		]
		for (const [reason, write] of cases) {
			const { items, strays } = read(structs(clientId, 0, write))
			expect([items.length, strays[0]?.reason]).toEqual([0, reason])
		}
	})

	test('[PAGE5] contents that Yjs does not have, endless nesting and lying lengths are malformed', () => {
		const nested = concatBytes(...Array.from({ length: 60 }, () => Uint8Array.of(117, 1)), Uint8Array.of(126))
		const deep = structs(
			1,
			0,
			itemUnder({ info: 0x28, key: '1.0', content: (writer) => (writer.uint(1), writer.raw(nested)) }),
		)
		expect(decodeUpdate(deep)).toMatchObject({ error: { reason: 'nested too deep' } })
		for (const ref of [11, 12, 31]) {
			expect(decodeUpdate(structs(1, 0, itemUnder({ info: 0x20 | ref, key: '1.0' })))).toMatchObject({ ok: false })
		}
		const lying = structs(1, 0, itemUnder({ key: '1.0', content: (writer) => writer.uint(2 ** 40) }))
		expect(decodeUpdate(lying)).toMatchObject({ ok: false })
		const many = structs(1, 0, itemUnder({ info: 0x28, key: '1.0', content: (writer) => writer.uint(2 ** 50) }))
		expect(decodeUpdate(many)).toMatchObject({ error: { reason: 'more values than bytes' } })
	})

	test('[PAGE5] clocks that run over are malformed', () => {
		const far = (writer: VarWriter) => {
			writer.byte(0)
			writer.uint(Number.MAX_SAFE_INTEGER)
		}
		expect(decodeUpdate(structs(1, 1, far))).toMatchObject({ ok: false })
	})
})

describe('a hostile member', () => {
	test('[CHK4] cannot write under another’s clientID', async () => {
		const mine = eventOf({ by: mallory })
		expect(await judge({ ...mine.row, clientId: first.row.clientId })).toMatchObject({ code: 'item-wrong-stream' })
	})

	test('[CHK13] cannot sign for another’s device', async () => {
		const { item } = eventOf({ by: { ...alice, device: { ...mallory.device, deviceId: alice.device.deviceId } } })
		expect(await judge(rowOf(item, pageGuid(0)))).toMatchObject({ code: 'item-bad-signature' })
	})

	test('[CHK3] cannot move another’s event to another clock, page, part or incarnation', async () => {
		expect(await judge({ ...first.row, clock: 1 })).toMatchObject({ code: 'item-wrong-clock' })
		const moved = { ...first.item, place: { ...first.item.place, incarnation: 8 } }
		expect(await judge(rowOf(moved, pageGuid(0)))).toMatchObject({ code: 'item-bad-signature' })
		expect(await judge(rowOf(first.item, pageGuid(1)), pageGuid(1))).toMatchObject({ code: 'item-bad-signature' })
	})

	test('[EV6] cannot put another’s ciphertext under his own name without another eventId', () => {
		const stolen = eventOf({ by: mallory, ct: first.item.ct })
		expect(stolen.eventId).not.toEqual(first.eventId)
	})

	test('[DEL2] cannot change a ciphertext’s hash in a skeleton', async () => {
		const skeleton = toSkeleton(nodeHash, first.item, { why: 'removed' })
		const forged = { ...skeleton, ctHash: nodeHash(utf8ToBytes('other')) }
		expect(await judge(rowOf(forged, pageGuid(0)))).toMatchObject({ code: 'item-bad-signature' })
	})

	test('[CHK1] cannot bring an item over 64 KiB', async () => {
		const { row } = eventOf({ by: alice, ct: new Uint8Array(65_536) })
		expect(await judge(row)).toMatchObject({ code: 'item-too-large' })
	})
})

describe('10,000 random mutations', () => {
	const items = [first.row, second.row, rowOf(toSkeleton(nodeHash, first.item, { why: 'removed' }), pageGuid(0))]
	const update = encodeUpdate(items)
	const seeds: readonly (readonly [string, Bytes, (bytes: Bytes) => unknown])[] = [
		['item', first.row.content, (bytes) => decodeItem(bytes)],
		['skeleton', items[2]!.content, (bytes) => decodeItem(bytes)],
		['update', update, (bytes) => decodeUpdate(bytes)],
		['message', encodePageMessage({ type: 'step2', items }), (bytes) => decodePageMessage(bytes)],
		[
			'state vector',
			encodePageMessage({
				type: 'step1',
				vector: new Map([
					[5, 1],
					[9, 2],
				]),
			}),
			(bytes) => decodePageMessage(bytes),
		],
		[
			'awareness',
			encodePageMessage({ type: 'awareness', states: [{ clientId: 1, clock: 2, state: '{"v":"x"}' }] }),
			(bytes) => decodePageMessage(bytes),
		],
		[
			'frame',
			encodeFrame({ channel: 5, recv: [1, 200, 2 ** 40], payload: Uint8Array.of(3) }),
			(bytes) => decodeFrame(bytes),
		],
		['plaintext', encodePlaintext(bodies['post, everything']!), (bytes) => decodePlaintext('post', bytes)],
	]

	/** Flips, cuts, doubles and overwrites, as the random bytes say. */
	function mutate(bytes: Bytes, random: (length: number) => Bytes): Bytes {
		const out = bytes.slice()
		const dice = new DataView(random(16).buffer)
		const at = dice.getUint32(0) % out.length
		switch (dice.getUint8(4) % 5) {
			case 0:
				out[at] = dice.getUint8(5)
				return out
			case 1:
				return out.slice(0, at)
			case 2:
				return concatBytes(out.slice(0, at), out.slice(Math.max(0, at - dice.getUint8(5))))
			case 3:
				out[at] = out[at]! ^ (1 << (dice.getUint8(5) & 7))
				return out
			default:
				out.fill(255, at, at + (dice.getUint8(5) % 9))
				return out
		}
	}

	for (const [name, bytes, decode] of seeds) {
		test(`[EV5] decoding a mutated ${name} answers and never throws`, () => {
			const random = seededRandom(`mutate ${name}`)
			let refused = 0
			for (let i = 0; i < 10_000; i++) {
				const result = decode(mutate(bytes, random)) as { ok: boolean }
				if (!result.ok) refused++
			}
			expect(refused).toBeGreaterThan(2_000)
		})
	}

	test('[EV5] whatever decodes as an item, damaged or not, stands in its one spelling', () => {
		const head = { kind: 'redact', targets: [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)] } as const
		const redact = eventOf({ by: alice, head })
		const expiring = eventOf({ by: alice, head: { expiresAt: 2 ** 41 } })
		const forms = [first, redact, expiring].flatMap(({ item }) => [
			encodeItem(item),
			encodeItem(toSkeleton(nodeHash, item, { why: 'redacted', by: redact.eventId })),
		])
		const random = seededRandom('one spelling')
		let read = 0
		for (let i = 0; i < 30_000; i++) {
			const bytes = mutate(forms[i % forms.length]!, random)
			const decoded = decodeItem(bytes)
			if (!decoded.ok) continue
			read++
			expect(encodeItem(decoded.value)).toEqual(bytes)
		}
		expect(read).toBeGreaterThan(3_000)
	})

	test('[CHK13] no mutation of an item is valid but one that leaves the signed bytes alone', async () => {
		const random = seededRandom('mutate judged items')
		const judgments = Array.from({ length: 1_500 }, () => {
			const content = mutate(first.row.content, random)
			return judgeItem(view, candidateOf({ ...first.row, content }))
		})
		const valid = (await verifyItems(nodeVerify, judgments)).filter((judgment) => judgment.type === 'valid')
		for (const { event } of valid) expect(encodeItem(event.item)).toEqual(first.row.content)
		expect(valid.length).toBeLessThan(100)
	})

	test('[PAGE7] whatever Yjs makes of the bytes, what is encoded anew holds only judged keys', () => {
		const random = seededRandom('mutate and apply')
		for (let i = 0; i < 2_000; i++) {
			const decoded = decodeUpdate(mutate(update, random))
			if (!decoded.ok) continue
			const doc = new Y.Doc()
			Y.applyUpdate(doc, encodeUpdate(decoded.value.items))
			const keys = new Set(decoded.value.items.map(({ clientId, clock }) => itemKey(clientId, clock)))
			for (const key of doc.getMap('e').keys()) expect(keys.has(key)).toBe(true)
			expect([...doc.share.keys()]).toEqual(['e'])
		}
	})
})
