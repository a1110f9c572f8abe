/**
 * From the outbox into a page: seal under the newest epoch, take the next clock of the own stream, sign the place, and
 * only when event, stream and outbox rows are durable in one transaction give the item to the page (verdicts.ts settles
 * what the server says to it).
 */
import { placeEvent, sealEvent } from '#crypto/event-seal.ts'
import { equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { encodeItem, type FullItem } from '#protocol/envelope.ts'
import { guidOf } from '#protocol/guid.ts'
import { textMaxBytes, type Body, type Prev } from '#protocol/plaintext.ts'
import { isKeyNamed } from '#protocol/rotation-due.ts'
import type { PageId } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { OutboxRow } from './conversation-rows.ts'
import { putEvent, type KnownEvent } from './event-store.ts'
import { putOutbox, type OutboxEntry } from './outbox.ts'
import type { Sealed } from './records.ts'
import type { OwnStream, Streams } from './streams.ts'

export interface Placer {
	/** Places what waits, in order, into page `page`; stops at the first that cannot be placed now. */
	readonly placeWaiting: (page: number) => Promise<readonly KnownEvent[]>
	/** Events that left their places again: nothing may follow them. */
	readonly unplaced: (eventIds: readonly Bytes[]) => void
}

/**
 * Given and not acked at once, in one conversation: what is not placed yet costs nothing when the page turns or a key
 * rotates, and one frame holds all that is (FRAME_MAX). More is given when half of it is acked, so that much goes out in
 * batches: each is one transaction here and one at the server.
 */
const underWayMax = 128
const underWayBytesMax = 256 * 1024

interface Placing {
	readonly event: KnownEvent
	/** After it was placed. */
	readonly entry: OutboxEntry
	readonly clockRow: Sealed<'meta'>
	readonly advanced: { readonly stream: OwnStream; readonly row: Sealed<'streams'> }
}

export function createPlacer(conversation: ConversationId, context: ConversationContext, streams: Streams): Placer {
	const { crypto, self, storage, events, outbox, keyring, hybridClock, logs, accounts } = context
	let prev: Prev | null = null

	function bodyOf({ text, writtenAt, was, replyTo, mentions }: OutboxRow): Body {
		return {
			kind: 'post',
			version: 1,
			writtenAt,
			prev,
			was,
			text,
			replyTo,
			mentions,
			attachments: [],
			forwarded: false,
		}
	}

	async function sealAt(state: ConversationState, entry: OutboxEntry, stream: OwnStream) {
		const n = state.epochs.length
		const epoch = await keyring.keys(conversation, n)
		if (epoch === null) return null
		const { hlc, row: clockRow } = await hybridClock.next()
		const event = await sealEvent(crypto, epoch, {
			idHash: self.idHash,
			deviceId: self.deviceId,
			hlc,
			body: bodyOf(entry.row),
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
		const eventRows = await Promise.all(placings.map(({ event }) => events.seal(event, true)))
		const outboxRows = await Promise.all(placings.map(({ entry }) => outbox.seal(entry)))
		await storage.transaction('write', ['events', 'outbox', 'streams', 'meta'], async (tx) => {
			for (const row of eventRows) await putEvent(tx, row)
			for (const row of outboxRows) await putOutbox(tx, row)
			await tx.put('streams', last.advanced.row.key, last.advanced.row.bytes)
			await tx.put('meta', last.clockRow.key, last.clockRow.bytes)
		})
		for (const { entry } of placings) outbox.changed(entry)
		streams.advanced(last.advanced.stream)
	}

	/** As many of those that wait as may be given to the server now. */
	function due(): OutboxEntry[] {
		const all = outbox.of(conversation)
		const underWay = all.filter(({ row }) => row.state === 'placed')
		if (underWay.length > underWayMax / 2) return []
		let room = underWayBytesMax - underWay.reduce((sum, { row }) => sum + utf8ToBytes(row.text).length, 0)
		return all
			.filter(({ row }) => row.state === 'waiting')
			.slice(0, underWayMax - underWay.length)
			.filter(({ row }) => (room -= utf8ToBytes(row.text).length) > -textMaxBytes)
	}

	return {
		placeWaiting: async (number) => {
			const state = logs.known(conversation)
			const entries = due()
			if (state === null || entries.length === 0) return []
			// A device that we lost holds the key before: nothing is written until the log names our new one.
			if (!isKeyNamed(state, self.idHash, accounts.known(self.account)?.ak.g ?? 0)) return []
			const page = { conversation, page: number, part: 0 }
			let stream = await streams.current(page, guidOf({ conversation: state.id, page: number, part: 0 }))
			const placings: Placing[] = []
			for (const entry of entries) {
				const placing = stream === null ? null : await place(page, entry, { state, stream })
				if (placing === null) break
				placings.push(placing)
				stream = placing.advanced.stream
			}
			if (placings.length > 0) await write(placings)
			return placings.map(({ event }) => event)
		},
		unplaced: (eventIds) => {
			const last = prev?.eventId
			if (last !== undefined && eventIds.some((eventId) => equalBytes(eventId, last))) prev = null
		},
	}
}
