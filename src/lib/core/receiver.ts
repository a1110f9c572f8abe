/**
 * What comes in: items of a page from the server (peers: direct-receiver.ts) → judged by the rules of both sides → stored →
 * opened and shown. Phases, in this order, one batch of a conversation after the other:
 *
 *   judge (pure) → verify signatures (batches) → seal rows → one transaction → memory → tell
 *
 * What cannot be judged yet waits outside the Y.Doc (`held`) and asks for what is missing. What the server admitted
 * and we find invalid keeps its place, so that streams stay whole, and folds to nothing.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { pageDigest } from '#protocol/digest.ts'
import { decodeItem } from '#protocol/envelope.ts'
import { ITEM_MAX } from '#protocol/limits.ts'
import { claimOfHeld, type Missing } from '#protocol/intrinsic.ts'
import { conversationRange, eventIdKey, eventKey, heldKey, keyToPage, keyToPlace, type PlaceId } from '#store/keys.ts'
import type { ReceivedItem } from '#sync/page-session.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import { heldRow } from './conversation-rows.ts'
import type { Erasures } from './erasures.ts'
import { eventStores, isUnplaced, putEvents, type KnownEvent } from './event-store.ts'
import type { Judged, Judging } from './judging.ts'
import type { PageFacts } from './page-facts.ts'
import { guidToPage, pageToGuid } from './page-names.ts'
import type { ReportedItem } from './reports.ts'
import { mayLackText } from './skeletons.ts'

export interface Receiver {
	/** Resolves, after the commit, to the items that may enter the Y.Doc. */
	readonly receive: (guid: string, received: readonly ReceivedItem[]) => Promise<readonly PageItem[]>
	/**
	 * All of a page, as another device has it, with the numbers that the server gave. Kept where it is exactly the page of this digest
	 * (`taken`), and no text of it was taken away by a word alone; `unsure` where that cannot be said here.
	 */
	readonly receiveWhole: (
		guid: string,
		received: readonly ReceivedItem[],
		digest: Bytes,
	) => Promise<'taken' | 'unsure' | 'false'>
	/** Judges again what was held, now that a log has grown; the items that may enter, by guid. */
	readonly retryHeld: () => Promise<ReadonlyMap<string, readonly PageItem[]>>
}

export interface ReceiverListener {
	/** Rows that were stored or changed, after their commit. */
	readonly stored: (events: readonly KnownEvent[]) => Promise<void>
	readonly missing: (missing: Missing) => void
	/** A device of a member has signed that the log reaches that far. */
	readonly logReaches: (seq: number) => void
	/** The server stored it all the same. */
	readonly badSignature: (item: ReportedItem) => void
}

