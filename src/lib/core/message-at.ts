/**
 * The first message of a conversation from a moment on: the page by halving, then within it. Nothing is opened: the hlc stands
 * outside of what is sealed. A page begins when the one before it is full, so their first posts stand in the order of time.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { conversationRange, keyToPage } from '#store/keys.ts'
import type { ConversationId, EventId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { KnownEvent } from './event-store.ts'

type Context = Pick<ConversationContext, 'events' | 'storage'>

/** Null where no message is here. */
export async function messageAt(
	{ events, storage }: Context,
	conversation: ConversationId,
	at: number,
): Promise<EventId | null> {
	const from = hlcOf(Math.max(0, Math.trunc(at)))
	const [last] = await storage.transaction('read', ['events'], (tx) =>
		tx.keys('events', { ...conversationRange(conversation), reverse: true, limit: 1 }),
	)
	if (last === undefined) return null
	const newest = keyToPage(last).page
	const posts = async (page: number) => (await events.page(conversation, page)).filter(isPost)
	let [low, high] = [0, newest]
	while (low < high) {
		const middle = Math.floor((low + high) / 2)
		// A page of which nothing is here yet says nothing: what is asked for is looked for behind it.
		const end = (await posts(middle)).reduce((max, { item }) => (item.head.hlc > max ? item.head.hlc : max), 0n)
		if (end < from) low = middle + 1
		else high = middle
	}
	const page = (await posts(low)).toSorted(byTime)
	const found = page.find(({ item }) => item.head.hlc >= from) ?? page.at(-1)
	return found === undefined ? null : bytesToBase64url(found.eventId)
}

function isPost({ row, item }: KnownEvent): boolean {
	return item.head.kind === 'post' && row.state !== 'invalid'
}

function byTime(a: KnownEvent, b: KnownEvent): number {
	if (a.item.head.hlc === b.item.head.hlc) return 0
	return a.item.head.hlc < b.item.head.hlc ? -1 : 1
}
