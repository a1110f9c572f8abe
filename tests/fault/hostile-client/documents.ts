/**
 * A member with a stock Yjs client, who does to the document what Yjs lets everybody do: overwrite, delete, insert behind
 * others. The server reads items and nothing else, so Alice's stay where they are for her, and for whoever comes later.
 */
import { beforeAll, expect } from 'vitest'
import * as Y from 'yjs'
import { concatBytes } from '#protocol/bytes.ts'
import { itemKey } from '#protocol/envelope.ts'
import { encodeFrame } from '#protocol/frames.ts'
import { encodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import { VarWriter } from '#protocol/varuint.ts'
import { attacks } from './attacks.ts'
import { heard, world } from './one-world.ts'

let before: readonly PageItem[]
beforeAll(async () => {
	before = await world.mallory.rows(world.talk)
})

/** The page as Mallory's document has it. */
function page(): { doc: Y.Doc; map: Y.Map<unknown>; hers: string } {
	const doc = new Y.Doc()
	Y.applyUpdate(doc, encodeUpdate(before))
	const { clientId, clock } = before[0]!
	const hers = itemKey(clientId, clock)
	expect(doc.getMap('e').has(hers)).toBe(true)
	return { doc, map: doc.getMap('e'), hers }
}

/** What the document says after `act`, as an update on the wire; answers the codes that came. */
async function send({ doc }: { doc: Y.Doc }, act: () => void): Promise<string[]> {
	const vector = Y.encodeStateVector(doc)
	act()
	const update = Y.encodeStateAsUpdate(doc, vector)
	const socket = await world.mallory.socket()
	const channel = await socket.open(world.talk.guid())
	socket.hub.values.length = 0
	const writer = new VarWriter(update.length + 8)
	writer.uint(update.length)
	socket.raw(
		encodeFrame({
			channel,
			recv: [],
			payload: concatBytes(Uint8Array.of(0, 2), writer.finish(), new Uint8Array(update)),
		}),
	)
	// Answered after whatever the update brought.
	socket.say({ t: 'stream', guid: world.talk.guid(), clientId: 0 })
	await socket.told('stream')
	await socket.settled()
	return socket.hub.values.flatMap((message) =>
		message.t === 'acks' ? message.acks.map((ack) => ('code' in ack ? ack.code : ack.verdict)) : [message.t],
	)
}

const acts = {
	'her key overwritten': async () => {
		const doc = page()
		return send(doc, () => doc.map.set(doc.hers, new Uint8Array([1])))
	},
	'her text deleted': async () => {
		const doc = page()
		const codes = await send(doc, () => doc.map.delete(doc.hers))
		expect(doc.map.size).toBe(before.length - 1)
		return codes
	},
	'everything deleted': async () => {
		const doc = page()
		return send(doc, () => doc.map.clear())
	},
	'an insert behind hers, before hers, into a list': async () => {
		const doc = page()
		const list = doc.doc.getArray('list')
		return send(doc, () => {
			list.push([new Uint8Array([1])])
			list.push([new Uint8Array([2])])
			list.insert(0, [new Uint8Array([3])])
		})
	},
	'a text, a map, a document, JSON, a root of his own': async () => {
		const codes: string[] = []
		for (const act of [
			({ doc }) => doc.getText('e2').insert(0, 'a text'),
			({ map }) => map.set('map', new Y.Map()),
			({ map }) => map.set('doc', new Y.Doc()),
			({ map }) => map.set('json', { deep: [[[1]]] }),
			({ doc }) => doc.getMap('other').set('key', new Uint8Array([1])),
		] satisfies ((at: ReturnType<typeof page>) => void)[]) {
			const doc = page()
			const came = await send(doc, () => act(doc))
			expect(came.length).toBeGreaterThan(0)
			codes.push(...came)
		}
		return codes
	},
	'a key with leading zeros, upper case or another clock': async () => {
		const codes: string[] = []
		for (const key of ['01.0', 'Z.0', '1.1', '1.0 ', '1', '']) {
			const doc = page()
			doc.doc.clientID = 1
			codes.push(...(await send(doc, () => doc.map.set(key, new Uint8Array([1])))))
		}
		expect(codes.length).toBe(6)
		return codes
	},
}

attacks('in the document', acts, async () => {
	expect(await world.mallory.rows(world.talk)).toEqual(before)
	await world.aliceSees(['Hello Mallory'])
	await heard()
})
