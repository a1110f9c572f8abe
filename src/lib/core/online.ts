/**
 * Who is online in groups and rooms, as the server tells it while a screen watches (product C4). Nothing is stored: a count from before
 * is none. What is watched is the views' to know; here is what of it the server was asked for.
 */
import type { HubFromServer } from '#protocol/hub.ts'
import type { Connection } from '#sync/connection.ts'
import type { AccountId, ConversationId } from './api.ts'

type Told = Extract<HubFromServer, { t: 'online' }>['online']

export interface OnlineRooms {
	/** Null: nothing is known, or nothing may be. */
	readonly of: (conversation: ConversationId) => { count: number; people: readonly AccountId[] | null } | null
	/** A screen watches another room, or one no more. */
	readonly look: () => void
	readonly hub: (message: HubFromServer) => void
	/** No longer connected: what was known holds no more. */
	readonly lost: () => void
}

export interface OnlineDeps {
	readonly send: Connection['send']
	readonly watched: () => ReadonlySet<ConversationId>
	/** What `of` says has changed. */
	readonly changed: (conversation: ConversationId) => void
}

export function createOnlineRooms({ send, watched, changed }: OnlineDeps): OnlineRooms {
	const asked = new Set<ConversationId>()
	const known = new Map<ConversationId, Told>()

	function look(): void {
		const wanted = watched()
		for (const conversation of [...asked].filter((one) => !wanted.has(one))) {
			send({ t: 'online', conversation, watch: false })
			asked.delete(conversation)
			known.delete(conversation)
		}
		for (const conversation of [...wanted].filter((one) => !asked.has(one)))
			if (send({ t: 'online', conversation, watch: true })) asked.add(conversation)
	}

	function lost(): void {
		const before = [...known.keys()]
		asked.clear()
		known.clear()
		for (const conversation of before) changed(conversation)
	}

	return {
		of: (conversation) => known.get(conversation) ?? null,
		look,
		lost,
		hub: (message) => {
			if (message.t === 'welcome') {
				asked.clear()
				look()
			}
			if (message.t !== 'online' || !asked.has(message.conversation)) return
			known.set(message.conversation, message.online)
			changed(message.conversation)
		},
	}
}
