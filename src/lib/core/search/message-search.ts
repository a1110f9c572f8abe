/**
 * Search over all conversations of the account: what the index says, opened and shown; and the index kept in step with the rows, in
 * the background, a few pages at a time. Only what is shown is opened. What the index names is judged once more when it is opened: a
 * message that went a moment ago is not shown.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { idToText } from '#protocol/ids.ts'
import { conversationRange, keyToPage } from '#store/keys.ts'
import type { ConversationId, SearchAt, SearchHit, SearchView } from '../api.ts'
import type { ConversationContext } from '../context.ts'
import type { Copies } from '../copies/copies.ts'
import { copiedHit, copyToIndex } from '../copies/copy-search.ts'
import { talkOfCopy } from '../copies/copy-views.ts'
import { createOpener, type Opened } from '../opener.ts'
import { find, type FoundRows, type Wanted } from './find.ts'
import type { EventJournal } from './event-journal.ts'
import { pageToIndex, searchedText } from './index-page.ts'
import { createMessageIndex } from './message-index.ts'
import { createSearchNames } from './search-names.ts'
import type { MissedChanges } from './missed-changes.ts'
import { isEmpty, parseQuery, type Query } from './query.ts'
import type { IndexedPage, PageName } from './segment.ts'
import { snippetOf } from './snippet.ts'
import { matches } from './terms.ts'

export interface MessageSearch {
	readonly view: (at: SearchAt) => Promise<SearchView>
	/** Looks at what changed while nobody did. */
	readonly start: (missed: MissedChanges) => Promise<void>
	readonly close: () => void
}

export interface MessageSearchParts {
	readonly context: ConversationContext
	readonly journal: EventJournal
	readonly copies: Copies
	/** What a conversation is called and shown with; null for what has no name. */
	readonly describe: (conversation: ConversationId) => Promise<Described | null>
}

type Describe = MessageSearchParts['describe']
type Described = Pick<SearchHit, 'kind' | 'room' | 'title' | 'person'>

/** Pages are looked at when nothing was written for so long, ms; and after so long in any case. */
const quietMs = 1_000
const waitMax = 10_000
/** Between two steps: whoever waits for a conversation to open comes in between. */
const restMs = 30
const nothing: SearchView = { hits: [], more: false, indexing: null, unclear: [] }

