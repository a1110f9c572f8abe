import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { itemKey } from '#protocol/envelope.ts'
import { decodeUpdate, encodeUpdate, inUpdateOrder, splitItems, type PageItem } from '#protocol/page-codec.ts'
import { encodeStateVector } from '#protocol/page-messages.ts'

const seed = 42
const runs = { seed, numRuns: 200 }

const clientId = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.maxSafeNat())
/** Streams without gaps: clientID → contents from clock 0. */
const streams = fc.uniqueArray(
	fc.tuple(clientId, fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 })),
	{
		selector: ([id]) => id,
		maxLength: 6,
	},
)
const page = streams.map((all) =>
	all.flatMap(([id, contents]) =>
		contents.map((content, clock): PageItem => ({ clientId: id, clock, content: new Uint8Array(content) })),
	),
)
/** A page, and its rows in another order cut into batches. */
const delivered = page.chain((items) =>
	fc.tuple(
		fc.constant(items),
		fc.shuffledSubarray(items, { minLength: items.length, maxLength: items.length }),
		fc.integer({ min: 1, max: 5 }),
	),
)

const keysOf = (doc: Y.Doc) => [...doc.getMap('e').keys()].sort()
const keys = (items: readonly PageItem[]) => items.map(({ clientId, clock }) => itemKey(clientId, clock)).sort()

function applied(...updates: readonly Uint8Array[]): Y.Doc {
	const doc = new Y.Doc()
	doc.clientID = Number.MAX_SAFE_INTEGER - 1
	for (const update of updates) Y.applyUpdate(doc, update)
	return doc
}

function batches<T>(items: readonly T[], size: number): T[][] {
	return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}

/** What Yjs may show of these rows: each stream up to its first gap. */
function reachable(items: readonly PageItem[]): PageItem[] {
	const ids = new Set(keys(items))
	return items.filter(({ clientId, clock }) =>
		Array.from({ length: clock }, (_, below) => itemKey(clientId, below)).every((key) => ids.has(key)),
	)
}

describe(`pages and Yjs, seed ${seed}`, () => {
	test('[PAGE6] a Y.Doc shows exactly the rows, and writes the same bytes', () => {
		fc.assert(
			fc.property(page, (items) => {
				const update = encodeUpdate(items)
				const doc = applied(update)
				expect(keysOf(doc)).toEqual(keys(items))
				for (const item of items) expect(doc.getMap('e').get(itemKey(item.clientId, item.clock))).toEqual(item.content)
				expect(Y.encodeStateAsUpdate(doc)).toEqual(update)
				const vector = new Map(items.map((item) => [item.clientId, item.clock + 1]))
				expect(encodeStateVector(vector)).toEqual(Y.encodeStateVector(doc))
			}),
			runs,
		)
	})

	test('[PAGE3] what is written is read, in update order, and what Yjs writes too', () => {
		fc.assert(
			fc.property(page, (items) => {
				const expected = { ok: true, value: { items: inUpdateOrder(items), strays: [], ignored: 0 } }
				expect(decodeUpdate(encodeUpdate(items))).toEqual(expected)
				expect(decodeUpdate(Y.encodeStateAsUpdate(applied(encodeUpdate(items))))).toEqual(expected)
			}),
			runs,
		)
	})

	test('[PAGE6] any order, any batches, any gaps: Yjs shows what is contiguous, and all in the end', () => {
		fc.assert(
			fc.property(delivered, ([items, shuffled, size]) => {
				const doc = applied()
				const seen: PageItem[] = []
				for (const batch of batches(shuffled, size)) {
					Y.applyUpdate(doc, encodeUpdate(batch))
					seen.push(...batch)
					expect(keysOf(doc)).toEqual(keys(reachable(seen)))
				}
				expect(keysOf(doc)).toEqual(keys(items))
			}),
			runs,
		)
	})

	test('[PAGE6] gaps are Skip structs, which the reader ignores', () => {
		fc.assert(
			fc.property(delivered, ([, shuffled, size]) => {
				const some = shuffled.slice(0, size * 2)
				const decoded = decodeUpdate(encodeUpdate(some))
				expect(decoded).toMatchObject({ ok: true, value: { items: inUpdateOrder(some), strays: [] } })
			}),
			runs,
		)
	})

	test('[PAGE8] split or whole, the page is the same, and no run waits for a later one', () => {
		fc.assert(
			fc.property(page, fc.integer({ min: 400, max: 2_000 }), (items, maxBytes) => {
				const doc = applied()
				for (const run of splitItems(items, maxBytes)) {
					expect(encodeUpdate(run).length).toBeLessThanOrEqual(maxBytes)
					Y.applyUpdate(doc, encodeUpdate(run))
					expect(doc.store.pendingStructs).toBe(null)
				}
				expect(Y.encodeStateAsUpdate(doc)).toEqual(encodeUpdate(items))
			}),
			runs,
		)
	})

	test('[PAGE9] two devices that exchange rows through stock Yjs end alike', () => {
		fc.assert(
			fc.property(delivered, ([items, shuffled, size]) => {
				const [a, b] = [applied(encodeUpdate(reachable(shuffled.slice(0, size)))), applied(encodeUpdate(items))]
				Y.applyUpdate(a, Y.encodeStateAsUpdate(b, Y.encodeStateVector(a)))
				Y.applyUpdate(b, Y.encodeStateAsUpdate(a, Y.encodeStateVector(b)))
				expect(Y.encodeStateAsUpdate(a)).toEqual(Y.encodeStateAsUpdate(b))
			}),
			runs,
		)
	})
})
