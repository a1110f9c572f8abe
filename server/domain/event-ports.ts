/**
 * Ports of stored events and markers.
 *
 * An event is one row. What can be read from its bytes stands in no column beside them, except what an index needs.
 * Conversations, pages and streams have small numbers of the database's own (`id`): they shorten every row and every
 * index, and mean nothing elsewhere.
 *
 * Invariants that the admission runner keeps and the schema backs: recv counts per conversation from 1 without gaps;
 * (page, stream, clock) holds one row for ever; a row is never deleted, at most its bytes become a skeleton.
 */
import type { Bytes } from '#protocol/bytes.ts'

export interface ConversationCounters {
	readonly id: number
	/** recvSeq of the last row stored; 0 before the first. */
	readonly recv: number
	/** The page that takes posts now. */
	readonly current: number
	/** When the last post was stored, ms; 0 before the first. */
	readonly lastAt: number
	/** Some redact waits for its target: hardly ever. Of the rows, never written. */
	readonly redactionsWait: boolean
}

export interface PageRow {
	readonly id: number
	readonly page: number
	/** 0 is the page itself. */
	readonly part: number
	/** Posts ever stored; redacted ones go on counting. */
	readonly posts: number
	/** Bytes of those posts as they came. */
	readonly postBytes: number
	/** Bytes of all items as they came. */
	readonly bytes: number
	/** recvSeq of the last row stored here: what `heads` compares with `since`. */
	readonly version: number
	/** The page before takes posts for a minute more from then on. */
	readonly openedAt: number
}

/** All items that one clientID wrote in one page. A clientID belongs to the device whose item was stored first. */
export interface StreamRow {
	readonly id: number
	readonly clientId: number
	readonly device: Bytes
	readonly incarnation: number
	/** The only clock that the next item may have. */
	readonly next: number
	readonly startedAt: number
}

export interface EventRow {
	readonly recv: number
	/** PageRow.id */
	readonly page: number
	/** StreamRow.id */
	readonly stream: number
	readonly clock: number
	readonly eventId: Bytes
	readonly at: number
	/** When its text goes, ms; null where it stays. */
	readonly expiresAt: number | null
	/** An encoded item. */
	readonly bytes: Bytes
}

/** A stored item whose text is due to go. */
export interface ExpiredRow {
	/** ConversationCounters.id */
	readonly id: number
	readonly recv: number
	readonly bytes: Bytes
}

/** Where an event stands, and when it came. */
export interface EventPlace {
	readonly recv: number
	readonly page: number
	readonly part: number
	readonly clientId: number
	readonly clock: number
	readonly eventId: Bytes
	readonly at: number
}

export interface PageItemRow {
	readonly clientId: number
	readonly clock: number
	readonly recv: number
	readonly bytes: Bytes
}

/** A row with its place, for whoever reads a conversation from end to end. */
export interface FeedRow extends PageItemRow {
	readonly page: number
	readonly part: number
}

export interface DigestItem {
	readonly clientId: number
	readonly clock: number
	readonly eventId: Bytes
}

/** A redact whose target has not come yet: what is needed to judge it then. */
export interface WaitingRedaction {
	/** eventId of the target. */
	readonly target: Bytes
	/** eventId of the redact. */
	readonly by: Bytes
	/** The redactor's account. */
	readonly account: Bytes
	/** Whether he was admin at the redact's logSeq: then the target may be anybody's. */
	readonly admin: boolean
}

/** The caller counted on from what another node has moved on: nothing is stored, and he reads anew. */
export class Overtaken extends Error {
	constructor() {
		super('the conversation has moved on')
	}
}

/** All that one turn changes in one conversation. */
export interface EventChange {
	/** `id` says which; `recv` as the caller saw it, and `events` besides. */
	readonly counters: ConversationCounters
	/** Opened before, with their new counts. */
	readonly pages: readonly PageRow[]
	/** `from`: the `next` that the caller saw. */
	readonly streams: readonly { readonly id: number; readonly from: number; readonly next: number }[]
	readonly events: readonly EventRow[]
	/** Rows whose bytes change form: a ciphertext goes and the skeleton stays, or the text of a skeleton came. */
	readonly rewritten: readonly { readonly recv: number; readonly bytes: Bytes }[]
	readonly waiting: readonly WaitingRedaction[]
}

export interface Events {
	/** Makes the conversation's counters where there are none. */
	openCounters(conversation: Bytes): Promise<ConversationCounters>
	/** Null before the first event. */
	counters(conversation: Bytes): Promise<ConversationCounters | null>
	/** Pages and parts changed after `since`, ascending by page, part. */
	pages(id: number, since: number): Promise<PageRow[]>
	/** A page and its parts, ascending; empty when the page was never opened. */
	parts(id: number, page: number): Promise<PageRow[]>
	/** Empty and open. Throws Overtaken when it exists. */
	openPage(
		id: number,
		page: { readonly page: number; readonly part: number; readonly openedAt: number },
	): Promise<PageRow>
	streams(pageId: number): Promise<StreamRow[]>
	/** With `next` 0. Throws Overtaken when the page has this clientID. */
	openStream(pageId: number, stream: Omit<StreamRow, 'id' | 'next'>): Promise<StreamRow>
	/** Throws Overtaken where the conversation has other events than the caller counted on; so a recv and a place have one row. */
	store(change: EventChange): Promise<void>
	/** The first places of those that are there, in no particular order. */
	byEventIds(id: number, eventIds: readonly Bytes[]): Promise<EventPlace[]>
	/** The first place of an event: the one with the lowest recv. */
	byEventId(id: number, eventId: Bytes): Promise<EventPlace | null>
	byPlace(ids: { readonly page: number; readonly stream: number }, clock: number): Promise<EventPlace | null>
	item(id: number, recv: number): Promise<Bytes | null>
	/** Rows of a page in streams from these clocks on, in no particular order; all rows without `from`. */
	rows(pageId: number, from?: readonly { readonly stream: number; readonly clock: number }[]): Promise<PageItemRow[]>
	/** Rows of a conversation with a recv beyond `after` and up to `upTo`, ascending, the first `limit`. */
	after(
		id: number,
		range: { readonly after: number; readonly upTo: number; readonly limit: number },
	): Promise<FeedRow[]>
	/** From a covering index, never from the bytes. Ascending by clientID is not promised. */
	digestItems(pageId: number): Promise<DigestItem[]>
	/** Of all conversations, those that expired at or before `now`: the first come first, at most `limit`. */
	expired(now: number, limit: number): Promise<ExpiredRow[]>
	/** They keep their places and take these bytes, and are no longer due. */
	expire(rows: readonly ExpiredRow[]): Promise<void>
	waitingRedactions(id: number, target: Bytes): Promise<WaitingRedaction[]>
	/** Of all conversations: the next recv lies beyond the next multiple of RECV_SEQ_RESTORE_STEP. */
	leap(): Promise<void>
}

export type MarkerKind = 'read' | 'delivered'

export interface MarkerRow {
	readonly account: Bytes
	readonly device: Bytes
	readonly kind: MarkerKind
	readonly hlc: bigint
	/** A signed marker as it came. */
	readonly marker: Bytes
}

export interface Markers {
	/** False, and nothing stored, when this device's marker of this kind is as new or newer. */
	put(conversation: Bytes, row: MarkerRow): Promise<boolean>
	of(conversation: Bytes): Promise<MarkerRow[]>
}