export function createMessageSearch(parts: MessageSearchParts): MessageSearch {
	const { context, journal, copies } = parts
	const { self, storage, records, events, logs, keyring, accounts, timers, time, views, failed } = context
	const index = createMessageIndex({ records, storage, journal, readPage })
	const openers = new Map<ConversationId, ReturnType<typeof createOpener>>()
	/** Of each conversation when it was looked at last. */
	const cutsSeen = new Map<ConversationId, number>()
	const parted = new Set<ConversationId>()
	let closed = false
	let isWorking = false
	let since: number | null = null
	let cancel = () => {}

	const trouble = (error: unknown) => failed('search', error)
	const names = createSearchNames(context, copies, async (id) => (await describe(id))?.title ?? '')
	const isIn = (id: ConversationId) => logs.known(id)?.members.has(self.account) === true
	const isCopyOf = (id: ConversationId) => copies.get(id) !== null

	async function describe(id: ConversationId): Promise<Described | null> {
		const copy = copies.get(id)
		return copy === null ? parts.describe(id) : talkOfCopy(id, copy)
	}

	function openIn(id: ConversationId) {
		const open = openers.get(id) ?? createOpener(id, context)
		openers.set(id, open)
		return open
	}

	/** Of a conversation that was left, nothing. */
	async function readPage(name: PageName): Promise<IndexedPage | null> {
		const { conversation, page } = name
		if (isCopyOf(conversation)) return copyToIndex(copies, name)
		if (copies.isGone(conversation)) return { ...name, messages: [], lockedBy: [] }
		if (logs.known(conversation) === null) return null
		if (!isIn(conversation)) return { ...name, messages: [], lockedBy: [] }
		const rows = await openIn(conversation)(await events.page(conversation, page))
		const locked = rows.filter(({ event: { content } }) => content.type === 'closed' && awaitsKey.has(content.why))
		return {
			...pageToIndex(
				name,
				rows.map(({ event }) => event),
				{ now: time.now(), hidden: context.hidden.of(name) },
			),
			lockedBy: [...new Set(locked.map(({ known }) => known.item.head.epoch))],
		}
	}

	function soon(): void {
		since ??= time.now()
		const left = journal.hurried().size > 0 ? 0 : since + waitMax - time.now()
		workIn(Math.max(0, Math.min(quietMs, left)))
	}

	/** What was deleted is not to be read in the index either, however much is being written. */
	function forget(page: PageName): void {
		if (index.holds(page)) journal.hurry(page)
	}

	async function hide(pages: readonly PageName[]): Promise<void> {
		const held = pages.filter(index.holds)
		held.forEach(journal.hurry)
		await journal.mark(held)
	}

	async function work(): Promise<void> {
		since = null
		isWorking = true
		const goesOn = await index.step().finally(() => {
			isWorking = false
		})
		views.changed('search')
		if (goesOn) workIn(journal.hurried().size > 0 ? 0 : restMs)
	}

	function workIn(ms: number): void {
		if (closed || isWorking) return
		cancel()
		cancel = timers.after(ms, () => void work().catch(trouble))
	}

	/** Pages that no segment names: of an earlier version, or of an index that could not be read. */
	async function markMissing(missed: MissedChanges): Promise<void> {
		await journal.restore()
		const known = await index.read(({ pages }) => Promise.resolve(pages))
		const names = Map.groupBy(known, ({ conversation }) => conversation)
		// Looked at once, it is told of when something is hidden there.
		known.forEach(context.hidden.of)
		const missing: PageName[] = []
		for (const state of logs.all()) {
			const conversation = idToText(state.id)
			const here = new Set(names.get(conversation)?.map(({ page }) => page))
			for (let page = (await newestPage(conversation)) ?? -1; page >= 0; page--)
				if (!here.has(page)) missing.push({ conversation, page })
			look(conversation, names.get(conversation) ?? [], missing)
			// What its log said before is not known any more.
			if (missed.logs.includes(conversation)) missing.push(...(names.get(conversation) ?? []))
		}
		for (const [conversation, { pages }] of copies.all()) {
			const here = new Set(names.get(conversation)?.map(({ page }) => page))
			missing.push(...pages.flatMap((_, page) => (here.has(page) ? [] : [{ conversation, page }])))
		}
		await journal.mark(missing)
		missed.erased.forEach(forget)
		await hide(missed.hidden)
		for (const id of missed.copies) await copyChanged(id)
	}

	/** Imported anew, or deleted: also what it had more of before. */
	async function copyChanged(id: ConversationId): Promise<void> {
		const before = await index.read(({ pages }) => Promise.resolve(pages))
		const had = before.flatMap(({ conversation, page }) => (conversation === id ? [page] : []))
		const has = (copies.get(id)?.pages ?? []).map((_, page) => page)
		const pages = [...new Set([...had, ...has])].map((page) => ({ conversation: id, page }))
		if (copies.isGone(id)) pages.forEach(journal.hurry)
		await journal.mark(pages)
	}

	async function newestPage(conversation: ConversationId): Promise<number | null> {
		const [key] = await storage.transaction('read', ['events'], (tx) =>
			tx.keys('events', { ...conversationRange(conversation), reverse: true, limit: 1 }),
		)
		return key === undefined ? null : keyToPage(key).page
	}

	/** What a log says anew of pages whose rows are the same: who is in, and what was cut off. */
	function look(id: ConversationId, pages: readonly PageName[], again: PageName[]): void {
		const cuts = logs.known(id)?.cuts.length ?? 0
		const wasIn = !parted.has(id)
		if (cuts !== (cutsSeen.get(id) ?? cuts) || isIn(id) !== wasIn) again.push(...pages)
		cutsSeen.set(id, cuts)
		if (isIn(id)) parted.delete(id)
		else parted.add(id)
	}

	async function logChanged(id: ConversationId): Promise<void> {
		const pages = await index.read((all) =>
			Promise.resolve(all.pages.filter(({ conversation }) => conversation === id)),
		)
		const again: PageName[] = []
		look(id, pages, again)
		for (const page of pages)
			for (const epoch of page.lockedBy) if ((await keyring.keys(id, epoch)) !== null) again.push(page)
		// Pages of a log that was not known wait for it.
		const waiting = [...journal.waiting().values()].filter(({ conversation }) => conversation === id)
		await journal.mark([...again, ...waiting].map(({ conversation, page }) => ({ conversation, page })))
	}

	async function toWanted(query: Query, at: SearchAt): Promise<{ wanted: Wanted; unclear: readonly string[] }> {
		const from = names.accounts(query.from)
		const within = await names.conversations(query.in)
		const isWithin = (id: ConversationId) =>
			(at.conversation === null || id === at.conversation) && (query.in.length === 0 || within.found.has(id))
		return {
			wanted: {
				...{ prefixes: query.prefixes, has: query.has, since: query.since, until: query.until, now: time.now() },
				conversation: (id) => (isIn(id) || isCopyOf(id)) && isWithin(id),
				authors: query.from.length === 0 ? null : from.found,
			},
			unclear: [...query.unclear, ...from.unclear, ...within.unclear],
		}
	}

	async function toHit(rows: FoundRows, prefixes: readonly string[], described: Describe): Promise<SearchHit | null> {
		const { conversation } = rows.post
		if (isCopyOf(conversation)) return copiedHit(copies, rows.post, { prefixes, described })
		const known = await Promise.all([rows.post, ...(rows.edit === null ? [] : [rows.edit])].map(events.at))
		const [post, edit] = await openIn(conversation)(known.filter((one) => one !== null))
		const said = post === undefined || (rows.edit !== null && edit === undefined) ? null : saidIn(post, edit)
		if (post === undefined || said === null || !matches(said.text, prefixes)) return null
		if (await isCopy(conversation, said.was)) return null
		const id = bytesToBase64url(post.event.eventId)
		if (context.hidden.of(rows.post).has(id)) return null
		const talk = await described(conversation)
		const author = bytesToBase64url(post.event.author)
		return talk === null
			? null
			: {
					...{ conversation, ...talk },
					event: id,
					author: accounts.person(author),
					mine: author === self.account,
					at: said.writtenAt,
					...snippetOf(said.text, prefixes),
				}
	}

	/** Sealed again after a refusal, and an earlier one is here too: that one is shown. */
	async function isCopy(conversation: ConversationId, was: readonly Uint8Array[]): Promise<boolean> {
		for (const id of was) if ((await events.placeOf(conversation, bytesToBase64url(id))) !== null) return true
		return false
	}

	async function hitsOf(wanted: Wanted, count: number): Promise<{ hits: SearchHit[]; more: boolean }> {
		return index.read(async (readable) => {
			const hits: SearchHit[] = []
			const described = once(describe)
			for await (const rows of find(readable, wanted, count + 1)) {
				const opened = await Promise.all(rows.map((one) => toHit(one, wanted.prefixes, described)))
				hits.push(...opened.filter((hit) => hit !== null))
				if (hits.length > count) break
			}
			return { hits: hits.slice(0, count), more: hits.length > count }
		})
	}

	const stop = [
		events.onErased(forget),
		context.hidden.onChange((pages) => void hide(pages).catch(trouble)),
		copies.onChange((id) => void copyChanged(id).catch(trouble)),
		journal.onChange(soon),
		logs.onChange((id) => void logChanged(id).catch(trouble)),
		() => cancel(),
	]

	return {
		view: async (at) => {
			const query = parseQuery(at.text, (year, month, day) => new Date(year, month, day).getTime())
			await index.catchUp()
			const { done, total } = index.progress()
			const indexing = done < total ? { done, total } : null
			if (indexing !== null) workIn(0)
			if (isEmpty(query)) return { ...nothing, indexing, unclear: query.unclear }
			const { wanted, unclear } = await toWanted(query, at)
			return { ...(await hitsOf(wanted, at.count)), indexing, unclear }
		},
		start: async (missed) => {
			await markMissing(missed)
			workIn(0)
		},
		close: () => {
			closed = true
			for (const end of stop) end()
		},
	}
}

/** Of one answer: a hundred hits of a group open its title once. */
function once(describe: Describe): Describe {
	const known = new Map<ConversationId, ReturnType<Describe>>()
	return (conversation) => {
		const told = known.get(conversation) ?? describe(conversation)
		known.set(conversation, told)
		return told
	}
}

const awaitsKey: ReadonlySet<string> = new Set(['fetching-key', 'before-you-joined'])

/** Text and names of files of a message as it reads now; null where one of its rows says nothing any more. */
function saidIn(
	{ event }: Opened,
	edit: Opened | undefined,
): { text: string; writtenAt: number; was: readonly Uint8Array[] } | null {
	const body = event.valid && event.content.type === 'open' ? event.content.body : null
	if (body?.kind !== 'post') return null
	const { writtenAt, was, attachments } = body
	if (edit === undefined) return { text: searchedText(body), writtenAt, was }
	const change = edit.event.valid && edit.event.content.type === 'open' ? edit.event.content.body : null
	if (change?.kind !== 'annotate' || change.action.type !== 'edit') return null
	return { text: searchedText({ text: change.action.text, attachments }), writtenAt, was }
}
