/**
 * What comes in by a peer: the same checks as of what the server sends (judging.ts), and what a server would have done besides
 * (SPEC ADM18, PEER4 to PEER6): the next clock of its stream, nothing from too far ahead, never the place of a row that stands,
 * no text taken away by a word alone. What cannot be judged is not kept: it is asked for again when the log has grown.
 */
import { peerHold } from '#protocol/admission.ts'
import { equalBytes } from '#protocol/bytes.ts'
import type { JudgedEvent, IntrinsicRefusal, Missing } from '#protocol/intrinsic.ts'
import { PEER_UNPLACED_MAX } from '#protocol/limits.ts'
import { inUpdateOrder, type PageItem } from '#protocol/page-codec.ts'
import { streamRange, type PageId } from '#store/keys.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { Erasures } from './erasures.ts'
import { eventStores, isUnplaced, putEvents, type KnownEvent } from './event-store.ts'
import type { Judged, Judging } from './judging.ts'
import type { PageFacts } from './page-facts.ts'
import { guidToPage } from './page-names.ts'
import { mayLackText } from './skeletons.ts'

/** What came of what a peer brought. */
export interface Brought {
	/** New here, after their commit. */
	readonly stored: readonly KnownEvent[]
	/** They stand here, since now or before. */
	readonly here: readonly Pick<PageItem, 'clientId' | 'clock'>[]
	/** No honest device would have passed it on. */
	readonly refused: IntrinsicRefusal | null
	/** Asked of whoever brought it. */
	readonly missing: readonly Missing[]
}

export interface DirectReceiver {
	/** In the conversation's queue. `newestPage`: that this device knows of. */
	readonly bring: (guid: string, items: readonly PageItem[], newestPage: number) => Promise<Brought>
}

export function createDirectReceiver(
	conversation: ConversationId,
	context: ConversationContext,
	parts: { readonly judging: Judging; readonly facts: PageFacts; readonly erasures: Erasures },
): DirectReceiver {
	const { events, logs, self, storage, time, hybridClock } = context
	const { judging, facts, erasures } = parts

	/** The next clock of a stream here. */
	async function nextClock(id: PageId, clientId: number): Promise<number> {
		const [key] = await storage.transaction('read', ['events'], (tx) =>
			tx.keys('events', { ...streamRange(id, clientId), reverse: true, limit: 1 }),
		)
		return key === undefined ? 0 : Number.parseInt(key.slice(key.lastIndexOf('/') + 1), 16) + 1
	}

	function rowOf(id: PageId, { author, clientId, clock, content, item, eventId }: JudgedEvent): KnownEvent {
		const row = { content, author, state: 'direct', recv: 0, sequence: null } as const
		return { ...id, clientId, clock, row, item, eventId }
	}

	/** Of the valid ones those that may stand here: each the next of its stream, and of one device no more than is bounded. */
	async function standing(id: PageId, judged: readonly Judged[], newestPage: number): Promise<KnownEvent[]> {
		const now = { serverTime: time.now(), newestPage }
		const state = logs.known(conversation)
		const known = await events.page(conversation, id.page)
		const fresh = judged.flatMap(({ judgment, held }) => {
			if (judgment.type !== 'valid' || peerHold(judgment.event, now) !== null) return []
			if (equalBytes(judgment.event.item.head.deviceId, self.deviceId)) return []
			// A text may take the row of its skeleton; another event never takes a row.
			if (held !== null && !equalBytes(held.eventId, judgment.event.eventId)) return []
			return [{ row: rowOf(id, judgment.event), held }]
		})
		const all = [...known, ...fresh.map(({ row }) => row)]
		const counts = new Map<string, number>()
		const deviceOf = ({ item }: KnownEvent) => item.head.deviceId.join()
		for (const row of known) if (isUnplaced(row.row)) counts.set(deviceOf(row), (counts.get(deviceOf(row)) ?? 0) + 1)
		const next = new Map<number, number>()
		const rows: KnownEvent[] = []
		for (const { row, held } of fresh) {
			if (!mayLackText(row, all, { state, now: now.serverTime })) continue
			if (held !== null) {
				rows.push({ ...row, row: { ...held.row, content: row.row.content } })
				continue
			}
			const clock = next.get(row.clientId) ?? (await nextClock(id, row.clientId))
			const count = counts.get(deviceOf(row)) ?? 0
			if (row.clock !== clock || count >= PEER_UNPLACED_MAX) continue
			next.set(row.clientId, clock + 1)
			counts.set(deviceOf(row), count + 1)
			rows.push(row)
		}
		return rows
	}

	async function store(rows: readonly KnownEvent[]): Promise<readonly KnownEvent[]> {
		if (rows.length === 0) return []
		const written = await erasures.among(rows)
		const sealed = await Promise.all(written.map((row) => events.seal(row, equalBytes(row.row.author, self.idHash))))
		// On the disk before anybody is told that it is here: perhaps nobody else has it.
		await storage.transaction('write', [...eventStores], (tx) => putEvents(tx, sealed))
		for (const { item } of written) hybridClock.seen(item.head.hlc)
		facts.stored(written)
		return written
	}

	return {
		bring: async (guid, items, newestPage) => {
			const id = guidToPage(guid)
			const received = inUpdateOrder(items).map((item) => ({ item, recv: 0 }))
			const judged = await judging.judge(guid, received)
			const refusals = judged.flatMap(({ judgment }) => (judgment.type === 'refuse' ? [judgment.code] : []))
			const stored = await store(await standing(id, judged, newestPage))
			const had = judged.flatMap(({ judgment, received }) => (judgment.type === 'have' ? [received.item] : []))
			return {
				stored,
				here: [...stored, ...had].map(({ clientId, clock }) => ({ clientId, clock })),
				refused: refusals[0] ?? null,
				missing: judged.flatMap(({ judgment }) => (judgment.type === 'hold' ? [judgment.missing] : [])),
			}
		},
	}
}
