/**
 * Devices that this one is connected to directly, as the rest of the core knows them: how many, and what is new goes to them. What
 * is said with them is a chapter of its own (peer-sessions.ts), loaded with the first connection to a server: whom to reach, and how,
 * is told over it; or when a device beside this one is to be met. Without a transport there are none.
 */
import type { HubFromServer } from '#protocol/hub.ts'
import { eventKey, type PlaceId } from '#store/keys.ts'
import { createChapter } from '../chapter.ts'
import type { ConversationId, DeviceId } from '../api.ts'
import { noSources, type BlobSources, type WantedBlob } from '../chunk-sources.ts'
import type { ConversationContext } from '../context.ts'
import type { PageSources } from '../page-fill.ts'
import type { Conversation } from '../conversation.ts'
import type { KnownEvent } from '../event-store.ts'
import type { PeerTransport } from '#sync/peers/transport.ts'
import type { Nearby } from './nearby.ts'
import type { PeerSessions } from './peer-sessions.ts'

export interface Peers {
	/** With which this conversation is synced directly now. */
	readonly reach: (conversation: ConversationId) => number
	/** Rows that are new here, after their commit; `from`: the device that brought them. */
	readonly news: (rows: readonly KnownEvent[], from: DeviceId | null) => void
	/** Devices that read this conversation too, asked for what they have of a file of it; `changed`: they said something, or went. */
	readonly sources: (want: WantedBlob, changed: () => void) => BlobSources
	/** Own devices that read this conversation too, asked for whole pages; `changed`: one came, or went. Null: devices are not reached. */
	readonly pages: (conversation: ConversationId, changed: () => void) => Promise<PageSources | null>
	/** More of this file is here, or less. */
	readonly holds: (blob: string) => void
	/** Another device has it on its disk, and said so since this client began. */
	readonly isTaken: (place: PlaceId) => boolean
	/** Devices beside this one, by codes that people carry. Null: devices are not reached. */
	readonly nearby: () => Promise<Nearby | null>
	/** All that this one talks with now, in whatever conversation. */
	readonly count: () => number
}

export interface LivePeers extends Peers {
	readonly start: (context: ConversationContext, conversations: PeerConversations) => void
	readonly close: () => void
}

export interface PeerConversations {
	readonly get: (conversation: ConversationId) => Conversation | null
}

/** So many places are remembered as taken: more than wait anywhere. */
const takenMax = 8192

const earlyMax = 256

/** `loadTransport`: null where there is none. */
export function createPeers(loadTransport: (() => Promise<PeerTransport>) | null): LivePeers {
	const taken = new Set<string>()
	let sessions: PeerSessions | null = null
	/** What the hub said while the chapter was on its way. */
	const early: HubFromServer[] = []
	let isClosed = false
	/** Undefined: devices are not reached. */
	let open: (() => Promise<PeerSessions>) | undefined
	let stop = () => {}

	function take(keys: readonly string[]): void {
		for (const key of keys) {
			taken.delete(key)
			taken.add(key)
			if (taken.size > takenMax) taken.delete(taken.values().next().value as string)
		}
	}

	return {
		reach: (conversation) => sessions?.reach(conversation) ?? 0,
		news: (rows, from) => sessions?.news(rows, from),
		sources: (want, changed) => sessions?.sources(want, changed) ?? noSources,
		pages: async (conversation, changed) => (await open?.())?.pages(conversation, changed) ?? null,
		nearby: async () => (await open?.())?.nearby ?? null,
		holds: (blob) => sessions?.holds(blob),
		isTaken: (place) => taken.size > 0 && taken.has(eventKey(place)),
		count: () => sessions?.count() ?? 0,
		start: (context, conversations) => {
			if (loadTransport === null) return
			const chapter = createChapter(
				() => Promise.all([import('./peer-sessions.ts'), loadTransport()]),
				([{ createPeerSessions }, transport]) => createPeerSessions(context, { transport, conversations, taken: take }),
			)
			open = async () => {
				const opened = await chapter.open()
				if (isClosed) opened.close()
				sessions = opened
				early.splice(0).forEach(opened.heard)
				return opened
			}
			stop = context.connection.listen({
				hub: (message) => {
					if (sessions !== null) return sessions.heard(message)
					if (early.length < earlyMax) early.push(message)
					if (message.t === 'welcome') open?.().catch((error: unknown) => context.failed('peers', error))
				},
			})
		},
		close: () => {
			isClosed = true
			stop()
			sessions?.close()
		},
	}
}
