/**
 * A server that does to Bob's document what Yjs lets everybody do: overwrite, delete, insert behind others, and write under
 * other keys. His client reads items and nothing else: all that was written stays, and nothing else is shown.
 */
import { expect } from 'vitest'
import * as Y from 'yjs'
import { itemKey } from '#protocol/envelope.ts'
import { encodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import { textOf } from '#tests/support/watching.ts'
import { liesAre, story, type Lie } from './one-story.ts'
import { syncUpdate } from './sync-update.ts'

interface Page {
	readonly doc: Y.Doc
	readonly map: Y.Map<unknown>
	/** Key and value of what Alice wrote last. */
	readonly key: string
	readonly item: PageItem
}

/** Bob's page as the server knows it. */
async function page(): Promise<Page & { readonly guid: string }> {
	await story.aliceWrites(`stays ${story.line.said.length}`)
	await story.lookedAt()
	const words = story.line.said.filter(({ guid, message }) => guid.includes(story.conversation) && 'items' in message)
	const items = words.flatMap(({ message }) => ('items' in message ? message.items : []))
	const doc = new Y.Doc()
	for (const one of items) Y.applyUpdate(doc, encodeUpdate([one]))
	const item = items.at(-1) as PageItem
	const key = itemKey(item.clientId, item.clock)
	expect(doc.getMap('e').has(key)).toBe(true)
	return { doc, map: doc.getMap('e'), key, item, guid: words.at(-1)?.guid ?? '' }
}

/** What the document says after `act` reaches Bob as it is; everything is there as before. */
const does =
	(...acts: readonly ((page: Page) => void)[]): Lie[1] =>
	async () => {
		for (const act of acts) {
			const { guid, ...before } = await page()
			const texts = (await story.bobReads()).map(textOf)
			const vector = Y.encodeStateVector(before.doc)
			act(before)
			story.line.raw(guid, syncUpdate(Y.encodeStateAsUpdate(before.doc, vector)))
			await story.lookedAt()
			expect((await story.bobReads()).map(textOf)).toEqual(expect.arrayContaining(texts))
		}
	}

const lies: readonly Lie[] = [
	['her key overwritten', does(({ map, key }) => map.set(key, new Uint8Array([1])))],
	['her key overwritten by another item of hers', does(({ map, key, item }) => map.set(key, item.content))],
	['her text deleted', does(({ map, key }) => map.delete(key))],
	['everything deleted', does(({ map }) => map.clear())],
	[
		'an insert behind hers, before hers, into a list',
		does(({ doc }) => {
			const list = doc.getArray('list')
			list.push([new Uint8Array([1])])
			list.push([new Uint8Array([2])])
			list.insert(0, [new Uint8Array([3])])
		}),
	],
	[
		'a text, a map, a document, JSON, a root of its own',
		does(
			({ doc }) => doc.getText('e2').insert(0, 'a text'),
			({ map }) => map.set('map', new Y.Map()),
			({ map }) => map.set('doc', new Y.Doc()),
			({ map }) => map.set('json', { deep: [[[1]]] }),
			({ doc }) => doc.getMap('other').set('key', new Uint8Array([1])),
		),
	],
	[
		'her item under another key: leading zeros, upper case, another clock, none',
		does(
			...['01.0', 'Z.0', '1.1', '1.0 ', '1', ''].map((key) => ({ doc, map, item }: Page) => {
				doc.clientID = 1
				map.set(key, item.content)
			}),
		),
	],
]

liesAre(lies)
