/**
 * What the server says to items that were placed, or that a peer had brought (protocol.md §3), each verdict in one transaction:
 *
 *   accept, have   the row gets its number, the outbox entry goes
 *   duplicate      the same; the event counts at its first place
 *   hold           the same item is offered again after a while, or when the log has grown
 *   refuse         the row leaves the page, with all that was placed behind it in the stream: the server takes no clock
 *                  after a gap. The texts wait for a place under a new incarnation, or fail for good. What a peer had brought
 *                  is not offered again, and stays readable
 */
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { encodeItem, toSkeleton } from '#protocol/envelope.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { guidOf, parseGuid } from '#protocol/guid.ts'
import type { Ack } from '#protocol/hub.ts'
import { textToId } from '#protocol/ids.ts'
import { eventKey, outboxKey, type PageId } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { OutboxRow } from './outbox-row.ts'
import type { Erasures } from './erasures.ts'
import { eventStores, putEvents, type KnownEvent } from './event-store.ts'
import { putOutbox, type OutboxEntry } from './outbox.ts'
import { unplacedRow } from './reclaim.ts'
import type { Streams } from './streams.ts'

export interface Settled {
	readonly stored: readonly KnownEvent[]
	/** To be offered again, each after that many ms. */
	readonly held: readonly { readonly event: KnownEvent; readonly afterMs: number; readonly needsLog: boolean }[]
	/** Gone from their page; the texts wait again, or failed for good. */
	readonly removed: readonly KnownEvent[]
	/** Refused; a peer had brought them. */
	readonly unconfirmed: readonly KnownEvent[]
}

export interface Verdicts {
	readonly settle: (acks: readonly Ack[]) => Promise<Settled>
}

/** Refusals that another place or seal does not cure: the person decides what becomes of the text. */
const finalCodes: ReadonlySet<WireErrorCode> = new Set<WireErrorCode>([
	'item-no-right',
	'item-too-large',
	'item-not-friends',
	'item-archived',
	'item-device-ended',
	'item-unknown-kind',
	'item-wrong-author',
	'not-member',
])

/** An edit, a reaction, a pin, a redaction goes to the next part (SPEC PAGE13, PAGE14). */
const fullCodes: ReadonlySet<WireErrorCode> = new Set<WireErrorCode>(['item-page-closed', 'item-too-many-incarnations'])

/** Refused so often, for whatever reason, it is the person's turn. */
const maxAttempts = 5

/** A timer takes no more than 2^31 ms, and a server that says "at once" is not asked without a pause. */
const againMin = 250
const againMax = 10 * 60_000

export interface VerdictParts {
	readonly streams: Streams
	readonly erasures: Erasures
	/** The page takes nothing more of what is no post. */
	readonly full: (page: PageId) => void
}

