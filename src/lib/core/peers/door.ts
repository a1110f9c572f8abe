/** One conversation as peers meet it: what this device has of its newest pages, what another lacks, and what another brings. */
import { equalBytes } from '#protocol/bytes.ts'
import { pageDigest } from '#protocol/digest.ts'
import type { PeerPageHead } from '#protocol/peer-frames.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import type { StateVector } from '#protocol/page-messages.ts'
import { keyToPlace, pageRange, partRange, type PlaceId } from '#store/keys.ts'
import type { KeyRange } from '#store/storage.ts'
import type { ConversationId, DeviceId } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import type { Brought, DirectReceiver } from '../direct-receiver.ts'
import { eventToPageItem, isSaid, type KnownEvent } from '../event-store.ts'
import { guidToPage } from '../page-names.ts'

export interface PeerDoor {
	/** Of the newest pages with their parts. */
	readonly heads: () => Promise<readonly PeerPageHead[]>
	/** The newest page that is known here; −1 where there is none. */
	readonly newestPage: () => Promise<number>
	/** Does this device have the same there? */
	readonly isSame: (head: PeerPageHead) => Promise<boolean>
	readonly vector: (guid: string) => Promise<StateVector>
	readonly lacking: (guid: string, vector: StateVector) => Promise<readonly PageItem[]>
	/** All that the server has numbered of one page, where its digest is this one; else null. */
	readonly whole: (head: PeerPageHead) => Promise<readonly PageItem[] | null>
	readonly bring: (guid: string, items: readonly PageItem[], from: DeviceId) => Promise<Brought>
	/** A device came or went, or the server did: what waits may go another way now. */
	readonly moved: () => void
}

/** Whoever is further behind than that fills up from the server. */
const headPages = 4

const noEvent = new Uint8Array(16)

export interface DoorParts {
	readonly receiver: DirectReceiver
	/** In the conversation's queue. */
	readonly run: <T>(work: () => Promise<T>) => Promise<T>
	/** Rows that a peer brought, after their commit, and still in the queue. */
	readonly stored: (guid: string, rows: readonly KnownEvent[], from: DeviceId) => Promise<void>
	readonly moved: () => void
}

export function createPeerDoor(
	conversation: ConversationId,
	{ events, storage, crypto }: Pick<ConversationContext, 'events' | 'storage' | 'crypto'>,
	{ receiver, run, stored, moved }: DoorParts,
): PeerDoor {
	const newestPage = async () => (await events.newestPage(conversation)) ?? -1

	/** By their keys alone: a long history is compared without opening a row of it. */
	const placesIn = async (range: KeyRange) =>
		(await storage.transaction('read', ['events'], (tx) => tx.keys('events', range))).map(keyToPlace)

	/** Of places: what stands there is compared with nobody but the server, whose row holds the place. */
	const digestOf = (places: readonly PlaceId[]) =>
		pageDigest(
			crypto.hash,
			places.map(({ clientId, clock }) => ({ clientId, clock, eventId: noEvent })),
		)

	function headsOf(places: readonly PlaceId[]): PeerPageHead[] {
		return [...Map.groupBy(places, ({ part }) => part)].map(([part, here]) => ({
			page: (here[0] as PlaceId).page,
			part,
			digest: digestOf(here),
		}))
	}

	return {
		newestPage,
		heads: async () => {
			const newest = await newestPage()
			const heads: PeerPageHead[] = []
			for (let page = newest; page >= 0 && page > newest - headPages; page--)
				heads.push(...headsOf(await placesIn(pageRange(conversation, page))))
			return heads
		},
		isSame: async ({ page, part, digest }) => {
			return equalBytes(digestOf(await placesIn(partRange({ conversation, page, part }))), digest)
		},
		vector: async (guid) => {
			const vector = new Map<number, number>()
			for (const { clientId, clock } of await placesIn(partRange(guidToPage(guid))))
				vector.set(clientId, Math.max(vector.get(clientId) ?? 0, clock + 1))
			return vector
		},
		lacking: async (guid, vector) => {
			const rows = (await events.part(guidToPage(guid))).filter(isSaid)
			return rows.filter(({ clientId, clock }) => clock >= (vector.get(clientId) ?? 0)).map(eventToPageItem)
		},
		whole: async ({ page, part, digest }) => {
			const id = { conversation, page, part }
			// By the index alone, before anything is opened.
			if (!equalBytes(pageDigest(crypto.hash, await events.numbered(id)), digest)) return null
			return (await events.part(id)).filter(({ row }) => row.recv > 0).map(eventToPageItem)
		},
		bring: (guid, items, from) =>
			run(async () => {
				const brought = await receiver.bring(guid, items, await newestPage())
				if (brought.stored.length > 0) await stored(guid, brought.stored, from)
				return brought
			}),
		moved,
	}
}
