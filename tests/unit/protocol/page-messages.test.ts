import { describe, expect, test } from 'vitest'
import * as encoding from 'lib0/encoding'
import * as decoding from 'lib0/decoding'
import * as awarenessProtocol from 'y-protocols/awareness'
import * as syncProtocol from 'y-protocols/sync'
import * as Y from 'yjs'
import { concatBytes } from '#protocol/bytes.ts'
import {
	decodePageMessage,
	decodeStateVector,
	emptyAwarenessMessage,
	encodePageMessage,
	encodeStateVector,
	type PageMessage,
} from '#protocol/page-messages.ts'
import { encodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

const items: PageItem[] = [
	{ clientId: 8, clock: 0, content: bytesOf('a', 40) },
	{ clientId: 5, clock: 0, content: bytesOf('b', 40) },
]

function stock(write: (encoder: encoding.Encoder) => void): Uint8Array {
	const encoder = encoding.createEncoder()
	write(encoder)
	return encoding.toUint8Array(encoder)
}

function syncOf(write: (encoder: encoding.Encoder) => void): Uint8Array {
	return stock((encoder) => {
		encoding.writeVarUint(encoder, 0)
		write(encoder)
	})
}

describe('messages of one page', () => {
	const doc = new Y.Doc()
	Y.applyUpdate(doc, encodeUpdate(items))

	test('[WIRE4] what a stock provider sends is read', () => {
		expect(decodePageMessage(syncOf((encoder) => syncProtocol.writeSyncStep1(encoder, doc)))).toEqual({
			ok: true,
			value: {
				type: 'step1',
				vector: new Map([
					[8, 1],
					[5, 1],
				]),
			},
		})
		const update = { items, strays: [], ignored: 0 }
		expect(decodePageMessage(syncOf((encoder) => syncProtocol.writeSyncStep2(encoder, doc)))).toEqual({
			ok: true,
			value: { type: 'step2', ...update },
		})
		const bytes = Y.encodeStateAsUpdate(doc)
		expect(decodePageMessage(syncOf((encoder) => syncProtocol.writeUpdate(encoder, bytes)))).toEqual({
			ok: true,
			value: { type: 'update', ...update },
		})
		expect(decodePageMessage(Uint8Array.of(3))).toEqual({ ok: true, value: { type: 'query-awareness' } })
	})

	test('[WIRE4] what we send a stock provider reads', () => {
		const other = new Y.Doc()
		const replies = [
			encodePageMessage({ type: 'step2', items: items.slice(0, 1) }),
			encodePageMessage({ type: 'update', items: items.slice(1) }),
			encodePageMessage({ type: 'step1', vector: new Map([[8, 1]]) }),
		].map((message) => {
			const decoder = decoding.createDecoder(message)
			expect(decoding.readVarUint(decoder)).toBe(0)
			const encoder = encoding.createEncoder()
			syncProtocol.readSyncMessage(decoder, encoder, other, null)
			return encoding.toUint8Array(encoder)
		})
		expect(Y.encodeStateAsUpdate(other)).toEqual(Y.encodeStateAsUpdate(doc))
		expect(decodePageMessage(concatBytes(Uint8Array.of(0), replies[2]!))).toMatchObject({
			value: { type: 'step2', items: items.slice(1) },
		})
	})

	test('[WIRE4] every message comes back as it was', () => {
		const messages: PageMessage[] = [
			{
				type: 'step1',
				vector: new Map([
					[9, 3],
					[Number.MAX_SAFE_INTEGER, 1],
				]),
			},
			{ type: 'step2', items, strays: [], ignored: 0 },
			{ type: 'update', items: [], strays: [], ignored: 0 },
			{ type: 'awareness', states: [{ clientId: 7, clock: 2, state: '{"v":"x"}' }] },
			{ type: 'auth', reason: 'not-member' },
			{ type: 'query-awareness' },
		]
		for (const message of messages) {
			expect(decodePageMessage(encodePageMessage(message))).toEqual({ ok: true, value: message })
		}
	})

	test('[WIRE5] more entries, structs or states than allowed are refused before they are built', () => {
		const tooMany = stock((encoder) => {
			encoding.writeVarUint(encoder, 8193)
			for (let i = 0; i < 8193 * 2; i++) encoding.writeVarUint(encoder, 1)
		})
		expect(decodeStateVector(tooMany)).toMatchObject({ error: { reason: 'too many entries in a state vector' } })
		const structs = stock((encoder) => {
			encoding.writeVarUint(encoder, 1)
			encoding.writeVarUint(encoder, 8193)
		})
		const message = stock((encoder) => {
			for (const type of [0, 2]) encoding.writeVarUint(encoder, type)
			encoding.writeVarUint8Array(encoder, structs)
		})
		expect(decodePageMessage(message)).toMatchObject({ error: { reason: 'too many structs' } })
		const states = Array.from({ length: 257 }, (_, clientId) => ({ clientId, clock: 0, state: 'null' }))
		expect(decodePageMessage(encodePageMessage({ type: 'awareness', states }))).toMatchObject({
			error: { reason: 'too many awareness states' },
		})
	})

	test('[WIRE5] unknown types, trailing bytes and an oversize message are malformed', () => {
		const wrong = [
			Uint8Array.of(),
			Uint8Array.of(4),
			Uint8Array.of(0, 3, 0),
			Uint8Array.of(2, 1),
			Uint8Array.of(3, 0),
			concatBytes(emptyAwarenessMessage(), Uint8Array.of(0)),
			new Uint8Array(1024 * 1024 + 1),
		]
		for (const bytes of wrong) expect(decodePageMessage(bytes)).toMatchObject({ error: { type: 'malformed' } })
	})

	test('[WIRE6] an awareness state is a JSON object or null, of at most 2 KiB', () => {
		const read = (state: string) =>
			decodePageMessage(encodePageMessage({ type: 'awareness', states: [{ clientId: 1, clock: 0, state }] })).ok
		expect(['null', '{}', '{"v":[1]}'].map(read)).toEqual([true, true, true])
		const wrong = ['', '{', '[]', '1', 'undefined', `{"v":"${'x'.repeat(2048)}"}`]
		expect(wrong.map(read)).toEqual(wrong.map(() => false))
	})

	test('[WIRE6] a stock Awareness takes what was encoded anew', () => {
		const [from, to] = [new awarenessProtocol.Awareness(new Y.Doc()), new awarenessProtocol.Awareness(new Y.Doc())]
		from.setLocalState({ v: 'sealed' })
		const update = awarenessProtocol.encodeAwarenessUpdate(from, [from.clientID])
		const decoded = decodePageMessage(
			stock((encoder) => {
				encoding.writeVarUint(encoder, 1)
				encoding.writeVarUint8Array(encoder, update)
			}),
		)
		if (!decoded.ok) throw new Error(decoded.error.reason)
		const again = decoding.createDecoder(encodePageMessage(decoded.value))
		expect(decoding.readVarUint(again)).toBe(1)
		awarenessProtocol.applyAwarenessUpdate(to, decoding.readVarUint8Array(again), null)
		expect(to.getStates().get(from.clientID)).toEqual({ v: 'sealed' })
		from.destroy()
		to.destroy()
	})

	test('[WIRE7] the keep-alive is an awareness message of no states', () => {
		expect(emptyAwarenessMessage()).toEqual(Uint8Array.of(1, 1, 0))
	})

	test('[WIRE8] what is passed on is encoded anew, of items alone', () => {
		const other = new Y.Doc()
		other.clientID = 6
		Y.applyUpdate(other, encodeUpdate(items))
		other.getMap('e').set('note', 'by the API')
		other.getMap('e').delete('8.0')
		const decoded = decodePageMessage(syncOf((encoder) => syncProtocol.writeSyncStep2(encoder, other)))
		if (!decoded.ok || decoded.value.type !== 'step2') throw new Error('no step2')
		expect(decoded.value.strays.length + decoded.value.ignored).toBeGreaterThan(1)
		expect(encodePageMessage(decoded.value)).toEqual(encodePageMessage({ type: 'step2', items: items.slice(1) }))
	})

	test('[WIRE4] state vectors as Yjs writes them', () => {
		expect(
			encodeStateVector(
				new Map([
					[5, 1],
					[8, 1],
				]),
			),
		).toEqual(Y.encodeStateVector(doc))
		expect(decodeStateVector(Y.encodeStateVector(doc))).toEqual({
			ok: true,
			value: new Map([
				[8, 1],
				[5, 1],
			]),
		})
	})
})
