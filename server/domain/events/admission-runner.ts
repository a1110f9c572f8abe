/**
 * From frames to rows: one transaction for all that comes in within one turn of the loop.
 *
 *   judge     intrinsic checks of every item, signatures in one batch             (judge.ts)
 *   place     admission, one item after the other, into a draft                   (place.ts, draft.ts)
 *   commit    rows, counters, next clocks: durable, or nothing happened; a book that was overtaken is read again (books.ts)
 *   publish   to whoever follows; then the verdicts go back
 *
 * Nothing is acked or shown before the commit. One conversation that fails does not take the others of its turn along.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { Ack } from '#protocol/hub.ts'
import { conversationIn } from '#protocol/guid.ts'
import { inUpdateOrder } from '#protocol/page-codec.ts'
import type { AccountStates, ConversationStates, DomainPorts } from '../domain.ts'
import { endBlobsOf } from '../blob-ends.ts'
import type { Bars } from '../bars.ts'
import { Overtaken } from '../event-ports.ts'
import type { AfterCommit, Repositories } from '../ports.ts'
import type { EventsApi, Upload } from './api.ts'
import { createAuthors, deviceIn, isPost, type Authors } from './authors.ts'
import type { Books } from './books.ts'
import { cutListsIn } from './cut-lists.ts'
import { createCutWaits, type CutWaits } from './cut-waits.ts'
import { Draft, type DraftPage } from './draft.ts'
import type { Scrubbing } from '../scrubbing.ts'
import type { FriendshipCache } from './friendship-cache.ts'
import { judgeTurn, verifyTurn, type ConversationTurn, type JudgedItem, type JudgePorts } from './judge.ts'
import { placeItem, type Placing } from './place.ts'
import { createRates, type Rate, type Rates } from './rates.ts'
import { createTurns, type Pace, type Turns } from './turns.ts'

export interface RunnerPorts extends Pick<
	DomainPorts,
	| 'repositories'
	| 'unitOfWork'
	| 'blobFiles'
	| 'cluster'
	| 'clock'
	| 'timers'
	| 'random'
	| 'hash'
	| 'verify'
	| 'log'
	| 'meter'
	| 'defer'
> {
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
	readonly friendships: FriendshipCache
	readonly books: Books
	readonly bars: Bars
	readonly scrubbing: Scrubbing
	/** What one author may send, in events … */
	readonly rate: Rate
	/** … and in bytes of items. */
	readonly quota: Rate
	/** How often a turn may begin. */
	readonly turnRate: Rate
}

/** Items decided in one transaction, and so the longest time that others wait for the writer. */
const turnItemsMax = 512
/** After a failure of ours, ms. */
const retryFailedMs = 5_000

type Group = ConversationTurn & { readonly judged: readonly JudgedItem[] }
type Verdicts = Map<JudgedItem, Ack>

export class AdmissionRunner implements EventsApi {
	readonly #ports: RunnerPorts
	readonly #authors: Authors
	readonly #judging: JudgePorts
	readonly #rates: Rates
	readonly #quotas: Rates
	readonly #cutWaits: CutWaits
	readonly #turns: Turns<Upload>

	constructor(ports: RunnerPorts) {
		const { repositories, cluster, clock, books, defer } = ports
		this.#ports = ports
		this.#authors = createAuthors(repositories.devices, ports.accountStates)
		const cutLists = cutListsIn(repositories.cutLists)
		this.#judging = { ...ports, authors: this.#authors, cutLists, suspects: ports.bars.suspects }
		this.#rates = createRates(ports.rate, clock)
		this.#quotas = createRates(ports.quota, clock)
		this.#cutWaits = createCutWaits(cluster, clock)
		const weigh = ({ items, strays }: Upload): number => 1 + items.length + strays.length
		const run = (uploads: readonly Upload[]): Promise<void> => this.#run(uploads)
		this.#turns = createTurns({ defer, pace: paceOf(ports), weigh, weightMax: turnItemsMax, run })
		cluster.subscribe('events-stored', ({ conversation, items }) => {
			books.dropBefore(conversation, Math.max(...items.map(({ recv }) => recv)))
		})
		cluster.subscribe('stale', ({ of }) => {
			if (of === 'everything') books.dropAll()
		})
	}

	submit(upload: Upload): void {
		this.#turns.add(upload)
	}

	drained(): Promise<void> {
		return this.#turns.drained()
	}

