/** A server that lies about what was written: Bob shows nothing that Alice did not write, and in the end all that she did. */
import { expect } from 'vitest'
import { concatBytes } from '#protocol/bytes.ts'
import { decodeItem, encodeItem, toSkeleton } from '#protocol/envelope.ts'
import { encodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import type { PageMessage } from '#protocol/page-messages.ts'
import { VarWriter } from '#protocol/varuint.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { changed } from '#tests/support/fault/lied-to.ts'
import type { PageWord } from '#tests/support/fault/lying-line.ts'
import { must, until, textOf, messagesUntil } from '#tests/support/watching.ts'
import { syncUpdate } from './sync-update.ts'
import { liesAre, story, type Lie } from './one-story.ts'

type Update = Extract<PageMessage, { items: unknown }>

function isUpdate(message: PageMessage): message is Update {
	return 'items' in message && message.items.length > 0
}

/** Alice writes, and the items come to Bob as `change` makes them. */
async function writesAs(change: (items: readonly PageItem[], word: PageWord) => readonly PageItem[]): Promise<void> {
	const { line } = story
	line.lie({
		page: (word) =>
			isUpdate(word.message)
				? [{ ...word, message: { type: 'update', items: change(word.message.items, word) } }]
				: [word],
	})
	await story.aliceWrites(`in truth ${line.said.length}`)
	await story.lookedAt()
}

/** The last item of Alice's that the server really sent. */
function lastWord(): PageWord & { readonly message: Update } {
	const word = story.line.said.findLast(({ message, guid }) => isUpdate(message) && guid.includes(story.conversation))
	if (word === undefined || !isUpdate(word.message)) throw new Error('nothing was said')
	return { ...word, message: word.message }
}

const skeleton = (item: PageItem, why: 'removed' | 'redacted' | 'expired'): PageItem => {
	const decoded = decodeItem(item.content)
	if (!decoded.ok) throw new Error('no item')
	const by = new Uint8Array(16).fill(7)
	return {
		...item,
		content: encodeItem(toSkeleton(nodeHash, decoded.value, why === 'redacted' ? { why, by } : { why })),
	}
}

const texts = async () => (await story.bobReads()).map(textOf)

/** A raw update whose delete set names the item. */
function deleting({ clientId, clock }: PageItem): Uint8Array<ArrayBuffer> {
	const writer = new VarWriter()
	for (const number of [0, 1, clientId, 1, clock, 1]) writer.uint(number)
	return writer.finish()
}

const lies: readonly Lie[] = [
	[
		'a text that was exchanged under its signature',
		() => writesAs((items) => items.map((item) => changed(item, ({ length }) => length - 140))),
	],
	[
		'a signature that was spoilt',
		() => writesAs((items) => items.map((item) => changed(item, ({ length }) => length - 1))),
	],
	[
		'another author: a device of Bob’s instead of hers',
		() => {
			const [bobs] = story.line.said.flatMap(({ message }) => (isUpdate(message) ? message.items : []))
			return writesAs((items) =>
				items.map((item) => ({
					...item,
					content: concatBytes(item.content.slice(0, 4), (bobs as PageItem).content.slice(4, 8), item.content.slice(8)),
				})),
			)
		},
	],
	['another epoch', () => writesAs((items) => items.map((item) => changed(item, () => 23)))],
	['another time', () => writesAs((items) => items.map((item) => changed(item, () => 30)))],
	['another incarnation', () => writesAs((items) => items.map((item) => changed(item, ({ length }) => length - 89)))],
	[
		'another clock in the item',
		() => writesAs((items) => items.map((item) => changed(item, ({ length }) => length - 85))),
	],
	[
		'another place in the log',
		() => writesAs((items) => items.map((item) => changed(item, ({ length }) => length - 81))),
	],
	[
		'another hash of the log',
		() => writesAs((items) => items.map((item) => changed(item, ({ length }) => length - 65))),
	],
	['another clientID', () => writesAs((items) => items.map((item) => ({ ...item, clientId: 4711 })))],
	['another clock', () => writesAs((items) => items.map((item) => ({ ...item, clock: item.clock + 3 })))],
	['nothing of it', () => writesAs(() => [])],
	['noise instead of it', () => writesAs((items) => items.map((item) => ({ ...item, content: item.content.fill(9) })))],
	[
		'rows twice, and once more later',
		async () => {
			const { line } = story
			line.lie({ page: (word) => (isUpdate(word.message) ? [word, word] : [word]) })
			await story.aliceWrites('once')
			await story.lookedAt()
			for (const word of line.said.filter(({ message }) => isUpdate(message))) line.page(word)
			await story.lookedAt()
			expect((await texts()).filter((text) => text === 'once')).toEqual(['once'])
		},
	],
	[
		'rows in another order',
		async () => {
			const { line } = story
			const held: PageWord[] = []
			line.lie({ page: (word) => (isUpdate(word.message) ? (held.push(word), []) : [word]) })
			for (const text of ['one', 'two', 'three']) await story.aliceWrites(text)
			await until(story.bob.api, { view: 'connection', of: null, is: () => held.length >= 3 })
			for (const word of held.toReversed()) line.page(word)
			await story.lookedAt()
			expect((await texts()).filter((text) => ['one', 'two', 'three'].includes(text))).toEqual(['one', 'two', 'three'])
		},
	],
	[
		'in another conversation',
		async () => {
			const { line, talk, bob } = story
			await story.lookedAt()
			line.page({ ...lastWord(), guid: talk.guid() })
			await story.lookedAt()
			const seen = await messagesUntil(bob.api, talk.id, () => true)
			expect(seen.map(textOf)).toEqual(['Hello Mallory'])
		},
	],
	[
		'in another page',
		async () => {
			const { line } = story
			await story.lookedAt()
			const word = lastWord()
			const guid = word.guid.replace(/\d+$/, '1')
			line.opens(guid, 999_999)
			line.page({ ...word, guid })
			await story.lookedAt()
			expect(new Set(await texts()).size).toBe((await texts()).length)
		},
	],
	[
		'of a text that he has, that it is gone',
		async () => {
			const { line } = story
			await story.aliceWrites('he has it')
			await story.lookedAt()
			for (const why of ['removed', 'redacted', 'expired'] as const) {
				const word = line.said.findLast(({ message }) => isUpdate(message)) as PageWord & { message: Update }
				line.page({
					...word,
					message: { type: 'update', items: word.message.items.map((item) => skeleton(item, why)) },
				})
			}
			await story.lookedAt()
			expect(await texts()).toContain('he has it')
			expect(await texts()).not.toContain('<unreadable>')
		},
	],
	[
		'[DEL3] of a text that he does not have, that it was redacted: he reads that the server removed it, and the text takes its place',
		async () => {
			const before = story.line.said.length
			await writesAs((items) => items.map((item) => skeleton(item, 'redacted')))
			const seen = await story.bobReads()
			expect(seen.filter(({ content }) => content.type === 'unreadable').map(({ content }) => content)).toEqual([
				{ type: 'unreadable', why: 'removed' },
			])
			// Digests cover no form: he has it again when somebody brings it.
			for (const word of story.line.said.slice(before)) story.line.page(word)
		},
	],
	[
		'a delete set, and a document that was emptied',
		async () => {
			const { line } = story
			await story.aliceWrites('not to be deleted')
			await story.lookedAt()
			const word = lastWord()
			for (const item of word.message.items) line.raw(word.guid, syncUpdate(deleting(item)))
			await story.lookedAt()
			expect(await texts()).toContain('not to be deleted')
		},
	],
	[
		'noise in the frames of a page',
		async () => {
			const { line } = story
			const { guid, message } = lastWord()
			const update = encodeUpdate(message.items)
			for (let at = 0; at < update.length; at += 5)
				line.raw(guid, syncUpdate(update.map((byte, i) => (i === at ? byte ^ 255 : byte))))
			for (const length of [0, 1, 2, 3]) line.raw(guid, new Uint8Array(length).fill(255))
			await story.lookedAt()
		},
	],
	[
		'false numbers of rows',
		async () => {
			const { line } = story
			line.lie({ page: (word) => [{ ...word, recv: word.recv.map(() => 2 ** 50) }] })
			await story.aliceWrites('numbered')
			await story.lookedAt()
			const chats = await until(story.bob.api, { view: 'chats', of: null, is: () => true })
			expect(chats.length).toBeGreaterThan(0)
			must(await story.bob.api.saveDraft({ conversation: story.conversation, text: '' }))
		},
	],
]

liesAre(lies)
