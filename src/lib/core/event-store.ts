/** Event rows of the store as values: read by page, written together with what else changes in one transaction. */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { DigestRow } from '#protocol/digest.ts'
import { decodeItem, eventHashOf, eventIdOf, type Item } from '#protocol/envelope.ts'
import { textToId } from '#protocol/ids.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import type { Hash } from '#protocol/ports.ts'
import {
	conversationRange,
	eventIdKey,
	eventIdOfKey,
	eventKey,
	expiryKey,
	eventRecvKey,
	keyToPlace,
	pageRange,
	partRange,
	recvRange,
	unreadRange,
	type PageId,
	type PlaceId,
} from '#store/keys.ts'
import type { Row, Storage, Transaction } from '#store/storage.ts'
import type { ConversationId, EventId } from './api.ts'
import { eventRow, type EventRow } from './conversation-rows.ts'
import type { Records, Sealed } from './records.ts'

/** A placed item as this device knows it. */
export interface KnownEvent extends PlaceId {
	readonly row: EventRow
	readonly item: Item
	/** 16 bytes. */
	readonly eventId: Bytes
}

/** A row sealed for the store, with its index keys. */
export interface SealedEventRow {
	readonly sealed: Sealed<'events'>
	readonly id: string
	readonly recv: string | null
	/** Key in `expiries`, of what expires; and whether its text is still to go. */
	readonly expiry: { readonly key: string; readonly isText: boolean } | null
}

export interface EventStore {
	/** A page with its parts. */
	readonly page: (conversation: ConversationId, page: number) => Promise<readonly KnownEvent[]>
	/** One document: the page itself or one part. */
	readonly part: (id: PageId) => Promise<readonly KnownEvent[]>
	/** Of one document, what the server has numbered, by its index keys: nothing is opened. */
	readonly numbered: (id: PageId) => Promise<readonly DigestRow[]>
	/** Of one document, what the server has not numbered as far as this device knows. */
	readonly unnumbered: (id: PageId) => Promise<readonly KnownEvent[]>
	readonly at: (place: PlaceId) => Promise<KnownEvent | null>
	/** Where it stands first; null when it is not here. */
	readonly placeOf: (conversation: ConversationId, event: EventId) => Promise<PlaceId | null>
	/** Everywhere it stands. */
	readonly placesOf: (conversation: ConversationId, event: EventId) => Promise<readonly PlaceId[]>
	readonly seal: (event: KnownEvent, mine: boolean) => Promise<SealedEventRow>
	/** A row that stands already, as it is now. */
	readonly sealAgain: (event: KnownEvent) => Promise<SealedEventRow>
	/** What was sealed expires at this time, ms. */
	readonly onExpiring: (listener: (at: number) => void) => () => void
	/** eventId of an item by this author, 16 bytes. */
	readonly idOf: (item: Item, author: Bytes, conversation: ConversationId) => Bytes
	/** A row that is sealed says nothing any more: it was deleted for everyone, or its time is over. */
	readonly onErased: (listener: (page: PageId) => void) => () => void
	/** The first post by somebody else after the own marker; null when there is none. */
	readonly firstUnread: (conversation: ConversationId, marker: number) => Promise<EventId | null>
	/** Others' posts after the own marker, counted up to `limit`. */
	readonly unread: (conversation: ConversationId, marker: number, limit: number) => Promise<number>
	/** The highest page of which a row is here; null where there is none. */
	readonly newestPage: (conversation: ConversationId) => Promise<number | null>
	/** The highest recvSeq that is stored; 0 before the first. */
	readonly newestRecv: (conversation: ConversationId) => Promise<number>
	/** Rows that were read and do not open: to nobody they ever will. */
	readonly onDamaged: (listener: (rows: readonly Row[]) => void) => () => void
}

/** Valid, and only peers have it so far as we know: the server has not taken it, or would not. */
export function isUnplaced({ state }: Pick<EventRow, 'state'>): boolean {
	return state === 'direct' || state === 'unconfirmed'
}

/** Passed on to peers: nothing that is invalid, or that the server would not have. */
export function isSaid({ row: { state } }: KnownEvent): boolean {
	return state !== 'invalid' && state !== 'unconfirmed'
}

/** The stores that `putEvent` writes. */
export const eventStores = ['events', 'expiries'] as const

export async function putEvent(tx: Transaction, { sealed, id, recv, expiry }: SealedEventRow): Promise<void> {
	await tx.put('events', sealed.key, sealed.bytes, { id, recv })
	if (expiry?.isText === true) await tx.put('expiries', expiry.key, nothing)
	else if (expiry !== null) await tx.delete('expiries', expiry.key)
}

/** Side by side: a browser's database answers each by itself, and only the last answer is worth waiting for. */
export async function putEvents(tx: Transaction, rows: readonly SealedEventRow[]): Promise<void> {
	await Promise.all(rows.map((row) => putEvent(tx, row)))
}

const nothing = new Uint8Array(0)

const isNumbered = ({ indexes }: Row) => indexes['recv'] != null

function rowToDigest({ key, indexes }: Row): DigestRow[] {
	const { clientId, clock } = keyToPlace(key)
	const eventId = base64urlToBytes(eventIdOfKey(indexes['id'] ?? ''))
	return eventId === null ? [] : [{ clientId, clock, eventId }]
}

export function eventToPageItem({ clientId, clock, row }: KnownEvent): PageItem {
	return { clientId, clock, content: row.content }
}

