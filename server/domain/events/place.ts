/**
 * Inside the transaction: one judged item against what the conversation holds now, and the row that follows from the
 * verdict. The rules themselves are the protocol's (admission.ts, page-book.ts); here are the facts that they ask for.
 */
import {
	admit,
	incarnationsUsedUp,
	verdictOf,
	type AdmissionFacts,
	type FirstPlace,
	type Verdict,
} from '#protocol/admission.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { isArchivedAt, roleAt } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { encodeItem, toSkeleton } from '#protocol/envelope.ts'
import { guidOf } from '#protocol/guid.ts'
import type { Ack } from '#protocol/hub.ts'
import type { JudgedEvent } from '#protocol/intrinsic.ts'
import { emptyTally, placePage, type PageBook } from '#protocol/page-book.ts'
import type { EventPlace, StreamRow } from '../event-ports.ts'
import type { Draft, DraftPage } from './draft.ts'
import type { Standing } from './friendship-cache.ts'
import type { JudgedItem } from './judge.ts'
import type { CutWaits } from './cut-waits.ts'
import type { Rates } from './rates.ts'
import { applyRedact, isFillable, redactedBefore, storedForm, storedItem, type RedactionPorts } from './redactions.ts'

export interface Placing extends RedactionPorts {
	readonly draft: Draft
	readonly state: ConversationState
	/** ms; one for the whole turn. */
	readonly now: number
	/** Of the two of a direct conversation. */
	readonly standing: Standing
	/** Charged to the author: events, and bytes of items. */
	readonly rates: Rates
	readonly cutWaits: CutWaits
	readonly quotas: Rates
}

const dayMs = 24 * 60 * 60 * 1000

/** The ack, with whatever follows from it in the draft. */
export async function placeItem(placing: Placing, judged: JudgedItem): Promise<Ack> {
	const { judgment, item } = judged
	const { guid } = judged.upload
	const at = { guid, clientId: item.clientId, clock: item.clock }
	if (judgment.type !== 'valid') {
		const verdict = verdictOf(judgment)
		return verdict.type === 'refuse' ? { verdict: 'refuse', ...at, code: verdict.code } : heldAck(at, verdict)
	}
	const { event } = judgment
	const scene = await lookAround(placing, event)
	const taken = scene.stream !== null && !equalBytes(scene.stream.device, event.item.head.deviceId)
	if (taken) return { verdict: 'refuse', ...at, code: 'item-stream-taken' }
	const verdict = admit(event, factsFor(placing, judged, { event, scene }))
	return carryOut(placing, judged, { event, scene, verdict })
}

type At = { readonly guid: string; readonly clientId: number; readonly clock: number }

function heldAck(at: At, { code, retryAfterMs }: Extract<Verdict, { type: 'hold' }>): Ack {
	return { verdict: 'hold', ...at, code, retryAfter: Math.max(1, Math.ceil(retryAfterMs)) }
}

/** The rows that an item meets. */
interface Scene {
	readonly page: DraftPage | null
	readonly newest: DraftPage | null
	readonly stream: StreamRow | null
	readonly book: PageBook
	/** The row at this very place … */
	readonly stored: EventPlace | null
	/** … is a skeleton that may have its text back. */
	readonly fillable: boolean
	/** The event at another place. */
	readonly first: EventPlace | null
}

async function lookAround({ draft }: Placing, event: JudgedEvent): Promise<Scene> {
	const { current } = draft.counters
	const isLate = event.page === current - 1
	if (!draft.hasRead(event.page)) await draft.read(event.page)
	if (isLate && !draft.hasRead(current)) await draft.read(current)
	const page = draft.page(event.page, event.part)
	const newest = event.part === 0 && event.item.head.kind === 'post' ? page : draft.newestPart(event.page)
	const stream = page === null ? null : draft.stream(page, event.clientId)
	const next = stream?.next ?? 0
	const stored =
		page !== null && stream !== null && event.clock < next ? await draft.byPlace(page, stream, event.clock) : null
	const first = event.clock === next ? await draft.byEventId(event.eventId) : null
	const book: PageBook = {
		current,
		currentSince: isLate ? (draft.page(current, 0)?.row.openedAt ?? 0) : 0,
		here: page?.row ?? emptyTally,
		newestPart: newest?.row.part ?? 0,
		newestPartBytes: newest?.row.bytes ?? 0,
	}
	return { page, newest, stream, book, stored, fillable: stored !== null && (await isFillableAt(draft, stored)), first }
}

type Met = { readonly event: JudgedEvent; readonly scene: Scene }

function factsFor(placing: Placing, { device, own }: JudgedItem, { event, scene }: Met): AdmissionFacts {
	const { state, now, standing, rates, quotas, cutWaits } = placing
	const author = bytesToBase64url(event.author)
	const { page, newest, stream, book, stored, fillable, first } = scene
	const { seq } = state.head
	return {
		now,
		kind: state.kind,
		author: {
			role: roleAt(state, event.author, seq),
			deviceEnded: device === null || device.device.ended !== null,
			ownConnection: own,
			...standing,
		},
		archived: isArchivedAt(state, seq) || isRetired(standing, event.author),
		// No client has said that it can rotate: none is made to wait for what it cannot do (docs/decisions/0101).
		epoch: { endedAt: state.epochs[event.item.head.epoch]?.time ?? null, rotateFirst: false },
		lifetimes: [state.policy.expiry, (state.policyBefore ?? state.policy).expiry],
		pages: book,
		stream: {
			nextClock: stream?.next ?? 0,
			...(stream === null ? incarnations(placing, page, event) : { newToday: 0, newEver: 0 }),
			newestPartUsedUp: event.part > book.newestPart && incarnationsUsedUp(incarnations(placing, newest, event)),
		},
		stored: stored && { eventId: stored.eventId, fillable },
		first: first && firstPlace(placing, first),
		rateWaitMs: rates.wait(author, costOf(event)) ?? cutWaits.wait(state.id, author),
		quotaWaitMs: quotas.wait(author, event.content.length),
	}
}

