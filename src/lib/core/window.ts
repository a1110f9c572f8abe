/**
 * The part of a conversation that is in memory, opened and folded: the newest pages, and a few others that somebody looks
 * at. Bounded: cost follows what is shown, never the length of the history.
 */
import type { DueRedaction, Fold, Message } from '#protocol/fold.ts'
import { foldEvents } from '#protocol/fold.ts'
import type { FoldEvent } from '#protocol/fold-events.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { cutsOver } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { eventKey } from '#store/keys.ts'
import type { ConversationId, EventId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { KnownEvent } from './event-store.ts'
import { createOpener, type Opened } from './opener.ts'
import { isPendingChange, toPendingEvent, type PendingChange } from './pending-events.ts'

/** Consecutive pages, folded as one. */
export interface Run {
	readonly messages: readonly Message[]
	/** Pages before the first, and after the last, are not in it. */
	readonly earlier: boolean
	readonly later: boolean
	/** Where the message stands that was asked for. */
	readonly index: number
}

export interface RunWish {
	readonly around: EventId
	/** Messages on either side, where there are so many. */
	readonly before: number
	readonly after: number
}

export interface ConversationWindow {
	/** The newest pages that are stored, back to at least `posts` posts. */
	readonly load: (posts: number) => Promise<void>
	/** After pages came from the server: back to at least `posts` posts, where they are. */
	readonly fill: (posts: number) => Promise<void>
	/** One more page towards the past; false when there is none. */
	readonly loadEarlier: () => Promise<boolean>
	readonly more: () => boolean
	/** New or changed rows; those of pages that are not in memory are left to the store. */
	readonly put: (events: readonly KnownEvent[]) => Promise<void>
	readonly forget: (event: KnownEvent) => void
	/** Opens again what waited for a key, and judges again what a cut has come over. */
	readonly reopen: () => Promise<void>
	/** Of the newest pages. */
	readonly fold: () => Fold
	/** What deletions leave to be redacted, in the newest pages and in these. */
	readonly due: (pages: readonly number[]) => Promise<readonly DueRedaction[]>
	/** Null when the message is not here. */
	readonly around: (wish: RunWish) => Promise<Run | null>
	/** One message, wherever it stands; null when it is not here. */
	readonly message: (id: EventId) => Promise<Message | null>
	/** The last run that was asked for. */
	readonly lastRun: () => Run | null
	/** Authors of rows in memory that name another h at their place in the log than ours. */
	readonly otherHistory: (state: ConversationState) => readonly Bytes[]
	/** The rows of all pages in memory. */
	readonly rows: () => Iterable<KnownEvent>
}

type Page = Map<string, Opened>

/** Pages besides the newest that stay in memory; the longest unused go first. */
const otherPagesMax = 8

export function createWindow(conversation: ConversationId, context: ConversationContext): ConversationWindow {
	const { events, logs, time, outbox, self, hidden } = context
	const open = createOpener(conversation, context)
	/** The least recently used first. */
	const pages = new Map<number, Page>()
	let earliest: number | null = null
	let wanted = 0
	let folds = new Map<string, Fold>()
	/** As it was when these were folded. */
	let pending: readonly PendingChange[] = []
	let hiddenVersion = -1
	let last: Run | null = null

	const isNewest = (page: number) => earliest !== null && page >= earliest
	const pageOf = (page: number): Page => {
		const known = pages.get(page) ?? new Map<string, Opened>()
		pages.delete(page)
		pages.set(page, known)
		return known
	}

	async function put(known: readonly KnownEvent[]): Promise<void> {
		if (logs.known(conversation) === null || known.length === 0) return
		earliest ??= Math.max(...known.map(({ page }) => page))
		const within = known.filter(({ page }) => isNewest(page) || pages.has(page))
		for (const one of await open(within)) pageOf(one.known.page).set(eventKey(one.known), one)
		folds = new Map()
		trim()
	}

	/** What the newest pages hold beyond the posts that were asked for is left to the store again. */
	function trim(): void {
		while (earliest !== null && pages.size > 1 && posts(earliest + 1) >= Math.max(wanted, 1)) {
			pages.delete(earliest)
			earliest += 1
		}
		const others = [...pages.keys()].filter((page) => !isNewest(page))
		for (const page of others.slice(0, Math.max(0, others.length - otherPagesMax))) pages.delete(page)
	}

	/** Its place in memory is there before its rows are read, so that what changes meanwhile is not lost. */
	async function loadPage(page: number): Promise<Page> {
		const known = pages.get(page)
		if (known !== undefined) return pageOf(page)
		const loading = pageOf(page)
		const rows = await open(await events.page(conversation, page))
		for (const one of rows) if (!loading.has(eventKey(one.known))) loading.set(eventKey(one.known), one)
		folds = new Map()
		return loading
	}

	function posts(from: number): number {
		let count = 0
		for (const [page, rows] of pages)
			if (page >= from) for (const { event } of rows.values()) count += +(event.kind === 'post')
		return count
	}

	const more = () => earliest !== null && earliest > 0

	async function loadEarlier(): Promise<boolean> {
		if (!more()) return false
		const page = (earliest as number) - 1
		await loadPage(page)
		earliest = page
		return more()
	}

	async function fill(count: number): Promise<void> {
		wanted = Math.max(wanted, count)
		while (more() && posts(earliest as number) < count) await loadEarlier()
	}

	/** Changes of ours that are in no page yet, and what we deleted for ourselves. */
	function lookAtOwnWill(): void {
		const now = outbox.of(conversation).filter(isPendingChange)
		const isSame = now.length === pending.length && now.every((entry, i) => entry === pending[i])
		if (isSame && hiddenVersion === hidden.version()) return
		pending = now
		hiddenVersion = hidden.version()
		folds = new Map()
	}

	const isHidden = ({ ids, page }: Message) => {
		const here = hidden.of({ conversation, page })
		return here.size > 0 && ids.some((id) => here.has(bytesToBase64url(id)))
	}

	function pendingWithin(from: number, to: number): FoldEvent[] {
		const state = logs.known(conversation)
		if (state === null) return []
		const within = pending.filter(({ row: { content } }) => content.page >= from && content.page <= to)
		return within.map((entry) => toPendingEvent(entry, state, self))
	}

	function foldPages(from: number, to: number): Fold {
		lookAtOwnWill()
		const key = `${from} ${to}`
		let fold = folds.get(key)
		if (fold === undefined) {
			const within = [...pages].filter(([page]) => page >= from && page <= to)
			const placed = within.flatMap(([, rows]) => [...rows.values()].map(({ event }) => event))
			const { messages, due } = foldEvents([...placed, ...pendingWithin(from, to)], time.now())
			fold = { messages: messages.filter((message) => !isHidden(message)), due }
			folds.set(key, fold)
		}
		return fold
	}

	async function around({ around: id, before, after }: RunWish): Promise<Run | null> {
		const place = await events.placeOf(conversation, id)
		const newest = await events.newestPage(conversation)
		if (place === null || newest === null) return null
		let [from, to] = [place.page, place.page]
		await loadPage(place.page)
		for (;;) {
			const { messages } = foldPages(from, to)
			const index = messages.findIndex(({ ids }) => ids.some((one) => bytesToBase64url(one) === id))
			if (index < before && from > 0) await loadPage(--from)
			else if (messages.length - index <= after && to < newest) await loadPage(++to)
			else {
				trim()
				return index < 0 ? null : (last = { messages, index, earlier: from > 0, later: to < newest })
			}
		}
	}

	return {
		load: async (count) => {
			wanted = Math.max(wanted, count)
			const newest = await events.newestPage(conversation)
			if (newest === null) return
			await loadPage(newest)
			earliest ??= newest
			await fill(count)
		},
		fill,
		loadEarlier: async () => {
			const goesOn = await loadEarlier()
			wanted = Math.max(wanted, posts(earliest ?? 0))
			return goesOn
		},
		more,
		put,
		forget: (event) => {
			pages.get(event.page)?.delete(eventKey(event))
			folds = new Map()
		},
		reopen: () => {
			const state = logs.known(conversation)
			const isCut = ({ event, known: { item } }: Opened) =>
				state !== null &&
				event.valid &&
				cutsOver(state, { account: event.author, device: event.deviceId, logSeq: item.place.logSeq }).length > 0
			const all = [...pages.values()].flatMap((rows) => [...rows.values()])
			return put(all.filter((one) => one.event.content.type === 'closed' || isCut(one)).map(({ known }) => known))
		},
		fold: () => foldPages(earliest ?? 0, Infinity),
		due: async (others) => {
			const due = [...foldPages(earliest ?? 0, Infinity).due]
			for (const page of others.filter((one) => !isNewest(one))) {
				await loadPage(page)
				due.push(...foldPages(page, page).due)
			}
			trim()
			return due
		},
		around,
		message: async (id) => {
			const place = await events.placeOf(conversation, id)
			if (place === null) return null
			await loadPage(place.page)
			const { messages } = isNewest(place.page) ? foldPages(earliest ?? 0, Infinity) : foldPages(place.page, place.page)
			trim()
			return messages.find(({ ids }) => ids.some((one) => bytesToBase64url(one) === id)) ?? null
		},
		lastRun: () => last,
		otherHistory: (state) => {
			const authors = new Map<string, Bytes>()
			for (const rows of pages.values())
				for (const { known, event } of rows.values())
					if (event.valid && !isOnOurs(state, known)) authors.set(bytesToBase64url(event.author), event.author)
			return [...authors.values()]
		},
		rows: () => [...pages.values()].flatMap((rows) => [...rows.values()].map(({ known }) => known)),
	}
}

function isOnOurs({ hashes }: ConversationState, { item: { place } }: KnownEvent): boolean {
	const ours = hashes[place.logSeq]
	return ours === undefined || equalBytes(ours.subarray(0, 16), place.logHash)
}
