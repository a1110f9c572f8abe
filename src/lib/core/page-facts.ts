/**
 * What is to be known of a page whenever something of it comes in, without opening all its rows each time: who holds which
 * stream, and what was redacted there. Read once for each page, and kept with what is stored from then on.
 */
import type { StreamHolder } from '#protocol/intrinsic.ts'
import { pageKey, type PageId } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { isUnplaced, type KnownEvent } from './event-store.ts'

export interface PageFacts {
	/** By clientID. */
	readonly holders: (id: PageId) => Promise<ReadonlyMap<number, StreamHolder>>
	/** Of the page with its parts. */
	readonly redacts: (page: number) => Promise<readonly KnownEvent[]>
	/** After they were written. */
	readonly stored: (events: readonly KnownEvent[]) => void
}

interface Facts {
	/** By document, then clientID. */
	readonly holders: Map<string, Map<number, StreamHolder>>
	readonly redacts: Map<string, KnownEvent>
}

export function createPageFacts(
	conversation: ConversationId,
	{ events }: Pick<ConversationContext, 'events'>,
): PageFacts {
	const byPage = new Map<number, Facts>()

	/** Rows that were found invalid say nothing: else a forgery would take the stream of the one whom it imitates. */
	function take(facts: Facts, event: KnownEvent): void {
		const { clientId, clock, item, row } = event
		// Nor does what only a peer brought: the server may know another event there.
		if (row.state === 'invalid' || isUnplaced(row)) return
		const key = pageKey(event)
		const held = facts.holders.get(key) ?? new Map<number, StreamHolder>()
		held.set(clientId, { deviceId: item.head.deviceId, incarnation: item.place.incarnation })
		facts.holders.set(key, held)
		if (item.head.kind === 'redact') facts.redacts.set(`${key} ${clientId} ${clock}`, event)
	}

	async function of(page: number): Promise<Facts> {
		const known = byPage.get(page)
		if (known !== undefined) return known
		const rows = await events.page(conversation, page)
		const facts = byPage.get(page) ?? { holders: new Map(), redacts: new Map() }
		byPage.set(page, facts)
		for (const event of rows) take(facts, event)
		return facts
	}

	return {
		holders: async (id) => (await of(id.page)).holders.get(pageKey(id)) ?? new Map<number, StreamHolder>(),
		redacts: async (page) => [...(await of(page)).redacts.values()],
		stored: (stored) => {
			for (const event of stored) {
				const facts = byPage.get(event.page)
				if (facts !== undefined) take(facts, event)
			}
		},
	}
}
