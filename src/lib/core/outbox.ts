/**
 * What was written and no server has acked: durable before the screen says "queued", kept through reload, crash and
 * restart, gone only with an ack or by the person's own hand. Content and written time; sealing happens when it can
 * be sent (trap 14), so a key that rotated meanwhile costs nothing.
 */
import { keyToNumber, metaKeys, outboxKey, sequenceKey, type PlaceId } from '#store/keys.ts'
import type { Storage, Transaction } from '#store/storage.ts'
import type { ConversationId } from './api.ts'
import { sequenceRow } from './conversation-rows.ts'
import { outboxRow, type OutboxContent, type OutboxRow } from './outbox-row.ts'
import { createQueue } from './queue.ts'
import type { Records, Sealed } from './records.ts'

export interface OutboxEntry {
	readonly conversation: ConversationId
	/** Number on this device, never used twice; the message's key on screen. */
	readonly sequence: number
	readonly row: OutboxRow
}

export interface Written {
	readonly content: OutboxContent
	/** ms */
	readonly writtenAt: number
}

export interface Outbox {
	readonly add: (conversation: ConversationId, content: Written) => Promise<OutboxEntry>
	/**
	 * While this runs nobody else changes rows of the conversation through here: what is being sealed must not be rewritten, nor
	 * written again after it was taken back. Nothing in it waits for a network.
	 */
	readonly alone: <T>(conversation: ConversationId, work: () => Promise<T>) => Promise<T>
	/** In the order of writing. */
	readonly of: (conversation: ConversationId) => readonly OutboxEntry[]
	/** Of all conversations, in each in the order of writing. */
	readonly all: () => readonly OutboxEntry[]
	/** Of no server and, as `isTaken` says of its place, of no other device. */
	readonly waiting: (isTaken?: (place: PlaceId) => boolean) => number
	/** All that no server has, with what was refused and waits for a decision. */
	readonly unsent: () => number
	/** The changed row, sealed: written by whoever changes it together with what else must change. */
	readonly seal: (entry: OutboxEntry) => Promise<Sealed<'outbox'>>
	/** In memory, after the transaction that wrote `seal(entry)`. */
	readonly changed: (entry: OutboxEntry) => void
	readonly replace: (entry: OutboxEntry) => Promise<void>
	readonly remove: (entry: OutboxEntry) => Promise<void>
	/** In memory, after a transaction that deleted the row. */
	readonly removed: (entry: OutboxEntry) => void
}

const sequenceAt = { store: 'meta', key: metaKeys.sequence } as const

export function putOutbox(tx: Transaction, sealed: Sealed<'outbox'>): Promise<void> {
	return tx.put('outbox', sealed.key, sealed.bytes, { sequence: sequenceKey(keyToNumber(sealed.key)) })
}

/**
 * The number that was given last. Where the counter is lost, and rows are not, numbers go on from the time: further than any
 * count came, so that none of a row that is still there is given twice.
 */
async function lastNumber({ records, storage, now }: OutboxDeps): Promise<number> {
	const counter = await records.get(sequenceRow, sequenceAt)
	if (counter !== null) return counter.last
	const rows = await storage.transaction(
		'read',
		['outbox', 'events'],
		async (tx) => (await tx.count('outbox', { limit: 1 })) + (await tx.count('events', { limit: 1 })),
	)
	return rows === 0 ? 0 : now()
}

export interface OutboxDeps {
	readonly records: Records
	readonly storage: Storage
	/** ms */
	readonly now: () => number
}

export async function createOutbox(deps: OutboxDeps): Promise<Outbox> {
	const { records, storage } = deps
	const entries = new Map<string, OutboxEntry>()
	const stored = await records.all(outboxRow, 'outbox', {})
	for (const { key, value } of stored) {
		const conversation = key.slice(0, key.indexOf('/'))
		entries.set(key, { conversation, sequence: keyToNumber(key), row: value })
	}
	let sequence = await lastNumber(deps)
	const queue = createQueue()
	const keyOf = (entry: OutboxEntry) => outboxKey(entry.conversation, entry.sequence)
	/** A map keeps the order of its first writes; rows come in the order of their keys: per conversation that of writing. */
	const all = () => [...entries.values()]

	async function add(conversation: ConversationId, written: Written): Promise<OutboxEntry> {
		const entry: OutboxEntry = {
			conversation,
			sequence: sequence + 1,
			row: { ...written, state: 'waiting', placed: null, was: [], code: null, attempts: 0 },
		}
		const [counter, row] = await Promise.all([
			records.seal(sequenceRow, sequenceAt, { last: entry.sequence }),
			outbox.seal(entry),
		])
		await storage.transaction('write', ['meta', 'outbox'], async (tx) => {
			await Promise.all([tx.put('meta', counter.key, counter.bytes), putOutbox(tx, row)])
		})
		sequence = entry.sequence
		outbox.changed(entry)
		return entry
	}

	const outbox: Outbox = {
		// One after the other: a counter that is written out of turn would give a number twice.
		add: (conversation, content) => queue.run('add', () => add(conversation, content)),
		alone: (conversation, work) => queue.run(`rows ${conversation}`, work),
		of: (conversation) => all().filter((entry) => entry.conversation === conversation),
		all,
		waiting: (isTaken = () => false) =>
			all().filter(
				({ conversation, row: { state, placed } }) =>
					state !== 'failed' &&
					!(placed !== null && isTaken({ conversation, ...placed, clientId: Number(placed.clientId) })),
			).length,
		unsent: () => entries.size,
		seal: (entry) => records.seal(outboxRow, { store: 'outbox', key: keyOf(entry) }, entry.row),
		changed: (entry) => void entries.set(keyOf(entry), entry),
		replace: async (entry) => {
			const row = await outbox.seal(entry)
			await storage.transaction('write', ['outbox'], (tx) => putOutbox(tx, row))
			outbox.changed(entry)
		},
		remove: async (entry) => {
			await storage.transaction('write', ['outbox'], (tx) => tx.delete('outbox', keyOf(entry)))
			outbox.removed(entry)
		},
		removed: (entry) => void entries.delete(keyOf(entry)),
	}
	return outbox
}
