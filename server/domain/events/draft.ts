/**
 * One turn's changes of one conversation, on top of its book: counted here item by item, written in one call, and taken
 * over into the book after the commit. When the transaction fails the draft is forgotten and the book stands as it was.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { guidOf } from '#protocol/guid.ts'
import type {
	ConversationCounters,
	EventChange,
	EventPlace,
	EventRow,
	Events,
	PageRow,
	StreamRow,
	WaitingRedaction,
} from '../event-ports.ts'
import type { StoredItem } from '../event-signals.ts'
import type { Book, Books, PageEntry, Parts } from './books.ts'

/** A page or part as the turn sees it. */
export interface DraftPage {
	row: PageRow
	readonly guid: string
	/** What the book shows; null for one that this turn opened. */
	readonly base: PageEntry | null
	/** Streams that this turn opened or moved, and the `next` that the database has. */
	readonly streams: Map<number, { row: StreamRow; readonly from: number }>
	/** For those who follow: what was stored or filled. */
	readonly stored: StoredItem[]
	/** Connections that brought it. */
	readonly origins: Set<string>
	changed: boolean
}

/** An event of this very turn, which no query finds yet. */
export interface DraftEvent {
	readonly place: EventPlace
	row: EventRow
}

export class Draft {
	counters: ConversationCounters
	readonly book: Book
	readonly waiting: WaitingRedaction[] = []
	/** By recv: rows of earlier turns whose bytes change. */
	readonly rewritten = new Map<number, Bytes>()
	/** eventIds of which this turn leaves no more than a skeleton. */
	readonly ended: Bytes[] = []
	readonly #books: Books
	readonly #events: Events
	readonly #pages = new Map<string, DraftPage>()
	/** What the book showed when this turn looked. */
	readonly #parts = new Map<number, Parts>()
	readonly #added = new Map<string, DraftEvent>()
	/** What was asked for at once: events of earlier turns; null for one that there is not. */
	readonly #lookedUp = new Map<string, EventPlace | null>()
	readonly #byPlace = new Map<string, DraftEvent>()
	readonly #byRecv = new Map<number, DraftEvent>()

	constructor(book: Book, counters: ConversationCounters, ports: { books: Books; events: Events }) {
		this.book = book
		this.counters = counters
		this.#books = ports.books
		this.#events = ports.events
	}

	/** Before anything is asked of a page. Nearly always it is in the book already, and nobody has to wait. */
	hasRead(page: number): boolean {
		return this.#parts.has(page)
	}

	async read(page: number): Promise<void> {
		this.#parts.set(page, await this.#books.parts(this.book, page))
	}

	/** Null when it was never opened. */
	page(page: number, part: number): DraftPage | null {
		const known = this.#pages.get(`${page}.${part}`)
		if (known !== undefined) return known
		const base = this.#parts.get(page)?.get(part)
		return base === undefined ? null : this.#track(base.row, base)
	}

