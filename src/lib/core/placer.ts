/**
 * From the outbox into a page: seal under the newest epoch, take the next clock of the own stream, sign the place, and
 * only when event, stream and outbox rows are durable in one transaction give the item to the page (verdicts.ts settles
 * what the server says to it).
 */
import { placeEvent, sealEvent } from '#crypto/event-seal.ts'
import { compareBytes, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { encodeItem, type FullItem } from '#protocol/envelope.ts'
import { hlcTime } from '#protocol/hlc.ts'
import { textMaxBytes, type Body, type Prev } from '#protocol/plaintext.ts'
import { isKeyNamed } from '#protocol/rotation-due.ts'
import { pageKey, type PageId } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { Destinations } from './destinations.ts'
import type { OutboxContent, OutboxRow } from './outbox-row.ts'
import { eventStores, putEvents, type KnownEvent } from './event-store.ts'
import { putOutbox, type OutboxEntry } from './outbox.ts'
import { pageToGuid } from './page-names.ts'
import type { Sealed } from './records.ts'
import type { OwnStream, Streams } from './streams.ts'

export interface Placer {
	/**
	 * Places what waits, in order, each where it belongs; `takes`: pages that are in step with the server. What belongs into
	 * another one goes on waiting, and `wanted` names that.
	 */
	readonly placeWaiting: (
		current: number,
		way: Way,
	) => Promise<{ readonly placed: readonly KnownEvent[]; readonly wanted: readonly string[] }>
	/** Events that left their places again: nothing may follow them. */
	readonly unplaced: (eventIds: readonly Bytes[]) => void
}

/** To the server, or to peers while there is none: then all pages take what comes, and own streams go on as they are remembered. */
export interface Way {
	readonly takes: (guid: string) => boolean
	readonly isDirect: boolean
}

/**
 * Given and not acked at once, in one conversation: what is not placed yet costs nothing when the page turns or a key
 * rotates, and one frame holds all that is (FRAME_MAX). More is given when half of it is acked, so that much goes out in
 * batches: each is one transaction here and one at the server.
 */
const underWayMax = 128
const underWayBytesMax = 256 * 1024

interface Ready {
	readonly page: PageId
	/** As it stood when its page was looked for: changed since, it waits for the next time. */
	readonly waiting: OutboxEntry
	/** As it is to be placed. */
	readonly entry: OutboxEntry
}

interface Placing {
	readonly event: KnownEvent
	/** After it was placed. */
	readonly entry: OutboxEntry
	readonly clockRow: Sealed<'meta'>
	readonly advanced: { readonly stream: OwnStream; readonly row: Sealed<'streams'> }
}

export function createPlacer(
	conversation: ConversationId,
	context: ConversationContext,
	{ streams, destinations }: { readonly streams: Streams; readonly destinations: Destinations },
): Placer {
	const { crypto, self, storage, events, outbox, files, keyring, hybridClock, logs, accounts } = context
	let prev: Prev | null = null

	async function sealAt(state: ConversationState, entry: OutboxEntry, stream: OwnStream) {
		const n = state.epochs.length
		const epoch = await keyring.keys(conversation, n)
		if (epoch === null) return null
		const { hlc, row: clockRow } = await hybridClock.next()
		const event = await sealEvent(crypto, epoch, {
			idHash: self.idHash,
			deviceId: self.deviceId,
			hlc,
			body: bodyOf(entry.row, prev),
			...headOf(entry.row.content, { hlc, lifetime: state.policy.expiry }),
		})
		const place = {
			incarnation: stream.incarnation,
			clock: stream.next,
			logSeq: state.head.seq,
			logHash: state.head.hash.slice(0, 16),
		}
		const item = await placeEvent(crypto, self.keys.signing, { event, guid: stream.guid, place })
		return { item, eventId: event.eventId, clockRow }
	}

	function knownEvent(
		page: PageId,
		stream: OwnStream,
		placed: { item: FullItem; eventId: KnownEvent['eventId']; sequence: number },
	): KnownEvent {
		const { item, eventId, sequence } = placed
		const row = { content: encodeItem(item), author: self.idHash, state: 'placed', recv: 0, sequence } as const
		return { ...page, clientId: stream.clientId, clock: stream.next, row, item, eventId }
	}

	/** The entry in the next place of the stream, sealed; nothing is written yet. */
	async function place(
		page: PageId,
		entry: OutboxEntry,
		at: { state: ConversationState; stream: OwnStream },
	): Promise<Placing | null> {
		const { state, stream } = at
		const sealed = await sealAt(state, entry, stream)
		if (sealed === null) return null
		const event = knownEvent(page, stream, { ...sealed, sequence: entry.sequence })
		const { clientId, clock, eventId } = event
		const placed = {
			page: page.page,
			part: page.part,
			incarnation: stream.incarnation,
			clientId: BigInt(clientId),
			clock,
			eventId,
		}
		prev = { page: page.page, part: page.part, eventId }
		return {
			event,
			entry: { ...entry, row: { ...entry.row, state: 'placed', placed } },
			clockRow: sealed.clockRow,
			advanced: await streams.advance(page, stream, eventId),
		}
	}

	async function write(placings: readonly Placing[]): Promise<void> {
		const last = placings.at(-1) as Placing
		const newest = [...new Map(placings.map(({ advanced }) => [advanced.row.key, advanced])).values()]
		const [eventRows, outboxRows] = await Promise.all([
			Promise.all(placings.map(({ event }) => events.seal(event, true))),
			Promise.all(placings.map(({ entry }) => outbox.seal(entry))),
		])
		await storage.transaction('write', [...eventStores, 'outbox', 'streams', 'meta'], async (tx) => {
			await Promise.all([
				putEvents(tx, eventRows),
				...outboxRows.map((row) => putOutbox(tx, row)),
				...newest.map(({ row }) => tx.put('streams', row.key, row.bytes)),
				tx.put('meta', last.clockRow.key, last.clockRow.bytes),
			])
		})
		for (const { entry } of placings) outbox.changed(entry)
		for (const { stream } of newest) streams.advanced(stream)
	}

	/** As many of those that wait as may be given to the server now. */
	function due(isDirect: boolean): OutboxEntry[] {
		const all = outbox.of(conversation)
		// What only peers have is acked by nobody, and holds nothing up.
		const underWay = isDirect ? [] : all.filter(({ row }) => row.state === 'placed')
		if (underWay.length > underWayMax / 2) return []
		let room = underWayBytesMax - underWay.reduce((sum, { row }) => sum + sizeOf(row.content), 0)
		return (
			all
				// Peers have its files of us.
				.filter(({ row }) => row.state === 'waiting' && (isDirect || files.areSent(row)))
				.slice(0, underWayMax - underWay.length)
				.filter(({ row }) => (room -= sizeOf(row.content)) > -textMaxBytes)
		)
	}

	/** Of each page, our stream there: perhaps the server has to be asked. */
	async function streamsOf(ready: readonly Ready[], isDirect: boolean): Promise<Map<string, OwnStream>> {
		const newest = new Map<string, OwnStream>()
		for (const { page } of ready) {
			if (newest.has(pageKey(page))) continue
			const guid = pageToGuid(page)
			const stream = isDirect ? await streams.remembered(page, guid) : await streams.current(page, guid)
			if (stream !== null) newest.set(pageKey(page), stream)
		}
		return newest
	}

	/** Those whose page takes them now, sealed one after the other. */
	async function placeAll(
		state: ConversationState,
		entries: readonly Ready[],
		newest: Map<string, OwnStream>,
	): Promise<readonly Placing[]> {
		const placings: Placing[] = []
		/** What cannot be placed holds up what comes after it in its page, and nothing else. */
		const stopped = new Set<string>()
		for (const { page, entry } of entries) {
			const key = pageKey(page)
			if (stopped.has(key)) continue
			const stream = newest.get(key)
			const placing = stream === undefined ? null : await place(page, entry, { state, stream })
			if (placing === null) stopped.add(key)
			else {
				placings.push(placing)
				newest.set(key, placing.advanced.stream)
			}
		}
		return placings
	}

	return {
		placeWaiting: async (current, { takes, isDirect }) => {
			const state = logs.known(conversation)
			const entries = due(isDirect)
			if (state === null || entries.length === 0) return { placed: [], wanted: [] }
			// A device that we lost holds the key before: nothing is written until the log names our new one.
			if (!isKeyNamed(state, self.idHash, accounts.known(self.account)?.ak.g ?? 0)) return { placed: [], wanted: [] }
			const ready: Ready[] = []
			const wanted = new Set<string>()
			for (const entry of entries) {
				const destination = await destinations.of(entry.row.content, current, isDirect)
				if (destination.type === 'gone') await outbox.remove(entry)
				if (destination.type !== 'page') continue
				const { page, content } = destination
				const guid = pageToGuid(page)
				// A page that comes into step meanwhile takes the first that waits for it first.
				if (wanted.has(guid) || !takes(guid)) wanted.add(guid)
				else ready.push({ page, waiting: entry, entry: { ...entry, row: { ...entry.row, content } } })
			}
			const newest = await streamsOf(ready, isDirect)
			return outbox.alone(conversation, async () => {
				const now = new Set(outbox.of(conversation))
				const still = ready.filter((one) => now.has(one.waiting))
				const placings = await placeAll(state, still, newest)
				if (placings.length > 0) await write(placings)
				return { placed: placings.map(({ event }) => event), wanted: [...wanted] }
			})
		},
		unplaced: (eventIds) => {
			const last = prev?.eventId
			if (last !== undefined && eventIds.some((eventId) => equalBytes(eventId, last))) prev = null
		},
	}
}

function bodyOf({ content, writtenAt, was }: OutboxRow, prev: Prev | null): Body {
	const common = { version: 1, writtenAt, prev, was: was.toSorted(compareBytes) } as const
	switch (content.kind) {
		case 'post': {
			const { text, replyTo, mentions, attachments, forwarded } = content
			return { kind: 'post', ...common, text, replyTo, mentions, attachments, forwarded }
		}
		case 'annotate':
			return { kind: 'annotate', ...common, target: content.target, action: content.action }
		case 'redact':
			return { kind: 'redact', ...common, reason: content.reason }
	}
}

/** What of it stands in the clear. A post lives as long as the log says now, from its sending on (SPEC ADM16); an annotate with its target (SPEC FOLD7). */
function headOf(
	content: OutboxContent,
	{ hlc, lifetime }: { hlc: bigint; lifetime: number | null },
): { targets?: readonly Bytes[]; expiresAt: number | null } {
	switch (content.kind) {
		case 'post':
			return { expiresAt: lifetime === null ? null : hlcTime(hlc) + lifetime }
		case 'annotate':
			return { expiresAt: content.expiresAt }
		case 'redact':
			return { targets: content.targets, expiresAt: null }
	}
}

/** Bytes of its event beside what every event has, about. */
function sizeOf(content: OutboxContent): number {
	const textBytes = (text: string) => utf8ToBytes(text).length
	switch (content.kind) {
		case 'post':
			return textBytes(content.text) + content.attachments.length * 512
		case 'annotate':
			return content.action.type === 'edit' ? textBytes(content.action.text) : 64
		case 'redact':
			return content.targets.length * 16
	}
}