/** He who writes a notice without being an administrator any more. */
function isRetired({ retired }: Standing, author: Bytes): boolean {
	return retired !== null && equalBytes(retired, author)
}

/** Streams of the event's device in a page, by their first row. */
function incarnations(
	{ draft, now }: Placing,
	page: DraftPage | null,
	{ item }: JudgedEvent,
): { newToday: number; newEver: number } {
	const own =
		page === null ? [] : [...draft.streams(page)].filter(({ device }) => equalBytes(device, item.head.deviceId))
	return { newToday: own.filter(({ startedAt }) => startedAt > now - dayMs).length, newEver: own.length }
}

async function isFillableAt(draft: Draft, { recv }: EventPlace): Promise<boolean> {
	const bytes = await draft.bytes(recv)
	return bytes !== null && isFillable(storedItem(bytes))
}

function firstPlace({ draft }: Placing, { page, part, clientId, clock, recv }: EventPlace): FirstPlace {
	return { guid: guidOf({ conversation: draft.book.conversation, page, part }), clientId, clock, recv }
}

/** A redact costs by its targets: each is a look-up and maybe a row written. */
function costOf({ item }: JudgedEvent): number {
	return 1 + item.head.targets.length / 16
}

async function carryOut(placing: Placing, judged: JudgedItem, met: Met & { verdict: Verdict }): Promise<Ack> {
	const { event, scene, verdict } = met
	const at = { guid: event.guid, clientId: event.clientId, clock: event.clock }
	if (verdict.type === 'refuse') return { verdict: 'refuse', ...at, code: verdict.code }
	if (verdict.type === 'hold') return heldAck(at, verdict)
	const eventId = bytesToBase64url(event.eventId)
	if (verdict.type === 'have') return { verdict: 'have', ...at, eventId, ...received(scene.stored) }
	if (verdict.type === 'duplicate') {
		const bytes = encodeItem(toSkeleton(placing.hash, event.item, { why: 'duplicate' }))
		const stored = await store(placing, judged, { event, scene, bytes, duplicate: true })
		return { verdict: 'duplicate', ...at, eventId, ...stored, first: verdict.first }
	}
	const by = placing.draft.redactionsWait ? await redactedBefore(placing.draft, event) : null
	const bytes = bytesToStore(placing, event, by)
	if (verdict.fills)
		return { verdict: 'accept', ...at, eventId, ...fill(judged, placing.draft, { event, scene, bytes }) }
	const stored = await store(placing, judged, { event, scene, bytes, duplicate: false })
	if (event.item.head.kind === 'redact') await applyRedact(placing, placing.draft, event)
	return { verdict: 'accept', ...at, eventId, ...stored }
}

function received(place: EventPlace | null): { recv: number; at: number } {
	if (place === null) throw new Error('nothing is stored at this place')
	return { recv: place.recv, at: place.at }
}

/** `by`: the redact that came before the event. */
function bytesToStore({ hash, now }: Placing, event: JudgedEvent, by: Bytes | null): Bytes {
	const item = storedForm(hash, event, { by, now })
	return item === event.item ? event.content : encodeItem(item)
}

/** The text of a skeleton came: same row, same recv, and followers get it again. */
function fill(
	{ upload }: JudgedItem,
	draft: Draft,
	{ event, scene, bytes }: Met & { bytes: typeof event.content },
): { recv: number; at: number } {
	const { recv, at } = received(scene.stored)
	draft.rewrite(recv, bytes)
	scene.page?.stored.push({ clientId: event.clientId, clock: event.clock, content: bytes, recv })
	scene.page?.origins.add(upload.uploader.connection)
	return { recv, at }
}

async function store(
	placing: Placing,
	{ upload }: JudgedItem,
	{ event, scene, bytes, duplicate }: Met & { bytes: typeof event.content; duplicate: boolean },
): Promise<{ recv: number; at: number }> {
	const { draft, now, rates, quotas } = placing
	const { kind, deviceId } = event.item.head
	const arrival = { kind, page: event.page, part: event.part, size: event.content.length, now }
	const { book, openedPage } = placePage(scene.book, arrival, duplicate)
	const page = scene.page ?? (await draft.open(event.page, event.part, now))
	const { clientId, clock, eventId } = event
	const { incarnation } = event.item.place
	const stream =
		scene.stream ?? (await draft.openStream(page, { clientId, device: deviceId, incarnation, startedAt: now }))
	const recv = draft.counters.recv + 1
	const { expiresAt } = event.item.head
	const row = { recv, page: page.row.id, stream: stream.id, clock, eventId, at: now, expiresAt, bytes }
	draft.add(page, stream, row)
	page.row = { ...page.row, ...book.here, version: recv }
	page.changed = true
	page.origins.add(upload.uploader.connection)
	if (kind === 'post') draft.counters = { ...draft.counters, lastAt: now }
	if (openedPage !== null) {
		await draft.open(openedPage, 0, now)
		draft.counters = { ...draft.counters, current: openedPage }
	}
	const author = bytesToBase64url(event.author)
	rates.take(author, costOf(event))
	quotas.take(author, event.content.length)
	return { recv, at: now }
}
