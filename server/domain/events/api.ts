/** What the edges ask of events, pages and markers. `createEvents` (create-events.ts) builds it. */
import type { Bytes } from '#protocol/bytes.ts'
import type { PageAddress } from '#protocol/guid.ts'
import type { Ack } from '#protocol/hub.ts'
import type { PageItem, Stray } from '#protocol/page-codec.ts'
import type { StateVector } from '#protocol/page-messages.ts'
import type { StoredItem } from '../event-signals.ts'
import { ok } from '#protocol/result.ts'
import { refuse, type Decided } from '../refusal.ts'

/** The proven connection that brings items. */
export interface Uploader {
	readonly account: Bytes
	readonly device: Bytes
	/** Unique among all connections of all nodes. */
	readonly connection: string
	/** False: a bot that only reads. */
	readonly mayWrite?: boolean
}

/** The items of one frame. */
export interface Upload {
	readonly guid: string
	readonly address: PageAddress
	readonly items: readonly PageItem[]
	/** What is no item of ours: refused, once. */
	readonly strays: readonly Stray[]
	readonly uploader: Uploader
	/** Called once, after the commit that decided: one verdict per item and stray, in their order. Must not throw. */
	readonly settle: (settled: { readonly acks: readonly Ack[] }) => void
}

export interface EventsApi {
	/** Takes the items into the next turn. */
	submit(upload: Upload): void
	/** Resolves when nothing is under way. */
	drained(): Promise<void>
}

export interface PageHead {
	readonly page: number
	readonly part: number
	readonly version: number
	readonly posts: number
	/** 16 bytes. */
	readonly digest: Bytes
}

export interface ConversationHeads {
	readonly version: number
	readonly current: number
	readonly recv: number
	readonly pages: readonly PageHead[]
}

export interface ConversationSummary {
	/** recvSeq of the newest row; 0 before the first. */
	readonly recv: number
	/** The page that takes posts. */
	readonly current: number
	/** When the last post was stored; 0 before the first. */
	readonly lastAt: number
}

/** One page ahead may be opened, where a client that counts by itself will place next. Refused: not-found. */
export function checkPage({ page }: PageAddress, { current }: ConversationSummary): Decided<null> {
	return page > current + 1 ? refuse('not-found') : ok(null)
}

/** The last row of a stream: what a device compares its own next clock with. */
export interface StreamEnd {
	readonly next: number
	readonly lastEventId: Bytes | null
}

export interface PagesApi {
	/** The caller has checked that his reader may read. */
	stateVector(address: PageAddress): Promise<StateVector>
	/** Rows that are missing in `vector`, in update order. */
	missing(address: PageAddress, vector: StateVector): Promise<StoredItem[]>
	summary(conversation: Bytes): Promise<ConversationSummary>
	headsOf(conversation: Bytes, since: number): Promise<ConversationHeads>
	/** Null for a page that was never opened. */
	rowsOf(address: PageAddress): Promise<StoredItem[] | null>

	/** Pages and parts with rows after `since` (a version given before), with digests. Refused: not-member. */
	heads(reader: Bytes, conversation: Bytes, since: number): Promise<Decided<ConversationHeads>>
	/** Every row of a page, in update order. Refused: not-member, not-found for a page that was never opened. */
	rows(reader: Bytes, address: PageAddress): Promise<Decided<StoredItem[]>>
	/** Of the own device only. Refused: not-member, not-found for another's stream. `next` 0 for an unknown one. */
	streamEnd(
		reader: { readonly account: Bytes; readonly device: Bytes },
		address: PageAddress,
		clientId: number,
	): Promise<Decided<StreamEnd>>
}

export interface MarkersApi {
	/** A signed marker of the caller's own device. Refused: malformed, not-member, not-friends, bad-signature, hold-ahead. */
	put(
		by: { readonly account: Bytes; readonly device: Bytes },
		conversation: Bytes,
		marker: Bytes,
	): Promise<Decided<null>>
	/** The newest of every device and kind, of those who are members now. Refused: not-member. */
	of(
		reader: Bytes,
		conversation: Bytes,
	): Promise<Decided<readonly { readonly account: Bytes; readonly marker: Bytes }[]>>
	/** Resolves when nothing is under way. */
	drained(): Promise<void>
}
