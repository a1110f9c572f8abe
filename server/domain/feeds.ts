/**
 * Feeds: what is stored in the conversations of an account, one after the other, for those who cannot hold a socket. A signal says only
 * that there may be something new; what it is comes from the database, so nothing is missed that a node was not told of, and
 * nothing is given out of order. Who reads is asked for before each reading: his session, his device, his membership.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { guidOf } from '#protocol/guid.ts'
import { ok } from '#protocol/result.ts'
import type { DomainPorts } from './domain.ts'
import type { Events, FeedRow } from './event-ports.ts'
import { decodePositions, encodePositions, shortId, type FeedPosition, type KnownPositions } from './feed-positions.ts'
import { refuse, type Decided } from './refusal.ts'
import type { TicketHolder, Tickets } from './tickets.ts'

export const feedLimits = {
	/** Conversations of one feed: a position names them all. */
	conversations: 256,
	/** Open feeds of one account on one node. */
	perAccount: 8,
	/** Open feeds of one node. */
	perNode: 2000,
	/** Rows of one reading: a slow reader costs no more memory than these. */
	rows: 64,
	/** Between two looks at whether the session still lives, ms. */
	checkMs: 60_000,
} as const

export interface FeedItem {
	readonly type: 'item'
	readonly conversation: string
	readonly guid: string
	readonly clientId: number
	readonly clock: number
	readonly recv: number
	/** An encoded item. */
	readonly bytes: Bytes
}

export type FeedNews =
	| FeedItem
	/** Its log stands at `seq`: there are new entries to fetch. */
	| { readonly type: 'conversation'; readonly conversation: string; readonly seq: number }
	/** The reader is a member no longer: this is the last that he is told of it. */
	| { readonly type: 'parted'; readonly conversation: string }

export interface FeedWish {
	readonly holder: TicketHolder
	/** What `position` of an earlier feed was; null: from now on. */
	readonly from: string | null
	/** Those alone, base64url; null: all of the account's. */
	readonly only: readonly string[] | null
	/** After it the reader brings a new token, ms; null: his session is enough. */
	readonly expiresAt: number | null
}

export interface Feed {
	/** The next that is new, in order; empty: nothing now. Refused: why it has ended. */
	read(): Promise<Decided<readonly FeedNews[]>>
	/** After what was read. */
	position(): string
	/** Of each conversation where it stands. */
	standing(): readonly ({ readonly conversation: string } & FeedPosition)[]
	/** Calls once when there may be more. */
	onNews(run: () => void): void
	close(): void
}

export interface Feeds {
	/** Refused: malformed, not-member, too-large, rate-limited, and why a holder may not read. */
	open(wish: FeedWish): Promise<Decided<Feed>>
	/** Open ones. */
	count(): number
}

export interface FeedsContext extends DomainPorts {
	readonly tickets: Pick<Tickets, 'checkHolder'>
}

export function createFeeds(context: FeedsContext): Feeds {
	const open = new Map<string, number>()
	let all = 0
	const leave = (account: string): void => {
		all--
		const left = (open.get(account) ?? 1) - 1
		if (left > 0) open.set(account, left)
		else open.delete(account)
	}
	return {
		count: () => all,
		open: async (wish) => {
			const { account } = wish.holder
			const count = open.get(account) ?? 0
			if (count >= feedLimits.perAccount || all >= feedLimits.perNode)
				return { ok: false, error: { type: 'rate-limited', retryAfterMs: 10_000 } }
			open.set(account, count + 1)
			all++
			const feed = new AccountFeed(context, wish, () => leave(account))
			const begun = await feed.begin()
			if (!begun.ok) feed.close()
			return begun.ok ? ok(feed) : begun
		},
	}
}

class AccountFeed implements Feed {
	readonly #context: FeedsContext
	readonly #wish: FeedWish
	readonly #account: Bytes
	readonly #positions = new Map<string, FeedPosition>()
	/** Where there may be something new. */
	readonly #dirty = new Set<string>()
	readonly #stops: (() => void)[]
	readonly #left: () => void
	#listIsStale = false
	#ended: WireErrorCode | null = null
	#checkedAt: number
	#isClosed = false
	#wake: (() => void) | null = null

	/** Hears from now on, before it looks at anything: so nothing falls between. */
	constructor(context: FeedsContext, wish: FeedWish, left: () => void) {
		this.#context = context
		this.#wish = wish
		this.#left = left
		this.#account = base64urlToBytes(wish.holder.account) as Bytes
		this.#checkedAt = context.clock()
		const { cluster } = context
		const { account, sid } = wish.holder
		this.#stops = [
			cluster.subscribe('events-stored', ({ conversation }) => {
				if (this.#positions.has(conversation)) this.#touch(conversation)
			}),
			cluster.subscribe('conversation-log', ({ conversation, members, parted }) => {
				if (members.includes(account) || parted.includes(account)) this.#touchList(conversation)
			}),
			cluster.subscribe('session-ended', (ended) => {
				if (ended.sid === sid) this.#end(ended.code)
			}),
			cluster.subscribe('account-log', (grown) => {
				if (grown.account === account) this.#lookAgain()
			}),
			cluster.subscribe('signals-missed', () => this.#touchAll()),
		]
	}

	async begin(): Promise<Decided<null>> {
		const { from, only, holder } = this.#wish
		const may = await this.#context.tickets.checkHolder(holder)
		if (!may.ok) return may
		const known = from === null ? null : decodePositions(from, feedLimits.conversations)
		if (from !== null && known === null) return refuse('malformed')
		const own = await this.#own()
		if (only !== null && !only.every((conversation) => own.has(conversation))) return refuse('not-member')
		const wanted = only ?? [...own]
		if (wanted.length > feedLimits.conversations) return refuse('too-large')
		for (const conversation of wanted) await this.#enter(conversation, known)
		return ok(null)
	}

	/** From where the reader stands; what is new to him he gets from its beginning, and who stands nowhere from now on. */
	async #enter(conversation: string, known: KnownPositions | null): Promise<void> {
		const position =
			known === null ? await this.#standsAt(conversation) : (known.get(shortId(conversation)) ?? { recv: 0, seq: 0 })
		this.#positions.set(conversation, position)
		this.#dirty.add(conversation)
	}

