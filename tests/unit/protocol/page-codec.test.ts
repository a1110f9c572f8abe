import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { itemKey } from '#protocol/envelope.ts'
import { decodeUpdate, encodeUpdate, inUpdateOrder, splitItems, type PageItem } from '#protocol/page-codec.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

const big = Number.MAX_SAFE_INTEGER
const item = (clientId: number, clock: number, size = 20): PageItem => ({
	clientId,
	clock,
	content: bytesOf(`${clientId}/${clock}`, size),
})

function docOf(...updates: readonly Uint8Array[]): Y.Doc {
	const doc = new Y.Doc()
	for (const update of updates) Y.applyUpdate(doc, update)
	return doc
}

const keysOf = (doc: Y.Doc) => [...doc.getMap('e').keys()].sort()

describe('updates written', () => {
	test('[PAGE6] Yjs shows exactly these keys, with these bytes', () => {
		const items = [item(5, 0), item(5, 1), item(big, 0), item(3, 0, 70_000)]
		const doc = docOf(encodeUpdate(items))
		expect(keysOf(doc)).toEqual(items.map(({ clientId, clock }) => itemKey(clientId, clock)).sort())
		for (const { clientId, clock, content } of items) {
			expect(doc.getMap('e').get(itemKey(clientId, clock))).toEqual(content)
		}
		expect(doc.store.pendingStructs).toBe(null)
	})

	test('[PAGE6] byte for byte what Yjs itself would write', () => {
		const items = [item(5, 0), item(5, 1), item(big, 0), item(3, 0)]
		expect(encodeUpdate(items)).toEqual(Y.encodeStateAsUpdate(docOf(encodeUpdate(items))))
		expect(encodeUpdate([])).toEqual(Y.encodeStateAsUpdate(new Y.Doc()))
	})

	test('[PAGE6] a run from the middle continues what is there', () => {
		const doc = docOf(encodeUpdate([item(5, 0)]), encodeUpdate([item(5, 1), item(5, 2)]))
		expect(keysOf(doc)).toEqual(['5.0', '5.1', '5.2'])
	})

	test('[PAGE6] behind a gap Yjs waits, and goes on when it is filled', () => {
		const doc = docOf(encodeUpdate([item(5, 0), item(5, 3), item(4, 0)]))
		expect(keysOf(doc)).toEqual(['4.0', '5.0'])
		Y.applyUpdate(doc, encodeUpdate([item(5, 1), item(5, 2)]))
		expect(keysOf(doc)).toEqual(['4.0', '5.0', '5.1', '5.2', '5.3'])
	})

	test('[PAGE6] an id given twice is written once', () => {
		const twice = encodeUpdate([item(5, 0), item(5, 0)])
		expect(twice).toEqual(encodeUpdate([item(5, 0)]))
	})

	test('[PAGE7] no delete set and no GC: a skeleton is an item like any other', () => {
		const doc = docOf(encodeUpdate([item(5, 0), item(5, 1)]))
		expect(decodeUpdate(Y.encodeStateAsUpdate(doc))).toMatchObject({ value: { ignored: 0, strays: [] } })
	})

	test('[PAGE8] runs stay below the size asked for, and each can be applied by itself in turn', () => {
		const items = Array.from({ length: 40 }, (_, i) => item(i % 3, Math.floor(i / 3), 900))
		const runs = splitItems(items, 4_000)
		expect(runs.length).toBeGreaterThan(9)
		const doc = new Y.Doc()
		for (const run of runs) {
			expect(encodeUpdate(run).length).toBeLessThanOrEqual(4_000)
			Y.applyUpdate(doc, encodeUpdate(run))
			expect(doc.store.pendingStructs).toBe(null)
		}
		expect(keysOf(doc).length).toBe(40)
		expect(splitItems([], 100)).toEqual([])
		expect(runs.flat()).toEqual(inUpdateOrder(items))
	})
})