export function createReceiver(
	conversation: ConversationId,
	context: ConversationContext,
	{
		facts,
		erasures,
		judging,
		...listener
	}: ReceiverListener & { facts: PageFacts; erasures: Erasures; judging: Judging },
): Receiver {
	const { crypto, events, logs, records, storage, self, time, hybridClock } = context
	const { judge, view } = judging

	/** The row after this item: new, numbered, or unchanged (null). */
	function rowOf(guid: string, { received, judgment }: Judged): KnownEvent | null {
		const { item, recv } = received
		switch (judgment.type) {
			case 'have':
				return renumbered(judgment.known, received)
			case 'valid': {
				const { event } = judgment
				hybridClock.seen(event.item.head.hlc)
				const row = { content: item.content, author: event.author, state: 'stored', recv, sequence: null } as const
				return {
					...guidToPage(guid),
					clientId: item.clientId,
					clock: item.clock,
					row,
					item: event.item,
					eventId: event.eventId,
				}
			}
			case 'refuse':
				return recv === 0 ? null : invalidRow(guid, received)
			case 'hold':
				return null
		}
	}

	/** The server stored it: it keeps its place, so that what follows in its stream arrives. */
	function invalidRow(guid: string, { item, recv }: ReceivedItem): KnownEvent | null {
		const decoded = item.content.length > ITEM_MAX ? null : decodeItem(item.content)
		if (decoded?.ok !== true) return null
		const row = { content: item.content, author: new Uint8Array(32), state: 'invalid', recv, sequence: null } as const
		const eventId = crypto.hash(item.content).slice(0, 16)
		return {
			...guidToPage(guid),
			clientId: item.clientId,
			clock: item.clock,
			row,
			item: decoded.value,
			eventId,
		}
	}

	async function store(guid: string, judged: readonly Judged[]): Promise<readonly KnownEvent[]> {
		const rows = await erasures.among(judged.flatMap((one) => rowOf(guid, one) ?? []))
		const holding = judged.filter(({ judgment }) => judgment.type === 'hold')
		const settled = judged
			.filter(({ judgment }) => judgment.type !== 'hold')
			.map(({ received }) => heldKey(placeOf(guid, received)))
		if (judged.length === 0) return []
		const sealed = await Promise.all(rows.map((row) => events.seal(row, equalBytes(row.row.author, self.idHash))))
		const held = await Promise.all(holding.map(({ received }) => sealHeld(guid, received)))
		// Relaxed, because all of it came from the server: a reader need not wait for the disk.
		await storage.transaction('write-relaxed', [...eventStores, 'held'], async (tx) => {
			await Promise.all([
				putEvents(tx, sealed),
				...settled.map((key) => tx.delete('held', key)),
				...held.map(({ row, id }) => tx.put('held', row.key, row.bytes, { id })),
			])
		})
		facts.stored(rows)
		return rows
	}

	const placeOf = (guid: string, { item }: Pick<ReceivedItem, 'item'>): PlaceId => ({
		...guidToPage(guid),
		clientId: item.clientId,
		clock: item.clock,
	})

	async function sealHeld(guid: string, { item, recv }: ReceivedItem) {
		const row = await records.seal(
			heldRow,
			{ store: 'held', key: heldKey(placeOf(guid, { item })) },
			{ content: item.content, recv },
		)
		return { row, id: eventIdKey(conversation, bytesToBase64url(crypto.hash(item.content).slice(0, 16))) }
	}

	/** Of what waits for the log: how far it must reach, by who signed what he knows. */
	async function heardOfLog(guid: string, judged: readonly Judged[]): Promise<void> {
		const state = logs.known(conversation)
		const waiting = judged.flatMap(({ received, judgment }) =>
			judgment.type === 'hold' && judgment.missing.what === 'log'
				? [{ item: received.item, seq: judgment.missing.seq }]
				: [],
		)
		if (state === null || waiting.length === 0) return
		const claims = waiting.flatMap(({ item, seq }) => {
			const claim = claimOfHeld(view(state), { guid, item, holder: null })
			return claim === null ? [] : [{ claim, seq }]
		})
		const good = await crypto.verify(claims.map(({ claim }) => claim))
		const reached = claims.filter((_, i) => good[i] === true).map(({ seq }) => seq)
		if (reached.length > 0) listener.logReaches(Math.max(...reached))
	}

	async function receive(guid: string, received: readonly ReceivedItem[]): Promise<readonly PageItem[]> {
		return keep(guid, await judge(guid, received))
	}

	async function receiveWhole(guid: string, received: readonly ReceivedItem[], digest: Bytes) {
		const judged = await judge(guid, received)
		const rows = judged.flatMap((one) => {
			const row = one.judgment.type === 'have' ? one.judgment.known : rowOf(guid, one)
			return row === null || row.row.state === 'invalid' ? [] : [row]
		})
		if (judged.some(({ judgment }) => judgment.type === 'hold')) return 'unsure'
		if (rows.length < judged.length || !equalBytes(pageDigest(crypto.hash, rows), digest)) return 'false'
		const state = logs.known(conversation)
		if (state === null || rows.some((row) => !mayLackText(row, rows, { state, now: time.now() }))) return 'unsure'
		await keep(guid, judged)
		return 'taken'
	}

	async function keep(guid: string, judged: readonly Judged[]): Promise<readonly PageItem[]> {
		const stored = await store(guid, judged)
		if (stored.length > 0) await listener.stored(stored)
		for (const {
			received: { item, recv },
			judgment,
		} of judged) {
			const isBad = judgment.type === 'refuse' && judgment.code === 'item-bad-signature'
			if (isBad && recv > 0) listener.badSignature({ guid, clientId: item.clientId, clock: item.clock })
		}
		await heardOfLog(guid, judged)
		const missing = judged.flatMap(({ judgment }) => (judgment.type === 'hold' ? [judgment.missing] : []))
		// Once for a whole batch: whoever sends many such items makes us ask no more often.
		for (const what of new Set(missing.map((one) => one.what)))
			listener.missing(missing.find((one) => one.what === what) as Missing)
		const standing = new Map(stored.map((event) => [eventKey(event), event.row.content]))
		return judged.flatMap(({ received: { item }, judgment }) => {
			const key = eventKey(placeOf(guid, { item }))
			if (judgment.type === 'have') return [{ ...item, content: judgment.known.row.content }]
			const content = standing.get(key)
			return content === undefined ? [] : [{ ...item, content }]
		})
	}

	return {
		receive,
		receiveWhole,
		retryHeld: async () => {
			const rows = await records.all(heldRow, 'held', conversationRange(conversation))
			const byGuid = Map.groupBy(rows, ({ key }) => pageToGuid(keyToPage(key)))
			const entering = new Map<string, readonly PageItem[]>()
			for (const [guid, held] of byGuid) {
				const received = held.map(({ key, value }) => ({ item: itemAt(key, value.content), recv: value.recv }))
				entering.set(guid, await receive(guid, received))
			}
			return entering
		},
	}
}

/** A row gets its number; one that waits for its ack gets it with that, and its outbox entry goes in the same transaction. */
function renumbered(known: KnownEvent, { recv }: ReceivedItem): KnownEvent | null {
	if (recv === 0 || known.row.recv === recv || known.row.state === 'placed') return null
	// What a peer had brought is at the server.
	const state = isUnplaced(known.row) ? 'stored' : known.row.state
	return { ...known, row: { ...known.row, state, recv } }
}

function itemAt(key: string, content: PageItem['content']): PageItem {
	const { clientId, clock } = keyToPlace(key)
	return { clientId, clock, content }
}
