/**
 * Messages that disappear (SPEC ADM16, DEL3, FOLD6): at its time an item's ciphertext goes from this device, and its skeleton
 * stays. What expired while the device was off goes before anything is shown. The server tells nobody: the time stands in the
 * head that the author signed.
 */
import { encodeItem, toSkeleton } from '#protocol/envelope.ts'
import type { Hash, Timers } from '#protocol/ports.ts'
import { expiryRange, keyToExpiry, outboxKey } from '#store/keys.ts'
import type { Storage } from '#store/storage.ts'
import type { ConversationId } from './api.ts'
import { putEvent, type EventStore, type KnownEvent } from './event-store.ts'
import type { ServerTime } from './identity.ts'
import type { Outbox, OutboxEntry } from './outbox.ts'

/** What lets go of messages when their time comes. */
export interface Sweeper {
	/** All that is due: resolves when it is gone. */
	readonly sweep: () => Promise<void>
	/** Sweeps whenever something is due from now on, and tells of which rows are skeletons now. */
	readonly start: (gone: (conversation: ConversationId, rows: readonly KnownEvent[]) => void) => void
	/** The device may have slept, and its timers with it. */
	readonly woke: () => void
	readonly close: () => void
}

export interface SweeperDeps {
	readonly storage: Storage
	readonly events: EventStore
	readonly hash: Hash
	readonly time: ServerTime
	readonly timers: Timers
	readonly failed: (where: string, error: unknown) => void
}

/** Rows in one transaction. */
const batch = 128
/** Timers of platforms count in 31 bits, ms; and a clock that is set is noticed after an hour. */
export const waitMax = 60 * 60_000

/** The item without its text, once its time has come; itself otherwise. */
export function withoutExpired(event: KnownEvent, { hash, now }: { hash: Hash; now: number }): KnownEvent {
	const { expiresAt } = event.item.head
	if (event.item.form !== 'full' || expiresAt === null || expiresAt > now) return event
	const item = toSkeleton(hash, event.item, { why: 'expired' })
	return { ...event, item, row: { ...event.row, content: encodeItem(item) } }
}

interface ExpiriesDeps extends SweeperDeps {
	readonly outbox: Pick<Outbox, 'of' | 'removed'>
}

export function createExpiries(deps: ExpiriesDeps): Sweeper {
	const { storage, events, outbox, hash, time, timers, failed } = deps
	let tell: ((conversation: ConversationId, rows: readonly KnownEvent[]) => void) | null = null
	let next = Infinity
	let cancel = () => {}
	let closed = false

	const dueKeys = (now: number) =>
		storage.transaction('read', ['expiries'], (tx) => tx.keys('expiries', { ...expiryRange(now), limit: batch }))

	/** What was written, is placed, and of no server yet: no text of it waits for the ack. Were it refused, nobody would wish it sent. */
	function unacked({ conversation, row: { state, sequence } }: KnownEvent): readonly OutboxEntry[] {
		if (state !== 'placed' || sequence === null) return []
		return outbox.of(conversation).filter((entry) => entry.sequence === sequence)
	}

	async function sweepBatch(now: number): Promise<number> {
		const keys = await dueKeys(now)
		if (keys.length === 0) return 0
		const rows = await Promise.all(keys.map((key) => events.at(keyToExpiry(key).place)))
		// What only waits for its ack goes as well: its author's time has come.
		const gone = rows.flatMap((row) => (row === null ? [] : [withoutExpired(row, { hash, now })]))
		const entries = gone.flatMap(unacked)
		const sealed = await Promise.all(gone.map((row) => events.sealAgain(row)))
		await storage.transaction('write', ['events', 'expiries', 'outbox'], async (tx) => {
			for (const row of sealed) await putEvent(tx, row)
			for (const { conversation, sequence } of entries) await tx.delete('outbox', outboxKey(conversation, sequence))
			for (const key of keys) await tx.delete('expiries', key)
		})
		entries.forEach(outbox.removed)
		for (const [conversation, some] of Map.groupBy(gone, (row) => row.conversation)) tell?.(conversation, some)
		return keys.length
	}

	async function sweep(): Promise<void> {
		const now = time.now()
		while (!closed && (await sweepBatch(now)) === batch);
	}

	async function look(): Promise<void> {
		await sweep()
		if (closed) return
		const [first] = await storage.transaction('read', ['expiries'], (tx) => tx.keys('expiries', { limit: 1 }))
		next = first === undefined ? Infinity : keyToExpiry(first).at
		schedule()
	}

	function lookNow(): void {
		if (tell !== null) void look().catch((error: unknown) => failed('expiries', error))
	}

	function schedule(): void {
		cancel()
		if (closed || tell === null || next === Infinity) return
		const wait = Math.min(Math.max(0, next - time.now()), waitMax)
		cancel = timers.after(wait, lookNow)
	}

	const stop = events.onExpiring((at) => {
		if (at >= next) return
		next = at
		schedule()
	})

	return {
		sweep,
		start: (gone) => {
			tell = gone
			lookNow()
		},
		woke: lookNow,
		close: () => {
			closed = true
			cancel()
			stop()
		},
	}
}