	async #standsAt(conversation: string): Promise<FeedPosition> {
		const id = base64urlToBytes(conversation) as Bytes
		const { events, conversations } = this.#context.repositories
		const counters = await events.counters(id)
		return { recv: counters?.recv ?? 0, seq: await conversations.headSeq(id) }
	}

	async #own(): Promise<Set<string>> {
		return new Set((await this.#context.repositories.conversations.of(this.#account)).map(bytesToBase64url))
	}

	async read(): Promise<Decided<readonly FeedNews[]>> {
		const may = await this.#check()
		if (!may.ok) return may
		const conversations = await this.#taken()
		// The ends before the members: a row up to there was stored before whoever is a member now could be removed.
		const ends = new Map<string, FeedPosition>()
		for (const conversation of conversations) ends.set(conversation, await this.#standsAt(conversation))
		const own = await this.#own()
		const news: FeedNews[] = []
		for (const [conversation, end] of ends) {
			if (own.has(conversation)) news.push(...(await this.#newsOf(conversation, end, feedLimits.rows - news.length)))
			else if (this.#positions.delete(conversation)) news.push({ type: 'parted', conversation })
		}
		// Whatever happened while this was read.
		return this.#ended === null ? ok(news) : refuse(this.#ended)
	}

	/** A few at a time, so that a reading is never large. */
	async #taken(): Promise<readonly string[]> {
		if (this.#listIsStale) {
			this.#listIsStale = false
			const isWanted = (conversation: string) => this.#wish.only?.includes(conversation) ?? true
			for (const conversation of await this.#own())
				if (!this.#positions.has(conversation) && isWanted(conversation)) await this.#join(conversation)
		}
		const taken = [...this.#dirty].slice(0, 16)
		for (const conversation of taken) this.#dirty.delete(conversation)
		return taken
	}

	async #join(conversation: string): Promise<void> {
		if (this.#positions.size >= feedLimits.conversations) return this.#end('too-large')
		await this.#enter(conversation, new Map())
	}

	/** At most `room`; of what is left it reads the next time. */
	async #newsOf(conversation: string, end: FeedPosition, room: number): Promise<readonly FeedNews[]> {
		const { recv, seq } = this.#positions.get(conversation) as FeedPosition
		const limit = Math.max(0, room - 1)
		const rows = end.recv > recv ? await this.#rows(conversation, { after: recv, upTo: end.recv, limit }) : []
		const isWhole = end.recv <= recv || rows.length < limit
		if (!isWhole) this.#dirty.add(conversation)
		const reached = isWhole ? Math.max(recv, end.recv) : (rows.at(-1)?.recv ?? recv)
		this.#positions.set(conversation, { recv: reached, seq: end.seq })
		const grown: FeedNews[] = end.seq > seq ? [{ type: 'conversation', conversation, seq: end.seq }] : []
		return [...grown, ...rows.map((row) => itemOf(conversation, row))]
	}

	async #rows(conversation: string, range: Parameters<Events['after']>[1]): Promise<readonly FeedRow[]> {
		const { events } = this.#context.repositories
		const counters = await events.counters(base64urlToBytes(conversation) as Bytes)
		return counters === null ? [] : events.after(counters.id, range)
	}

	async #check(): Promise<Decided<null>> {
		const now = this.#context.clock()
		const { expiresAt, holder } = this.#wish
		if (this.#ended !== null) return refuse(this.#ended)
		if (expiresAt !== null && now >= expiresAt) return refuse('unauthenticated')
		if (now - this.#checkedAt < feedLimits.checkMs) return ok(null)
		this.#checkedAt = now
		return this.#context.tickets.checkHolder(holder)
	}

	#touch(conversation: string): void {
		this.#dirty.add(conversation)
		this.#news()
	}

	#touchList(conversation: string): void {
		this.#listIsStale = true
		if (this.#positions.has(conversation)) this.#dirty.add(conversation)
		this.#news()
	}

	#touchAll(): void {
		for (const conversation of this.#positions.keys()) this.#dirty.add(conversation)
		this.#listIsStale = true
		this.#lookAgain()
	}

	#lookAgain(): void {
		this.#checkedAt = -Infinity
		this.#news()
	}

	#end(code: WireErrorCode): void {
		this.#ended ??= code
		this.#news()
	}

	#news(): void {
		const wake = this.#wake
		this.#wake = null
		wake?.()
	}

	onNews(run: () => void): void {
		if (this.#dirty.size > 0 || this.#listIsStale || this.#ended !== null) return run()
		this.#wake = run
	}

	position(): string {
		return encodePositions(this.#positions)
	}

	standing() {
		return [...this.#positions].map(([conversation, position]) => ({ conversation, ...position }))
	}

	close(): void {
		if (this.#isClosed) return
		this.#isClosed = true
		for (const stop of this.#stops) stop()
		this.#wake = null
		this.#left()
	}
}

function itemOf(conversation: string, { page, part, clientId, clock, recv, bytes }: FeedRow): FeedItem {
	const guid = guidOf({ conversation: base64urlToBytes(conversation) as Bytes, page, part })
	return { type: 'item', conversation, guid, clientId, clock, recv, bytes }
}
