/**
 * What the outbox says is placed, while its row is gone or has come back from the server: the store was damaged. In step with
 * the server, a page tells which of them it has; the others wait again, for a place in another stream.
 */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { wasMax } from '#protocol/plaintext.ts'
import { outboxKey, type PageId } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { OutboxRow } from './outbox-row.ts'
import type { Erasures } from './erasures.ts'
import { eventStores, putEvent, type KnownEvent } from './event-store.ts'
import { putOutbox, type OutboxEntry } from './outbox.ts'
import type { Streams } from './streams.ts'

type Placed = NonNullable<OutboxRow['placed']>

/** The same text, to be sealed and placed again; whoever has seen the event can tell that it is the same. */
export function unplacedRow(row: OutboxRow, eventId: Bytes): OutboxRow {
	return { ...row, state: 'waiting', placed: null, was: [...row.was, eventId].slice(-wasMax) }
}

export interface Reclaim {
	/** For a page that is in step with the server; the rows that were found to be ours. */
	readonly page: (id: PageId, guid: string) => Promise<readonly KnownEvent[]>
}

export function createReclaim(
	conversation: ConversationId,
	context: ConversationContext,
	{ streams, erasures }: { readonly streams: Streams; readonly erasures: Erasures },
): Reclaim {
	const { events, outbox, self, storage } = context

	/** The server has it: as after its ack. */
	async function settle(entry: OutboxEntry, event: KnownEvent): Promise<readonly KnownEvent[]> {
		const numbered = { ...event, row: { ...event.row, sequence: entry.sequence } }
		const written = await erasures.among([numbered])
		const rows = await Promise.all(written.map((one) => events.seal(one, equalBytes(one.row.author, self.idHash))))
		await storage.transaction('write', [...eventStores, 'outbox'], async (tx) => {
			for (const row of rows) await putEvent(tx, row)
			await tx.delete('outbox', outboxKey(conversation, entry.sequence))
		})
		outbox.removed(entry)
		return written
	}

	async function takeBack(entry: OutboxEntry, placed: Placed, at: { id: PageId; guid: string }): Promise<void> {
		const waiting = { ...entry, row: unplacedRow(entry.row, placed.eventId) }
		const row = await outbox.seal(waiting)
		const stream = await streams.ended(at.id, placed.incarnation)
		await storage.transaction('write', ['outbox', 'streams'], async (tx) => {
			await putOutbox(tx, row)
			await tx.put('streams', stream.key, stream.bytes)
		})
		outbox.changed(waiting)
		streams.abandon(at.guid, placed.incarnation)
	}

	return {
		page: async (id, guid) => {
			const settled: KnownEvent[] = []
			for (const entry of outbox.of(conversation)) {
				const { placed } = entry.row
				if (placed === null || placed.page !== id.page || placed.part !== id.part) continue
				const event = await events.at({ ...id, clientId: Number(placed.clientId), clock: placed.clock })
				if (event?.row.state === 'placed') continue
				if (event !== null && equalBytes(event.eventId, placed.eventId)) settled.push(...(await settle(entry, event)))
				else await takeBack(entry, placed, { id, guid })
			}
			return settled
		},
	}
}
