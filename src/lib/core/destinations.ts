/**
 * Where what waits is to be placed (SPEC PAGE10, PAGE13): posts in the page that the server calls current, all else in the
 * page of its target, or in a part of it. Which part takes it the server alone knows; a refusal tells that one is full.
 */
import { bytesToBase64url, compareBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { Message } from '#protocol/fold.ts'
import { PARTS_PER_PAGE_MAX } from '#protocol/limits.ts'
import { keyToPlace, pageRange, type PageId } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { AnnotateContent, OutboxContent, RedactContent } from './outbox-row.ts'

/** `later`: its target has no place yet. `gone`: there is nothing to act on. */
export type Destination =
	| { readonly type: 'page'; readonly page: PageId; readonly content: OutboxContent }
	| { readonly type: 'later' }
	| { readonly type: 'gone' }

export interface Destinations {
	/** `current`: the page that takes posts now. `isDirect`: to peers, who know of what is placed and not acked. */
	readonly of: (content: OutboxContent, current: number, isDirect: boolean) => Promise<Destination>
	/** The server takes nothing more of this kind there. */
	readonly full: (page: PageId) => void
}

const later: Destination = { type: 'later' }
const gone: Destination = { type: 'gone' }

export function createDestinations(
	conversation: ConversationId,
	{ events, storage, outbox }: ConversationContext,
	messages: () => readonly Message[],
): Destinations {
	/** The last part that was full, by page. */
	const fullUpTo = new Map<number, number>()

	async function newestPart(page: number): Promise<PageId> {
		const [key] = await storage.transaction('read', ['events'], (tx) =>
			tx.keys('events', { ...pageRange(conversation, page), reverse: true, limit: 1 }),
		)
		const known = key === undefined ? 0 : keyToPlace(key).part
		const part = Math.max(known, (fullUpTo.get(page) ?? -1) + 1)
		return { conversation, page, part: Math.min(part, PARTS_PER_PAGE_MAX) }
	}

	const knownAt = async (id: Bytes) => {
		const place = await events.placeOf(conversation, bytesToBase64url(id))
		return place === null ? null : events.at(place)
	}

	/** An own post that was refused since has another id, and names the one that we know among its own. */
	function renewed(id: Bytes): Message | null {
		return messages().find(({ ids }) => ids.some((one) => equalBytes(one, id))) ?? null
	}

	const isOnItsWay = (id: Bytes) =>
		outbox.of(conversation).some(({ row }) => row.was.some((earlier) => equalBytes(earlier, id)))

	async function annotate(content: AnnotateContent, isDirect: boolean): Promise<Destination> {
		const message = renewed(content.target)
		if (message !== null && message.state.type !== 'shown') return gone
		const target = message?.eventId ?? content.target
		const known = await knownAt(target)
		if (known === null) return message !== null || isOnItsWay(target) ? later : gone
		if (known.row.state === 'placed' && !isDirect) return later
		if (known.item.form === 'skeleton') return gone
		const { expiresAt } = known.item.head
		const page = await newestPart(known.page)
		return { type: 'page', page, content: { ...content, target, page: known.page, expiresAt } }
	}

	async function redact(content: RedactContent, isDirect: boolean): Promise<Destination> {
		const known = await Promise.all(content.targets.map(knownAt))
		if (!isDirect && known.some((event) => event?.row.state === 'placed')) return later
		if (known.every((event) => event === null)) {
			const [message] = content.targets.flatMap((target) => renewed(target) ?? [])
			if (message === undefined) return content.targets.some(isOnItsWay) ? later : gone
			const targets = [...content.targets, ...message.ids].toSorted(compareBytes)
			const each = targets.filter((id, i) => i === 0 || !equalBytes(id, targets[i - 1] as Bytes))
			return { type: 'page', page: await newestPart(message.page), content: { ...content, targets: each } }
		}
		return { type: 'page', page: await newestPart(content.page), content }
	}

	return {
		of: async (content, current, isDirect) => {
			switch (content.kind) {
				case 'post':
					return { type: 'page', page: { conversation, page: current, part: 0 }, content }
				case 'annotate':
					return annotate(content, isDirect)
				case 'redact':
					return redact(content, isDirect)
			}
		},
		full: ({ page, part }) => void fullUpTo.set(page, Math.max(fullUpTo.get(page) ?? 0, part)),
	}
}
