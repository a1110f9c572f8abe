/**
 * Reading pages: state vectors, what is missing behind one, heads with digests, whole pages. Answers show what is
 * committed. The bytes come from the database each time; what is asked often and is small is remembered (books.ts).
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { pageDigest } from '#protocol/digest.ts'
import type { PageAddress } from '#protocol/guid.ts'
import { inUpdateOrder } from '#protocol/page-codec.ts'
import type { StateVector } from '#protocol/page-messages.ts'
import type { Hash } from '#protocol/ports.ts'
import { ok } from '#protocol/result.ts'
import type { ConversationStates } from '../domain.ts'
import type { Events, PageItemRow } from '../event-ports.ts'
import type { StoredItem } from '../event-signals.ts'
import { refuse, type Decided } from '../refusal.ts'
import type { ConversationHeads, ConversationSummary, PageHead, PagesApi, StreamEnd } from './api.ts'
import type { Books, PageEntry } from './books.ts'

export interface PagesPorts {
	readonly events: Events
	readonly hash: Hash
	readonly books: Books
	readonly conversationStates: ConversationStates
}

interface PagesContext extends PagesPorts {
	readonly digestOf: (pageId: number, version: number) => Promise<Bytes>
}

const digestsMax = 20_000

export function createPages(ports: PagesPorts): PagesApi {
	const context = { ...ports, digestOf: createDigests(ports) }
	return {
		summary: (conversation) => summary(context, conversation),
		stateVector: async (address) => vectorOf(await entryOf(context, address)),
		missing: (address, vector) => missing(context, address, vector),
		headsOf: (conversation, since) => headsOf(context, conversation, since),
		rowsOf: (address) => rowsOf(context, address),
		heads: (reader, conversation, since) => heads(context, reader, { conversation, since }),
		rows: (reader, address) => rows(context, reader, address),
		streamEnd: (reader, address, clientId) => streamEnd(context, reader, { address, clientId }),
	}
}

/** Whoever is no member learns nothing, not even whether there is such a conversation. */
export async function checkMember(
	{ conversationStates }: Pick<PagesPorts, 'conversationStates'>,
	reader: Bytes,
	conversation: Bytes,
): Promise<Decided<null>> {
	const state = await conversationStates.get(conversation)
	return state?.members.has(bytesToBase64url(reader)) === true ? ok(null) : refuse('not-member')
}

async function entryOf({ books }: PagesPorts, { conversation, page, part }: PageAddress): Promise<PageEntry | null> {
	return (await books.parts(await books.get(conversation), page)).get(part) ?? null
}

async function summary({ books }: PagesPorts, conversation: Bytes): Promise<ConversationSummary> {
	const { recv, current, lastAt } = (await books.get(conversation)).counters ?? { recv: 0, current: 0, lastAt: 0 }
	return { recv, current, lastAt }
}

async function missing(context: PagesContext, address: PageAddress, vector: StateVector): Promise<StoredItem[]> {
	const entry = await entryOf(context, address)
	const from = entry === null ? [] : lacking(entry, vector)
	return entry === null || from.length === 0 ? [] : toItems(await context.events.rows(entry.row.id, from))
}

async function headsOf(context: PagesContext, conversation: Bytes, since: number): Promise<ConversationHeads> {
	const { counters } = await context.books.get(conversation)
	if (counters === null) return { version: 0, current: 0, recv: 0, pages: [] }
	const pages: PageHead[] = []
	for (const { id, page, part, version, posts } of await context.events.pages(counters.id, since)) {
		pages.push({ page, part, version, posts, digest: await context.digestOf(id, version) })
	}
	const { recv, current } = counters
	return { version: recv, current, recv, pages }
}

async function heads(
	context: PagesContext,
	reader: Bytes,
	{ conversation, since }: { conversation: Bytes; since: number },
): Promise<Decided<ConversationHeads>> {
	const member = await checkMember(context, reader, conversation)
	return member.ok ? ok(await headsOf(context, conversation, since)) : member
}

async function rowsOf(context: PagesContext, address: PageAddress): Promise<StoredItem[] | null> {
	const entry = await entryOf(context, address)
	return entry === null ? null : toItems(await context.events.rows(entry.row.id))
}

async function rows(context: PagesContext, reader: Bytes, address: PageAddress): Promise<Decided<StoredItem[]>> {
	const member = await checkMember(context, reader, address.conversation)
	if (!member.ok) return member
	const items = await rowsOf(context, address)
	return items === null ? refuse('not-found') : ok(items)
}

async function streamEnd(
	context: PagesContext,
	{ account, device }: Parameters<PagesApi['streamEnd']>[0],
	{ address, clientId }: { address: PageAddress; clientId: number },
): Promise<Decided<StreamEnd>> {
	const member = await checkMember(context, account, address.conversation)
	if (!member.ok) return member
	const entry = await entryOf(context, address)
	const stream = entry?.streams.get(clientId)
	if (entry === null || stream === undefined || stream.next === 0) return ok({ next: 0, lastEventId: null })
	if (!equalBytes(stream.device, device)) return refuse('not-found')
	const last = await context.events.byPlace({ page: entry.row.id, stream: stream.id }, stream.next - 1)
	return ok({ next: stream.next, lastEventId: last?.eventId ?? null })
}

function vectorOf(entry: PageEntry | null): StateVector {
	const vector = new Map<number, number>()
	for (const { clientId, next } of entry?.streams.values() ?? []) if (next > 0) vector.set(clientId, next)
	return vector
}

/** Where each stream goes on for somebody who has `vector`. */
function lacking({ streams }: PageEntry, vector: StateVector): { stream: number; clock: number }[] {
	const from: { stream: number; clock: number }[] = []
	for (const { id, clientId, next } of streams.values()) {
		const clock = vector.get(clientId) ?? 0
		if (clock < next) from.push({ stream: id, clock })
	}
	return from
}

function toItems(rows: readonly PageItemRow[]): StoredItem[] {
	return inUpdateOrder(rows.map(({ clientId, clock, recv, bytes }) => ({ clientId, clock, recv, content: bytes })))
}

/** digest16 of a page at a version, computed when asked for, from the covering index. */
function createDigests({ events, hash }: PagesPorts): PagesContext['digestOf'] {
	const known = new Map<number, { readonly version: number; readonly digest: Bytes }>()
	return async (pageId, version) => {
		const remembered = known.get(pageId)
		if (remembered?.version === version) return remembered.digest
		const digest = pageDigest(hash, await events.digestItems(pageId))
		known.delete(pageId)
		known.set(pageId, { version, digest })
		if (known.size > digestsMax) known.delete(known.keys().next().value as number)
		return digest
	}
}