export function createEventStore({
	records,
	storage,
	hash,
}: {
	records: Records
	storage: Storage
	hash: Hash
}): EventStore {
	const expiringListeners = new Set<(at: number) => void>()
	const erasedListeners = new Set<(page: PageId) => void>()
	const damagedListeners = new Set<(rows: readonly Row[]) => void>()

	function idOf(item: Item, author: Bytes, conversation: ConversationId): Bytes {
		const convId = textToId('conversation', conversation)
		if (convId === null) throw new RangeError('not a conversation')
		return eventIdOf(eventHashOf(hash, item, { convId, idHash: author }))
	}

	function known(key: string, row: EventRow): KnownEvent[] {
		const place = keyToPlace(key)
		const item = decodeItem(row.content)
		return item.ok
			? [{ ...place, row, item: item.value, eventId: idOf(item.value, row.author, place.conversation) }]
			: []
	}

	async function open(rows: readonly Row[]): Promise<KnownEvent[]> {
		const opened = await records.openAll(eventRow, 'events', rows)
		if (opened.length < rows.length) tellDamaged(rows, new Set(opened.map(({ key }) => key)))
		return opened.flatMap(({ key, value }) => known(key, value))
	}

	function tellDamaged(rows: readonly Row[], opened: ReadonlySet<string>): void {
		const damaged = rows.filter(({ key }) => !opened.has(key))
		for (const listener of damagedListeners) listener(damaged)
	}

	const range = (scan: { from?: string; to?: string }) =>
		storage.transaction('read', ['events'], (tx) => tx.range('events', scan))

	const keysOf = (conversation: ConversationId, event: EventId, bounds: { limit?: number } = {}) => {
		const id = eventIdKey(conversation, event)
		return storage.transaction('read', ['events'], (tx) =>
			tx.keys('events', { index: 'id', from: id, to: `${id}!`, ...bounds }),
		)
	}

	const store: EventStore = {
		page: async (conversation, page) => open(await range(pageRange(conversation, page))),
		part: async (id) => open(await range(partRange(id))),
		numbered: async (id) => (await range(partRange(id))).filter(isNumbered).flatMap(rowToDigest),
		unnumbered: async (id) => open((await range(partRange(id))).filter((row) => !isNumbered(row))),
		at: async (place) => {
			const key = eventKey(place)
			const row = await records.get(eventRow, { store: 'events', key })
			return row === null ? null : (known(key, row)[0] ?? null)
		},
		placeOf: async (conversation, event) => {
			const [key] = await keysOf(conversation, event, { limit: 1 })
			return key === undefined ? null : keyToPlace(key)
		},
		placesOf: async (conversation, event) => (await keysOf(conversation, event)).map(keyToPlace),
		idOf,
		seal: async (event, mine) => {
			const { row, item, eventId, conversation } = event
			const sealed = await records.seal(eventRow, { store: 'events', key: eventKey(event) }, row)
			const isGone = item.form === 'skeleton' && (item.why === 'redacted' || item.why === 'expired')
			if (isGone) for (const listener of erasedListeners) listener(event)
			const unread = item.head.kind === 'post' && !mine && row.state === 'stored' && !isGone
			const { expiresAt } = item.head
			const isText = item.form === 'full'
			if (isText && expiresAt !== null) for (const listener of expiringListeners) listener(expiresAt)
			return {
				sealed,
				expiry: expiresAt === null ? null : { key: expiryKey(expiresAt, eventKey(event)), isText },
				id: eventIdKey(conversation, bytesToBase64url(eventId)),
				recv: row.recv === 0 ? null : eventRecvKey(conversation, unread ? 'unread' : 'other', row.recv),
			}
		},
		// A skeleton that expired is unread to nobody.
		sealAgain: (event) => store.seal(event, false),
		onExpiring: (listener) => {
			expiringListeners.add(listener)
			return () => void expiringListeners.delete(listener)
		},
		onErased: (listener) => {
			erasedListeners.add(listener)
			return () => void erasedListeners.delete(listener)
		},
		firstUnread: async (conversation, marker) => {
			const [key] = await storage.transaction('read', ['events'], (tx) =>
				tx.keys('events', { index: 'recv', limit: 1, ...unreadRange(conversation, marker) }),
			)
			const event = key === undefined ? null : await store.at(keyToPlace(key))
			return event === null ? null : bytesToBase64url(event.eventId)
		},
		unread: (conversation, marker, limit) =>
			storage.transaction('read', ['events'], (tx) =>
				tx.count('events', { index: 'recv', limit, ...unreadRange(conversation, marker) }),
			),
		newestPage: async (conversation) => {
			const [key] = await storage.transaction('read', ['events'], (tx) =>
				tx.keys('events', { ...conversationRange(conversation), reverse: true, limit: 1 }),
			)
			return key === undefined ? null : keyToPlace(key).page
		},
		newestRecv: async (conversation) => {
			const newest = (recvClass: 'unread' | 'other') =>
				storage.transaction('read', ['events'], (tx) =>
					tx.keys('events', { index: 'recv', reverse: true, limit: 1, ...recvRange(conversation, recvClass) }),
				)
			const keys = [...(await newest('unread')), ...(await newest('other'))]
			const rows = await Promise.all(keys.map((key) => store.at(keyToPlace(key))))
			return Math.max(0, ...rows.map((event) => event?.row.recv ?? 0))
		},
		onDamaged: (listener) => {
			damagedListeners.add(listener)
			return () => void damagedListeners.delete(listener)
		},
	}
	return store
}