describe('updates read', () => {
	const read = (doc: Y.Doc) => {
		const decoded = decodeUpdate(Y.encodeStateAsUpdate(doc))
		if (!decoded.ok) throw new Error(decoded.error.reason)
		return decoded.value
	}

	test('[PAGE3] items come out in the order of the bytes', () => {
		const items = [item(3, 0), item(big, 0), item(5, 0), item(5, 1)]
		expect(read(docOf(encodeUpdate(items))).items).toEqual(inUpdateOrder(items))
		expect(inUpdateOrder(items).map(({ clientId, clock }) => [clientId, clock])).toEqual([
			[big, 0],
			[5, 0],
			[5, 1],
			[3, 0],
		])
	})

	test('[PAGE3] content stands in a buffer of its own', () => {
		const [only] = read(docOf(encodeUpdate([item(5, 0)]))).items
		expect(only?.content.buffer.byteLength).toBe(20)
	})

	test('[PAGE4] what a stock client writes by the Y.Map API is a stray', () => {
		const doc = new Y.Doc()
		doc.clientID = 9
		doc.getMap('e').set('hello', Uint8Array.of(1))
		doc.getMap('e').set('9.1', Uint8Array.of(1))
		doc.getMap('e').set('9.2', 'text')
		doc.getMap('f').set('9.3', Uint8Array.of(1))
		doc.getMap('e').set('9.1', Uint8Array.of(2))
		const { items, strays } = read(doc)
		expect(items).toEqual([])
		expect(strays).toEqual([
			{ clientId: 9, clock: 0, reason: 'key' },
			{ clientId: 9, clock: 1, reason: 'content' }, // overwritten: only a deletion is left of it
			{ clientId: 9, clock: 2, reason: 'content' },
			{ clientId: 9, clock: 3, reason: 'root' },
			{ clientId: 9, clock: 4, reason: 'origin' },
		])
	})

	test('[PAGE4] a right key by the API is an item like ours: the envelope decides', () => {
		const doc = new Y.Doc()
		doc.clientID = 9
		doc.getMap('e').set('9.0', Uint8Array.of(1))
		expect(read(doc)).toEqual({ items: [{ clientId: 9, clock: 0, content: Uint8Array.of(1) }], strays: [], ignored: 0 })
	})

	test('[PAGE4] every other content of Yjs is stepped over, and what follows is read', () => {
		const doc = new Y.Doc()
		doc.clientID = 9
		const deep = { a: [1, -70_000, 1.5, 2 ** 40, true, null, undefined, 10n, 'ü', { b: Uint8Array.of(1) }] }
		doc.getText('t').insert(0, 'aü👍')
		doc.getText('t').format(0, 1, { bold: true })
		doc.getText('t').insertEmbed(0, { image: 'x' })
		doc.getArray('a').push([deep, 'two', 3])
		doc.getArray('a').push([new Y.Map(), new Y.XmlElement('p'), new Y.XmlText('x'), new Y.Doc({ guid: 'sub' })])
		doc.getArray('a').delete(0, 2)
		const clock = Y.getState(doc.store, 9)
		doc.clientID = 10
		Y.applyUpdate(doc, encodeUpdate([{ clientId: 9, clock, content: Uint8Array.of(1) }, item(4, 0)]))
		const { items, strays, ignored } = read(doc)
		expect(items.map(({ clientId }) => clientId)).toEqual([9, 4])
		expect(strays.length).toBeGreaterThan(8)
		expect(ignored).toBeGreaterThan(0)
	})

	test('[PAGE4] the old JSON content and a nested parent are stepped over too', () => {
		const doc = new Y.Doc()
		doc.clientID = 9
		const nested = new Y.Map()
		doc.getMap('e').set('9.0', nested)
		nested.set('9.1', Uint8Array.of(1))
		expect(read(doc).strays.map(({ reason }) => reason)).toEqual(['content', 'root'])
		// one client, one struct: Item, ContentJSON of one string, root e, key 9.0
		const json = Uint8Array.of(1, 1, 9, 0, 0x22, 1, 1, 0x65, 3, 0x39, 0x2e, 0x30, 1, 2, 0x22, 0x22, 0)
		expect(decodeUpdate(json)).toMatchObject({ value: { strays: [{ clientId: 9, clock: 0, reason: 'content' }] } })
	})

	test('[PAGE4] a clock beyond u32 is a stray: no place can name it', () => {
		const update = encodeUpdate([item(5, 2 ** 32)])
		expect(decodeUpdate(update)).toMatchObject({ value: { items: [], strays: [{ reason: 'key' }] } })
	})
})