	async #run(uploads: readonly Upload[]): Promise<void> {
		const groups = [...Map.groupBy(uploads, ({ guid }) => conversationIn(guid)).values()]
		const began = performance.now()
		try {
			await this.#decide(groups)
			const items = uploads.reduce((sum, upload) => sum + upload.items.length, 0)
			this.#ports.meter.turn((performance.now() - began) / 1000, items)
		} catch (error) {
			if (groups.length === 1) return this.#failed(uploads, error)
			for (const group of groups) await this.#decide([group]).catch((cause: unknown) => this.#failed(group, cause))
		}
	}

	async #decide(uploads: readonly (readonly Upload[])[]): Promise<void> {
		const turns: ConversationTurn[] = []
		for (const group of uploads) turns.push(await this.#turnOf(group))
		const groups = await this.#judge(turns)
		const verdicts = await this.#commit(groups).catch((error: unknown) => {
			if (!(error instanceof Overtaken)) throw error
			return this.#commit(groups)
		})
		for (const { judged, uploads } of groups) {
			// In the order of uploads and their items.
			let from = 0
			for (const upload of uploads) this.#settle(upload, judged.slice(from, (from += upload.items.length)), verdicts)
		}
	}

	async #turnOf(uploads: readonly Upload[]): Promise<ConversationTurn> {
		const { conversation } = (uploads[0] as Upload).address
		for (const { uploader } of uploads) this.#authors.learn(uploader.device, uploader.account)
		return { state: await this.#stateOf(conversation), book: await this.#ports.books.get(conversation), uploads }
	}

	async #stateOf(conversation: Bytes): Promise<ConversationState> {
		const state = await this.#ports.conversationStates.get(conversation)
		if (state === null) throw new Error('a page of a conversation that is not here')
		return state
	}

	async #judge(turns: readonly ConversationTurn[]): Promise<Group[]> {
		const judged: Awaited<ReturnType<typeof judgeTurn>>[] = []
		for (const turn of turns) judged.push(await judgeTurn(this.#judging, turn))
		const verified = await verifyTurn(this.#judging, judged.flat())
		let from = 0
		return turns.map((turn, i) => ({ ...turn, judged: verified.slice(from, (from += judged[i]?.length ?? 0)) }))
	}

	#commit(groups: readonly Group[]): Promise<Verdicts> {
		return this.#ports.unitOfWork.transaction(async (repositories, afterCommit) => {
			const verdicts: Verdicts = new Map()
			for (const group of groups) {
				await this.#place(repositories, group, { verdicts, afterCommit }).catch((error: unknown) => {
					if (error instanceof Overtaken) this.#ports.books.drop(bytesToBase64url(group.state.id))
					throw error
				})
			}
			return verdicts
		})
	}

	async #place(
		repositories: Repositories,
		group: Group,
		{ verdicts, afterCommit }: { verdicts: Verdicts; afterCommit: AfterCommit },
	): Promise<void> {
		const { events } = repositories
		const { books, clock, hash, friendships } = this.#ports
		// Read anew: what the log says now, not when the item was judged.
		const state = await this.#stateOf(group.state.id)
		const book = await books.get(state.id)
		const counters = book.counters ?? (await events.openCounters(state.id))
		const seen = book.counters?.recv ?? 0
		if (counters.recv !== seen) throw new Overtaken()
		const draft = new Draft(book, counters, { books, events })
		await draft.lookUp(
			group.judged.flatMap(({ judgment }) => (judgment.type === 'valid' ? [judgment.event.eventId] : [])),
		)
		const standing = await friendships.standing(state)
		const given = { draft, state, now: clock(), standing, hash }
		const limits = { rates: this.#rates, quotas: this.#quotas, cutWaits: this.#cutWaits }
		const placing: Placing = { ...given, ...limits, authors: this.#authors }
		for (const judged of group.judged) verdicts.set(judged, await placeItem(placing, judged))
		if (draft.isEmpty) {
			// What is stored says by itself whether the book was behind.
			if ((await events.counters(state.id))?.recv !== seen) throw new Overtaken()
			return
		}
		await events.store(draft.change())
		const ended = { conversation: state.id, events: draft.ended }
		await endBlobsOf(this.#ports, { repositories, afterCommit }, ended)
		afterCommit(() => this.#publish(draft, counters.current))
	}

	#publish(draft: Draft, currentBefore: number): void {
		const { cluster, scrubbing } = this.#ports
		if (draft.rewritten.size > 0) scrubbing.soon()
		const conversation = bytesToBase64url(draft.book.conversation)
		const { current } = draft.counters
		draft.takeOver()
		if (current !== currentBefore) cluster.publish('page-opened', { conversation, page: current })
		for (const page of draft.pages()) {
			if (page.stored.length > 0) cluster.publish('events-stored', { conversation, ...storedIn(page) })
		}
		const devices = authorsOfPosts(draft)
		if (devices.length > 0) cluster.publish('posted', { conversation, devices })
	}

	#settle(upload: Upload, judged: readonly JudgedItem[], verdicts: Verdicts): void {
		const acks = judged.map((item) => verdicts.get(item) as Ack)
		upload.settle({ acks: [...acks, ...upload.strays.map((stray) => refusedStray(upload.guid, stray))] })
		if (!judged.some(isOwnBadSignature)) return
		const { bars, log } = this.#ports
		bars.bar(upload.uploader).catch((error: unknown) => log.error('device-not-barred', { error }))
	}

	#failed(uploads: readonly Upload[], error: unknown): void {
		this.#ports.log.error('events-not-stored', { error, count: uploads.length })
		for (const { guid, items, strays, settle } of uploads) {
			const held = { verdict: 'hold', code: 'internal', retryAfter: retryFailedMs } as const
			settle({ acks: [...items, ...strays].map(({ clientId, clock }) => ({ ...held, guid, clientId, clock })) })
		}
	}
}

function paceOf({ turnRate, timers, clock }: Pick<RunnerPorts, 'turnRate' | 'timers' | 'clock'>): Pace {
	const turns = createRates(turnRate, clock)
	return { timers, wait: () => turns.wait('', 1), take: () => turns.take('', 1) }
}

function isOwnBadSignature({ own, judgment }: JudgedItem): boolean {
	return own && judgment.type === 'refuse' && judgment.code === 'item-bad-signature'
}

function refusedStray(guid: string, { clientId, clock }: { clientId: number; clock: number }): Ack {
	return { verdict: 'refuse', guid, clientId, clock, code: 'item-malformed' }
}

/** base64url of the devices that wrote a message. */
function authorsOfPosts(draft: Draft): string[] {
	const posts = [...draft.pages()].flatMap(({ stored }) => stored.filter(({ content }) => isPost(content)))
	const devices = posts.map(({ content }) => deviceIn(content)).filter((device) => device !== null)
	return [...new Set(devices.map(bytesToBase64url))]
}

function storedIn({ guid, stored, origins }: DraftPage) {
	const items = inUpdateOrder([...new Map(stored.map((item) => [item.recv, item])).values()])
	const [origin = null] = origins.size === 1 ? origins : []
	return { guid, items, origin }
}
