/** A server that lies about what it holds: no message of Bob's is lost, and none is doubled. */
import { expect } from 'vitest'
import { decodeItem, eventHashOf, eventIdOf } from '#protocol/envelope.ts'
import type { Ack } from '#protocol/hub.ts'
import { encodeUpdate, decodeUpdate, type PageItem } from '#protocol/page-codec.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { changed } from '#tests/support/fault/lied-to.ts'
import type { PageWord } from '#tests/support/fault/lying-line.ts'
import { toBytes, toText } from '#tests/support/http-person.ts'
import { messagesUntil, textOf } from '#tests/support/watching.ts'
import { liesAre, story, type Lie } from './one-story.ts'

function uploaded({ message }: PageWord): readonly PageItem[] {
	return 'items' in message ? message.items : []
}

function eventIdIn(item: PageItem): string {
	const decoded = decodeItem(item.content)
	if (!decoded.ok) throw new Error('no item')
	const { bob, conversation } = story
	const named = { convId: toBytes(conversation), idHash: toBytes(bob.account) }
	return toText(eventIdOf(eventHashOf(nodeHash, decoded.value, named)))
}

type Verdict = (at: { guid: string; clientId: number; clock: number }, item: PageItem) => Ack

/** What Bob sends never arrives; he hears this of it. */
function answersHim(verdict: Verdict, counts = Infinity): void {
	const { line } = story
	let left = counts
	line.lie({
		swallows: (word) => {
			const items = uploaded(word)
			if (items.length === 0 || left <= 0) return false
			left -= items.length
			const acks = items.map((item) => verdict({ guid: word.guid, clientId: item.clientId, clock: item.clock }, item))
			queueMicrotask(() => line.tell({ t: 'acks', acks }))
			return true
		},
	})
}

const markOf = (text: string, mark: string) =>
	messagesUntil(story.bob.api, story.conversation, (all) =>
		all.some((one) => textOf(one) === text && one.mark === mark),
	)

/** Instead of the pages of every answer. */
type Heads = { pages: readonly { digest: string }[] }
const falseDigests = (answer: unknown) => ({
	...(answer as Heads),
	pages: (answer as Heads).pages.map((head) => ({ ...head, digest: 'A'.repeat(22) })),
})
const withRows = (change: (items: readonly PageItem[]) => readonly PageItem[]) => (answer: unknown) => {
	const { update, recv } = answer as { update: string; recv: readonly number[] }
	const decoded = decodeUpdate(toBytes(update))
	if (!decoded.ok) throw new Error('no update')
	const items = change(decoded.value.items)
	return { update: toText(encodeUpdate(items)), recv: recv.slice(0, items.length) }
}

/** He comes back, and every answer about pages is false. */
async function comesBackTo(rows: (answer: unknown) => unknown): Promise<void> {
	const { line } = story
	const before = (await story.bobReads()).map(textOf)
	const asked = Promise.withResolvers<void>()
	line.lie({
		http: (path, answer) => {
			if (path.endsWith('/heads')) return falseDigests(answer)
			if (!path.includes('/pages/')) return answer
			asked.resolve()
			return rows(answer)
		},
	})
	await story.aliceWrites(`while he is away ${before.length}`)
	line.cut()
	await asked.promise
	await story.lookedAt()
	expect((await story.bobReads()).map(textOf)).toEqual(expect.arrayContaining(before))
}

const at = Date.now()

const lies: readonly Lie[] = [
	[
		'that it took what it did not store: the next connection brings it',
		async () => {
			answersHim((place, item) => ({ verdict: 'accept', ...place, eventId: eventIdIn(item), recv: 500, at }))
			await story.bobWrites('acked and dropped')
			await markOf('acked and dropped', 'sent')
		},
	],
	[
		'that it had it already',
		async () => {
			answersHim((place, item) => ({ verdict: 'have', ...place, eventId: eventIdIn(item), recv: 501, at }))
			await story.bobWrites('never had')
			await markOf('never had', 'sent')
		},
	],
	[
		'that it took another event: that is no word about his',
		async () => {
			answersHim((place) => ({ verdict: 'accept', ...place, eventId: 'A'.repeat(22), recv: 502, at }), 2)
			await story.bobWrites('another name')
			await markOf('another name', 'delivered')
		},
	],
	[
		'that it refuses what is right: he places it anew',
		async () => {
			answersHim((place) => ({ verdict: 'refuse', ...place, code: 'item-malformed' }), 1)
			await story.bobWrites('refused for nothing')
			await markOf('refused for nothing', 'delivered')
		},
	],
	[
		'that it refuses what it stored: he writes it again, and it is one message',
		async () => {
			const { line } = story
			let left = 1
			line.lie({
				hub: (message) =>
					message.t !== 'acks' || left-- <= 0
						? [message]
						: [
								{
									t: 'acks',
									acks: message.acks.map(({ guid, clientId, clock }) => ({
										verdict: 'refuse',
										guid,
										clientId,
										clock,
										code: 'item-malformed',
									})),
								},
							],
			})
			await story.bobWrites('stored and refused')
			await markOf('stored and refused', 'delivered')
		},
	],
	[
		'that he must wait for ever',
		async () => {
			answersHim((place) => ({ verdict: 'hold', ...place, code: 'hold-rate', retryAfter: 2 ** 40 }))
			await story.bobWrites('held for ever')
			await story.lookedAt('lies on')
			expect((await story.bobReads()).find((one) => textOf(one) === 'held for ever')?.mark).toBe('queued')
		},
	],
	[
		'nothing at all of what became of it',
		async () => {
			story.line.lie({ hub: (message) => (message.t === 'acks' ? [] : [message]) })
			await story.bobWrites('no answer')
		},
	],
	[
		'verdicts about places where nothing is, and of others',
		async () => {
			const { line } = story
			const [theirs] = line.said.flatMap((word) => uploaded(word).map((item) => ({ guid: word.guid, item })))
			const { guid, item } = theirs as { guid: string; item: PageItem }
			const place = { guid, clientId: item.clientId, clock: item.clock }
			const nowhere = { guid, clientId: 5, clock: 5 }
			for (const one of [place, nowhere, { ...nowhere, guid: 'c/none/0' }]) {
				line.tell({ t: 'acks', acks: [{ verdict: 'refuse', ...one, code: 'item-malformed' }] })
				line.tell({ t: 'acks', acks: [{ verdict: 'accept', ...one, eventId: 'A'.repeat(22), recv: 7, at }] })
			}
			await story.lookedAt()
		},
	],
	['false digests, and the truth in the rows', () => comesBackTo((answer) => answer)],
	['false digests, and no rows', () => comesBackTo(withRows(() => []))],
	[
		'false digests, and rows whose texts were exchanged',
		() => comesBackTo(withRows((items) => items.map((item) => changed(item, ({ length }) => length - 140)))),
	],
	['false digests, and half of the rows', () => comesBackTo(withRows((items) => items.slice(items.length / 2)))],
]

liesAre(lies)
