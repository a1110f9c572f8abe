/**
 * "After reading": of messages that disappear, this device lets go of what was read here a while ago, before their time has
 * come. A wish of this device alone, by conversation: nobody is told, and no other device does the same. What is gone stays gone,
 * whatever is wished later: up to a number of the server's counting (recvSeq) nothing that disappears is here any more.
 */
import { encodeItem, toSkeleton } from '#protocol/envelope.ts'
import { list, optional, struct, time8, versioned, type Decoded } from '#protocol/codec.ts'
import { LIFETIME_MAX, LIFETIME_MIN } from '#protocol/limits.ts'
import type { Hash } from '#protocol/ports.ts'
import { keyToExpiry } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import { putEvent, type KnownEvent } from './event-store.ts'
import { waitMax, type Sweeper, type SweeperDeps } from './expiries.ts'
import { createQueue } from './queue.ts'
import type { Records } from './records.ts'

/** Read up to `recvSeq` at `at`, ms. */
const step = struct({ recvSeq: time8, at: time8 })
/** Every second step is this part of the delay later, so that few are kept, and nothing goes later than by so much. */
const stepsPerDelay = 32
const stepsMax = 2 * stepsPerDelay + 2

/** Store `meta`, `afterReading/` ‖ conversation. */
const afterReadingRow = versioned(1, struct({ delay: optional(time8), goneUpTo: time8, steps: list(step, stepsMax) }))
type AfterReadingRow = Decoded<typeof afterReadingRow>

const prefix = 'afterReading/'
/** All of them: `/` comes before `0`. */
const range = { from: prefix, to: 'afterReading0' } as const
const at = (conversation: ConversationId) => ({ store: 'meta', key: prefix + conversation }) as const

/** As long as a lifetime may be. */
export function isDelay(ms: number): boolean {
	return Number.isSafeInteger(ms) && ms >= LIFETIME_MIN && ms <= LIFETIME_MAX
}

const unwished: AfterReadingRow = { delay: null, goneUpTo: 0, steps: [] }

export interface AfterReading extends Sweeper {
	readonly restore: () => Promise<void>
	/** How long after reading, ms; null: at their time. */
	readonly delayOf: (conversation: ConversationId) => number | null
	/** What disappears is gone from here up to this recvSeq. */
	readonly goneUpTo: (conversation: ConversationId) => number
	/** `readUpTo`: what was read before counts as read now. */
	readonly set: (conversation: ConversationId, delay: number | null, readUpTo: number) => Promise<void>
	/** It was read up to here. */
	readonly read: (conversation: ConversationId, recvSeq: number) => Promise<void>
}

export interface AfterReadingDeps extends SweeperDeps {
	readonly records: Records
}

/** With one more: close to the one before it, it takes its place, and its time is the later one's. */
function withStep(
	steps: AfterReadingRow['steps'],
	next: Decoded<typeof step>,
	delay: number,
): AfterReadingRow['steps'] {
	const [before, last] = [steps.at(-2), steps.at(-1)]
	const isClose = before !== undefined && last !== undefined && next.at - before.at < delay / stepsPerDelay
	return [...(isClose ? steps.slice(0, -1) : steps), next].slice(-stepsMax)
}

export function createAfterReading(deps: AfterReadingDeps): AfterReading {
	const { records, storage, events, hash, time, timers, failed } = deps
	const rows = new Map<ConversationId, AfterReadingRow>()
	const queue = createQueue()
	let tell: ((conversation: ConversationId, rows: readonly KnownEvent[]) => void) | null = null
	let cancel = () => {}
	let closed = false

	const of = (conversation: ConversationId) => rows.get(conversation) ?? unwished

	async function keep(conversation: ConversationId, row: AfterReadingRow): Promise<void> {
		await records.put(afterReadingRow, at(conversation), row)
		rows.set(conversation, row)
	}

	const dueAt = ({ delay, steps: [first] }: AfterReadingRow) =>
		delay === null || first === undefined ? Infinity : first.at + delay

	/** Rows of what disappears there, with their texts, up to this number. */
	async function textsUpTo(conversation: ConversationId, goneUpTo: number): Promise<KnownEvent[]> {
		const keys = await storage.transaction('read', ['expiries'], (tx) => tx.keys('expiries', {}))
		const here = keys.map((key) => keyToExpiry(key).place).filter((place) => place.conversation === conversation)
		const known = await Promise.all(here.map((place) => events.at(place)))
		return known.flatMap((row) =>
			row !== null && row.item.form === 'full' && row.row.recv > 0 && row.row.recv <= goneUpTo ? [row] : [],
		)
	}

	/** What is gone is written down before it goes: a crash between the two shows nothing again. */
	async function sweepOne(conversation: ConversationId): Promise<void> {
		const row = of(conversation)
		const due = row.steps.filter((one) => dueAt({ ...row, steps: [one] }) <= time.now())
		if (due.length > 0) {
			const goneUpTo = Math.max(row.goneUpTo, ...due.map(({ recvSeq }) => recvSeq))
			await keep(conversation, { ...row, goneUpTo, steps: row.steps.slice(due.length) })
		}
		const { goneUpTo } = of(conversation)
		const gone = (await textsUpTo(conversation, goneUpTo)).map((known) => withoutText(known, hash))
		if (gone.length === 0) return
		const sealed = await Promise.all(gone.map((one) => events.sealAgain(one)))
		await storage.transaction('write', ['events', 'expiries'], async (tx) => {
			for (const one of sealed) await putEvent(tx, one)
		})
		tell?.(conversation, gone)
	}

	async function sweep(): Promise<void> {
		for (const [conversation, { goneUpTo, steps }] of rows)
			if (!closed && (goneUpTo > 0 || steps.length > 0)) await queue.run(conversation, () => sweepOne(conversation))
	}

	function schedule(): void {
		cancel()
		const next = Math.min(...[...rows.values()].map(dueAt))
		if (closed || tell === null || next === Infinity) return
		cancel = timers.after(Math.min(Math.max(0, next - time.now()), waitMax), lookNow)
	}

	function lookNow(): void {
		if (tell === null || closed) return
		void sweep()
			.then(schedule)
			.catch((error: unknown) => failed('after reading', error))
	}

	return {
		restore: async () => {
			for (const { key, value } of await records.all(afterReadingRow, 'meta', range))
				rows.set(key.slice(prefix.length), value)
		},
		delayOf: (conversation) => of(conversation).delay,
		goneUpTo: (conversation) => of(conversation).goneUpTo,
		set: async (conversation, delay, readUpTo) => {
			await queue.run(conversation, async () => {
				const steps = delay === null ? [] : [{ recvSeq: readUpTo, at: time.now() }]
				await keep(conversation, { ...of(conversation), delay, steps })
			})
			schedule()
		},
		read: async (conversation, recvSeq) => {
			if (of(conversation).delay === null) return
			await queue.run(conversation, async () => {
				const row = of(conversation)
				if (row.delay === null) return
				const steps = withStep(row.steps, { recvSeq, at: time.now() }, row.delay)
				await keep(conversation, { ...row, steps })
			})
			schedule()
		},
		sweep,
		start: (gone) => {
			tell = gone
			schedule()
		},
		woke: lookNow,
		close: () => {
			closed = true
			cancel()
		},
	}
}

function withoutText(event: KnownEvent, hash: Hash): KnownEvent {
	if (event.item.form !== 'full') return event
	const item = toSkeleton(hash, event.item, { why: 'expired' })
	return { ...event, item, row: { ...event.row, content: encodeItem(item) } }
}