	/** The newest part of a page; null when the page was never opened. */
	newestPart(page: number): DraftPage | null {
		let newest = Math.max(0, ...(this.#parts.get(page)?.keys() ?? []))
		while (this.#pages.has(`${page}.${newest + 1}`)) newest++
		return this.page(page, newest)
	}

	async open(page: number, part: number, openedAt: number): Promise<DraftPage> {
		const row = await this.#events.openPage(this.counters.id, { page, part, openedAt })
		const opened = this.#track(row, null)
		opened.changed = true
		return opened
	}

	#track(row: PageRow, base: PageEntry | null): DraftPage {
		const { page, part } = row
		const guid = guidOf({ conversation: this.book.conversation, page, part })
		const tracked = { row, guid, base, streams: new Map(), stored: [], origins: new Set<string>(), changed: false }
		this.#pages.set(`${page}.${part}`, tracked)
		return tracked
	}

	stream(page: DraftPage, clientId: number): StreamRow | null {
		return page.streams.get(clientId)?.row ?? page.base?.streams.get(clientId) ?? null
	}

	/** All of the page, those of this turn included. */
	*streams(page: DraftPage): Iterable<StreamRow> {
		for (const { row } of page.streams.values()) yield row
		for (const row of page.base?.streams.values() ?? []) if (!page.streams.has(row.clientId)) yield row
	}

	async openStream(page: DraftPage, stream: Omit<StreamRow, 'id' | 'next'>): Promise<StreamRow> {
		const row = await this.#events.openStream(page.row.id, stream)
		page.streams.set(row.clientId, { row, from: 0 })
		return row
	}

	/** Stores `row` as the next of its stream. */
	add(page: DraftPage, stream: StreamRow, row: EventRow): void {
		const { clock, eventId, recv, at, bytes } = row
		const { clientId } = stream
		const place = { recv, page: page.row.page, part: page.row.part, clientId, clock, eventId, at }
		const event: DraftEvent = { place, row }
		const id = bytesToBase64url(eventId)
		if (!this.#added.has(id)) this.#added.set(id, event)
		this.#byPlace.set(`${stream.id}.${clock}`, event)
		this.#byRecv.set(recv, event)
		const from = page.streams.get(clientId)?.from ?? stream.next
		page.streams.set(clientId, { row: { ...stream, next: clock + 1 }, from })
		page.stored.push({ clientId, clock, content: bytes, recv })
		this.counters = { ...this.counters, recv }
	}

	/** Asks for all that the items of a turn are about, because asking a database for each costs more than the answers. */
	async lookUp(eventIds: readonly Bytes[]): Promise<void> {
		for (const eventId of eventIds) this.#lookedUp.set(bytesToBase64url(eventId), null)
		const places = eventIds.length === 0 ? [] : await this.#events.byEventIds(this.counters.id, eventIds)
		for (const place of places) this.#lookedUp.set(bytesToBase64url(place.eventId), place)
	}

	/** The place that counts, of this turn or before. */
	async byEventId(eventId: Bytes): Promise<EventPlace | null> {
		const key = bytesToBase64url(eventId)
		const known = this.#lookedUp.get(key)
		const stored = known === undefined ? await this.#events.byEventId(this.counters.id, eventId) : known
		return stored ?? this.#added.get(key)?.place ?? null
	}

	async byPlace(page: DraftPage, stream: StreamRow, clock: number): Promise<EventPlace | null> {
		const added = this.#byPlace.get(`${stream.id}.${clock}`)
		return added?.place ?? this.#events.byPlace({ page: page.row.id, stream: stream.id }, clock)
	}

	/** Hardly ever. */
	get redactionsWait(): boolean {
		return this.counters.redactionsWait
	}

	async waitingFor(target: Bytes): Promise<WaitingRedaction[]> {
		const { id, redactionsWait } = this.counters
		const stored = redactionsWait ? await this.#events.waitingRedactions(id, target) : []
		return [...stored, ...this.waiting.filter((waiting) => equalBytes(waiting.target, target))]
	}

	wait(redaction: WaitingRedaction): void {
		this.waiting.push(redaction)
		this.counters = { ...this.counters, redactionsWait: true }
	}

	async bytes(recv: number): Promise<Bytes | null> {
		const rewritten = this.rewritten.get(recv)
		if (rewritten !== undefined) return rewritten
		return this.#byRecv.get(recv)?.row.bytes ?? this.#events.item(this.counters.id, recv)
	}

	/** The row at `recv` keeps its place and takes these bytes. */
	rewrite(recv: number, bytes: Bytes): void {
		const added = this.#byRecv.get(recv)
		if (added === undefined) {
			this.rewritten.set(recv, bytes)
			return
		}
		added.row = { ...added.row, bytes }
		const { page, part, clientId, clock } = added.place
		const stored = this.#pages.get(`${page}.${part}`)?.stored ?? []
		const at = stored.findIndex((item) => item.recv === recv)
		if (at >= 0) stored[at] = { clientId, clock, content: bytes, recv }
	}

	/** Pages that this turn touched. */
	pages(): Iterable<DraftPage> {
		return this.#pages.values()
	}

	change(): EventChange {
		const pages = [...this.#pages.values()]
		return {
			counters: this.counters,
			pages: pages.filter(({ changed }) => changed).map(({ row }) => row),
			streams: pages.flatMap((page) =>
				[...page.streams.values()].map(({ row, from }) => ({ id: row.id, from, next: row.next })),
			),
			events: [...this.#byRecv.values()].map(({ row }) => row),
			rewritten: [...this.rewritten].map(([recv, bytes]) => ({ recv, bytes })),
			waiting: this.waiting,
		}
	}

	/** Anything to be written? */
	get isEmpty(): boolean {
		return this.#byRecv.size === 0 && this.rewritten.size === 0
	}

	/** After the commit, before the next transaction begins. */
	takeOver(): void {
		const { book } = this
		if (!this.#books.isCurrent(book)) return this.#books.drop(bytesToBase64url(book.conversation))
		book.counters = this.counters
		for (const page of this.#pages.values()) if (page.changed) this.#takeOverPage(page)
	}

	#takeOverPage({ row, base, streams }: DraftPage): void {
		const parts = this.#parts.get(row.page)
		// Not looked at before it was opened, or read anew meanwhile, from before the commit.
		if (parts === undefined || this.#books.loadedParts(this.book, row.page) !== parts) {
			this.book.pages.delete(row.page)
			return
		}
		const entry: PageEntry = base ?? { row, streams: new Map() }
		entry.row = row
		for (const [clientId, stream] of streams) entry.streams.set(clientId, stream.row)
		parts.set(row.part, entry)
	}
}
