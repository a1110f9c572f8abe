/**
 * The way out of one conversation: what waits is placed and given to the current page; the server's verdicts end it, or
 * bring it back. Every caller runs in the conversation's queue.
 */
import { equalBytes } from '#protocol/bytes.ts'
import { ok, fail, type Result } from '#protocol/result.ts'
import type { Ack } from '#protocol/hub.ts'
import type { ConversationId, KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { Erasures } from './erasures.ts'
import { eventToPageItem, type KnownEvent } from './event-store.ts'
import { outboxSequence } from './message-views.ts'
import type { OutboxEntry } from './outbox.ts'
import type { PageFacts } from './page-facts.ts'
import { guidToPage, pageToGuid } from './page-names.ts'
import type { PageSessions } from './page-sessions.ts'
import { createDestinations } from './destinations.ts'
import { createPlacer } from './placer.ts'
import { createReclaim } from './reclaim.ts'
import type { Streams } from './streams.ts'
import { createVerdicts, type Settled } from './verdicts.ts'
import type { ConversationWindow } from './window.ts'

export interface CurrentPage {
	readonly page: number
	readonly guid: string
}

export interface Sender {
	/** Places what waits, where the current page is synced; else it goes on waiting. */
	readonly send: () => Promise<void>
	/** After a page has synced: what was given before, perhaps stored, never acked here. It is answered `have` or `accept`. */
	readonly offer: (guid: string) => Promise<void>
	readonly acked: (acks: readonly Ack[]) => Promise<void>
	/** Pages in which something of ours is not acked, or belongs. */
	readonly openGuids: () => readonly string[]
	readonly retry: (key: string) => Promise<Result<null, KithError>>
	readonly discard: (key: string) => Promise<Result<null, KithError>>
}

export interface SenderParts {
	readonly streams: Streams
	readonly erasures: Erasures
	readonly facts: PageFacts
	readonly sessions: PageSessions
	readonly window: ConversationWindow
	/** The page that takes posts; null while the server has not said. */
	readonly current: () => CurrentPage | null
	/** A member has signed that the log goes on beyond what we know: nothing is written before it is here. */
	readonly isBehind: () => boolean
	/** In the conversation's queue. */
	readonly run: (work: () => Promise<void>) => Promise<void>
	/** Rows that the server has, after their commit. */
	readonly stored: (events: readonly KnownEvent[]) => Promise<void>
	readonly changed: () => void
}

/** After a question without an answer, ms. */
const sendAgainMs = 5_000

export function createSender(id: ConversationId, context: ConversationContext, parts: SenderParts): Sender {
	const { outbox, files, events, timers, connection, logs, forks, views, peers, failed } = context
	const { sessions, window, streams, erasures, facts, changed } = parts
	const destinations = createDestinations(id, context, () => [
		...window.fold().messages,
		...(window.lastRun()?.messages ?? []),
	])
	const placer = createPlacer(id, context, { streams, destinations })
	const verdicts = createVerdicts(id, context, { streams, erasures, full: destinations.full })
	const reclaim = createReclaim(id, context, { streams, erasures })
	const trouble = (error: unknown) => failed('sender', error)
	let cancelAgain = () => {}
	/** Pages into which something waits to be placed. */
	let needed: readonly string[] = []

	/** Nothing goes out over a log of which there are two branches. */
	function isStopped(): boolean {
		const state = logs.known(id)
		return state !== null && forks.concerns(state)
	}

	/** Without a server to peers, where there are some; else what waits goes on waiting. */
	async function sendDirect(): Promise<void> {
		if (peers.reach(id) === 0) return
		const page = (await events.newestPage(id)) ?? 0
		const { placed } = await placer.placeWaiting(page, { takes: () => true, isDirect: true })
		if (placed.length === 0) return
		await files.placed(outbox.of(id))
		await window.put(placed)
		for (const [guid, here] of Map.groupBy(placed, pageToGuid)) sessions.of(guid)?.place(here.map(eventToPageItem))
		peers.news(placed, null)
		changed()
		views.changed('connection')
	}

	async function send(): Promise<void> {
		if (isStopped() || parts.isBehind()) return
		if (connection.state().type !== 'online') return sendDirect()
		const current = parts.current()
		// Before the server has named a page, this connection has not told where our streams end.
		if (current === null) return
		const { placed, wanted } = await placer.placeWaiting(current.page, { takes: sessions.isSynced, isDirect: false })
		needed = wanted
		// In step with the server, each of them brings us here again.
		for (const guid of wanted) void sessions.open(guid).catch(trouble)
		if (placed.length === 0) return sendAgain()
		await files.placed(outbox.of(id))
		await window.put(placed)
		for (const [guid, events] of Map.groupBy(placed, pageToGuid)) {
			// The page may have turned, and this one been closed, while the rows were written: it takes what lies in it all the same.
			const session = await sessions.open(guid)
			session.place(events.map(eventToPageItem))
		}
		peers.news(placed, null)
		changed()
	}

	/** The server has not said where our stream ends, and nothing is under way whose ack would bring us here again. */
	function sendAgain(): void {
		const states = outbox.of(id).map(({ row }) => row.state)
		cancelAgain()
		if (!states.includes('waiting') || states.includes('placed')) return
		cancelAgain = timers.after(sendAgainMs, () => void parts.run(send).catch(trouble))
	}

	/** All that a page holds back comes again together, in order: a gap before an item holds it too. */
	function offerLater(guid: string, held: Settled['held']): void {
		const again = async () => {
			const now = await Promise.all(held.map(({ event }) => events.at(event)))
			const still = now.filter((event) => event !== null).filter(({ row }) => isOffered(row))
			if (still.length > 0 && !isStopped()) sessions.of(guid)?.offer(still.map(eventToPageItem))
		}
		const afterMs = Math.min(...held.map((one) => one.afterMs))
		timers.after(afterMs, () => void parts.run(again).catch(trouble))
	}

	async function acked(acks: readonly Ack[]): Promise<void> {
		const { stored, held, removed, unconfirmed } = await verdicts.settle(acks)
		facts.stored(stored)
		if (stored.length > 0) await parts.stored(stored)
		if (unconfirmed.length > 0) {
			await window.put(unconfirmed)
			for (const guid of new Set(unconfirmed.map(pageToGuid))) await sessions.rebuild(guid)
		}
		files.acked(stored.map(({ eventId }) => eventId))
		if (held.some(({ needsLog }) => needsLog)) void logs.sync(id).catch(trouble)
		for (const [guid, events] of Map.groupBy(held, ({ event }) => pageToGuid(event))) offerLater(guid, events)
		if (removed.length > 0) {
			placer.unplaced(removed.map(({ eventId }) => eventId))
			removed.forEach(window.forget)
			for (const guid of new Set(removed.map(pageToGuid))) await sessions.rebuild(guid)
		}
		await send()
		changed()
		views.changed('connection')
	}

	const entryByKey = (key: string) => outbox.of(id).find(({ sequence }) => sequence === outboxSequence(key)) ?? null

	return {
		send,
		offer: async (guid) => {
			await files.placed(outbox.of(id))
			const settled = await reclaim.page(guidToPage(guid), guid)
			facts.stored(settled)
			if (settled.length > 0) await parts.stored(settled)
			const ours = (await events.unnumbered(guidToPage(guid))).filter(({ row }) => isOffered(row))
			if (ours.length > 0 && !isStopped()) sessions.of(guid)?.offer(ours.map(eventToPageItem))
		},
		acked,
		openGuids: () => {
			const entries = outbox.of(id).flatMap(({ row }) => (row.placed === null ? [] : [row.placed]))
			// A damaged outbox may have forgotten what lies in a page.
			const rows = [...window.rows()].filter(({ row }) => isOffered(row))
			const places = [...entries, ...rows]
			const guids = places.map(({ page, part }) => pageToGuid({ conversation: id, page, part }))
			return [...new Set([...guids, ...needed])]
		},
		retry: async (key) => {
			const entry = entryByKey(key)
			if (entry === null) return fail({ type: 'not-here' })
			if (entry.row.state !== 'failed') {
				// Its files may wait for their next turn.
				files.go()
				return ok(null)
			}
			await outbox.replace({ ...entry, row: { ...entry.row, state: 'waiting', code: null, attempts: 0 } })
			changed()
			files.go()
			await send()
			return ok(null)
		},
		discard: async (key) => {
			const isGone = await outbox.alone(id, async () => {
				const entry = entryByKey(key)
				if (entry === null || entry.row.state === 'placed') return false
				await outbox.remove(entry)
				await files.dropped(entry)
				// What was said about a message that never left has nothing to be about.
				for (const other of outbox.of(id)) if (isAbout(other, entry)) await outbox.remove(other)
				return true
			})
			if (!isGone) return fail({ type: 'not-here' })
			changed()
			views.changed('connection')
			return ok(null)
		},
	}
}

/** Not known to be at the server: our own, or what a peer brought. */
function isOffered({ state }: KnownEvent['row']): boolean {
	return state === 'placed' || state === 'direct'
}

function isAbout({ row: { content } }: OutboxEntry, { row: { was } }: OutboxEntry): boolean {
	return content.kind === 'annotate' && was.some((id) => equalBytes(id, content.target))
}