export function createVerdicts(
	conversation: ConversationId,
	context: ConversationContext,
	{ streams, erasures, full }: VerdictParts,
): Verdicts {
	const { crypto, self, storage, events, outbox } = context

	const entryOf = (event: KnownEvent): OutboxEntry | null =>
		outbox.of(conversation).find(({ sequence }) => sequence === event.row.sequence) ?? null

	async function eventAt({
		guid,
		clientId,
		clock,
	}: Pick<Ack, 'guid' | 'clientId' | 'clock'>): Promise<KnownEvent | null> {
		const address = parseGuid(guid)
		return address === null
			? null
			: events.at({ conversation, page: address.page, part: address.part, clientId, clock })
	}

	/** Null: no item that waits for an ack, ours or what a peer brought. */
	async function placedAt(ack: Ack): Promise<KnownEvent | null> {
		const event = await eventAt(ack)
		const isOurs = event?.row.state === 'placed' && equalBytes(event.row.author, self.idHash)
		return isOurs || event?.row.state === 'direct' ? event : null
	}

	async function store(accepted: readonly KnownEvent[]): Promise<readonly KnownEvent[]> {
		const written = await erasures.among(accepted)
		const rows = await Promise.all(
			written.map((event) => events.seal(event, equalBytes(event.row.author, self.idHash))),
		)
		const entries = accepted.flatMap((event) => entryOf(event) ?? [])
		await storage.transaction('write', [...eventStores, 'outbox'], async (tx) => {
			await Promise.all([
				putEvents(tx, rows),
				...entries.map(({ sequence }) => tx.delete('outbox', outboxKey(conversation, sequence))),
			])
		})
		entries.forEach(outbox.removed)
		return written
	}

	const numbered = (event: KnownEvent, recv: number): KnownEvent => ({
		...event,
		row: { ...event.row, state: 'stored', recv },
	})

	/** The server keeps a skeleton here; so do we, where we hold the event at the place that it names. */
	async function asDuplicate(event: KnownEvent, ack: Extract<Ack, { verdict: 'duplicate' }>): Promise<KnownEvent> {
		const first = await eventAt(ack.first)
		if (first === null || !equalBytes(first.eventId, event.eventId)) return event
		const item = toSkeleton(crypto.hash, event.item, { why: 'duplicate' })
		return { ...event, item, row: { ...event.row, content: encodeItem(item) } }
	}

	/** With all behind it in its stream: the server takes none of them after it. */
	async function unconfirm(event: KnownEvent): Promise<readonly KnownEvent[]> {
		const { clientId, clock } = event
		const stream = (await events.part(event)).filter(
			(other) => other.clientId === clientId && other.clock >= clock && other.row.state === 'direct',
		)
		const rows = stream.map((one): KnownEvent => ({ ...one, row: { ...one.row, state: 'unconfirmed' } }))
		const sealed = await Promise.all(rows.map((row) => events.seal(row, equalBytes(row.row.author, self.idHash))))
		await storage.transaction('write', [...eventStores], (tx) => putEvents(tx, sealed))
		return rows
	}

	async function refused(event: KnownEvent, code: WireErrorCode): Promise<readonly KnownEvent[]> {
		const { clientId, clock } = event
		if (fullCodes.has(code) && event.item.head.kind !== 'post') full(event)
		const behind = (await events.part(event)).filter(
			(other) => other.clientId === clientId && other.clock > clock && other.row.state === 'placed',
		)
		const removed = [event, ...behind]
		const entries = removed.flatMap((one) => {
			const entry = entryOf(one)
			return entry === null
				? []
				: [{ ...entry, row: one === event ? afterRefusal(entry.row, one, code) : unplacedRow(entry.row, one.eventId) }]
		})
		const rows = await Promise.all(entries.map(outbox.seal))
		const { incarnation } = event.item.place
		const stream = await streams.ended(event, incarnation)
		await storage.transaction('write', [...eventStores, 'outbox', 'streams'], async (tx) => {
			for (const one of removed) await tx.delete('events', eventKey(one))
			for (const row of rows) await putOutbox(tx, row)
			await tx.put('streams', stream.key, stream.bytes)
		})
		entries.forEach(outbox.changed)
		const id = textToId('conversation', conversation) as Bytes
		streams.abandon(guidOf({ conversation: id, page: event.page, part: event.part }), incarnation)
		return removed
	}

	/** Those of a batch that the server has, in one transaction. */
	async function storeAccepted(acks: readonly Ack[]): Promise<readonly KnownEvent[]> {
		const stored: KnownEvent[] = []
		for (const ack of acks) {
			if (ack.verdict === 'hold' || ack.verdict === 'refuse') continue
			const event = await placedAt(ack)
			if (event === null || !isOf(ack.eventId, event)) continue
			stored.push(numbered(ack.verdict === 'duplicate' ? await asDuplicate(event, ack) : event, ack.recv))
		}
		return stored.length > 0 ? store(stored) : []
	}

	return {
		settle: async (acks) => {
			const stored = await storeAccepted(acks)
			const held: Settled['held'][number][] = []
			const removed: KnownEvent[] = []
			const unconfirmed: KnownEvent[] = []
			for (const ack of acks) {
				// What was stored above is no longer placed; another event acked at this place is a refusal of ours.
				const event = await placedAt(ack)
				if (event === null) continue
				if (ack.verdict === 'hold') held.push({ event, ...pauseOf(ack) })
				else if (event.row.state === 'direct') unconfirmed.push(...(await unconfirm(event)))
				else removed.push(...(await refused(event, ack.verdict === 'refuse' ? ack.code : 'item-wrong-clock')))
			}
			return { stored, held, removed, unconfirmed }
		},
	}
}

function pauseOf({ retryAfter, code }: Extract<Ack, { verdict: 'hold' }>) {
	const afterMs = Math.min(Math.max(retryAfter, againMin), againMax)
	return { afterMs, needsLog: code === 'hold-log' || code === 'hold-rotation' }
}

function isOf(eventId: string, event: KnownEvent): boolean {
	const acked = base64urlToBytes(eventId)
	return acked !== null && equalBytes(acked, event.eventId)
}

function afterRefusal(row: OutboxRow, event: KnownEvent, code: WireErrorCode): OutboxRow {
	const attempts = row.attempts + 1
	const failed = finalCodes.has(code) || attempts >= maxAttempts
	return {
		...unplacedRow(row, event.eventId),
		state: failed ? 'failed' : 'waiting',
		code: failed ? code : null,
		attempts,
	}
}
