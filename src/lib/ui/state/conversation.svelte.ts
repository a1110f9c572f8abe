/**
 * One open conversation: its view, the messages at hand and which of them stand in the page, the draft in the composer, and
 * what the reader's eyes and fingers tell the core (read, typing, draft).
 *
 * At hand are the newest messages, which come with the view, or a run of history around what is looked at. The run is
 * watched anew, further on, when the reader nears one of its ends: memory holds one run, however long the history.
 */
import type {
	ConversationId,
	ConversationView,
	EventId,
	FileView,
	HistoryView,
	KithApi,
	KithError,
	LogLineView,
	MessageView,
} from '#core/api.ts'
import { Composer } from './composer.svelte.ts'
import { loadFile, type Loaded } from './file-content.ts'
import { goneBetween } from './gone-messages.ts'
import type { LoadedApart } from './loaded-apart.ts'
import { mayBeMarkdown } from './markdown.ts'
import {
	carried,
	extendDown,
	extendUp,
	firstLook,
	isFull,
	newestWindow,
	noWindow,
	pruned,
	windowAround,
	windowStep,
	type MessageWindow,
} from './message-window.ts'
import type { Answer } from './task.svelte.ts'
import { keepRows, keepUnchanged, linesAmong, rowsOf, timeline, type Row } from './timeline.ts'
import { titled } from './titled.ts'

/** Messages on either side of what a run is asked for. */
const runReach = 100
/** With fewer at hand beyond the page's window, the next run is asked for. */
const runEnough = 48

type End = 'earlier' | 'later'

interface OpenOptions {
	readonly markdown?: LoadedApart<unknown> | null
	readonly height?: number
}

export class OpenConversation {
	readonly id: ConversationId
	readonly composer: Composer
	/** Undefined until the first answer; null when this account has no such conversation. */
	view = $state.raw<ConversationView | null | undefined>(undefined)
	/** History is on its way, and the reader waits for it. */
	loadingEarlier = $state(false)
	error = $state.raw<KithError | null>(null)
	/** The newest message of somebody else that came while this was open, to be read out. */
	arrived = $state.raw<MessageView | null>(null)

	#api: KithApi
	#markdown: LoadedApart<unknown> | null
	#height: number
	#newest = $state.raw<readonly MessageView[]>([])
	/** Null while the newest messages are at hand. */
	#run = $state.raw<HistoryView | null>(null)
	#messages = $derived<readonly MessageView[]>(this.#run?.messages ?? this.#newest)
	/** What happened in a group, all of it. */
	#lines = $state.raw<readonly LogLineView[]>([])
	readonly #hasEarlier = $derived(this.#run === null ? this.view?.more === true : this.#run.earlier)
	readonly #linesHere = $derived(
		linesAmong(this.#lines, this.#messages, { earlier: this.#hasEarlier, later: this.#run?.later === true }),
	)
	#window = $state.raw<MessageWindow>(noWindow)
	/** The line above what is new stays where it was when the conversation was opened. */
	#firstUnread = $state.raw<string | null>(null)
	#rowsBefore: readonly Row[] = []
	#allRows = $derived.by(
		() => (this.#rowsBefore = keepRows(this.#rowsBefore, timeline(this.#messages, this.#firstUnread, this.#linesHere))),
	)
	#stopRun: (() => void) | null = null
	#stopLines = () => {}
	#asking: EventId | null = null
	/** The newest view, while what is to be drawn with it is on its way. */
	#coming: ConversationView | null = null
	#readKey: string | null = null

	readonly rows = $derived(rowsOf(this.#allRows, this.#messages, this.#window))
	/** Nothing lies below what stands in the page. */
	readonly atEnd = $derived(this.#window.to === this.#messages.length && this.#run?.later !== true)
	/** The page starts at the very first message. */
	readonly atStart = $derived(this.view != null && this.#window.from === 0 && !this.#hasEarlier)
	readonly newest = $derived(this.#newest.at(-1) ?? null)
	readonly firstUnread = $derived(this.#firstUnread)

	/** `markdown`: what draws it; without, nobody waits for it. `height`: of the screen that the first look fills, px. */
	constructor(api: KithApi, id: ConversationId, { markdown = null, height = Infinity }: OpenOptions = {}) {
		this.#api = api
		this.#markdown = markdown
		this.#height = height
		this.id = id
		this.composer = new Composer(api, id)
	}

	/** Follows the conversation; returns how to stop, which keeps the draft. */
	watch(): () => void {
		const stop = this.#api.watch('conversation', this.id, (view) => this.#receive(view))
		return () => {
			stop()
			this.#stopLines()
			this.#leaveRun()
			this.composer.leave()
		}
	}

	/** Pictures of the messages at hand, in their order. */
	readonly pictures = $derived(this.#messages.flatMap(({ files }) => files.filter(({ picture }) => picture !== null)))

	/** A file of one of them, as the browser's own object. */
	load(file: FileView): Promise<Loaded> {
		return loadFile(this.#api, this.id, file)
	}

	/** How many of the newest messages, others', came after the one with this key. */
	countAfter(key: string | null): number {
		const from = this.#newest.findIndex((message) => message.key === key)
		return this.#newest.slice(from + 1).filter((message) => !message.mine).length
	}

	/** The reader nears the upper end: so many messages more, or room made for them. True when the page changed. */
	earlier(step: number = windowStep): boolean {
		if (this.#window.from < runEnough && !this.atStart) this.#askAtEnd('earlier')
		const before = this.#window
		// A frame that takes messages away draws none.
		this.#window = isFull(before) ? pruned(before, 'up') : extendUp(before, step)
		this.loadingEarlier = this.#window.from === 0 && !this.atStart
		return this.#window.from < before.from || this.#window.to < before.to
	}

	/** The reader nears the lower end of a window that does not reach the newest message. */
	later(step: number = windowStep): boolean {
		if (this.#run !== null && this.#messages.length - this.#window.to < runEnough) this.#askAtEnd('later')
		const before = this.#window
		this.#window = isFull(before) ? pruned(before, 'down') : extendDown(before, step, this.#messages.length)
		return this.#window.to > before.to || this.#window.from > before.from
	}

	/** The reader is at the newest message: the run of history is not needed any more. */
	settleAtEnd(): void {
		if (this.#run === null || !this.atEnd) return
		this.#leaveRun()
		this.#show(this.#newest, null)
	}

	toLatest(): void {
		this.#leaveRun()
		this.#run = null
		this.#window = newestWindow(this.#newest.length)
	}

	/** Brings a message onto the page with what is around it. Its key, or null when it is not here. */
	async reach(event: EventId): Promise<string | null> {
		const find = () => this.#messages.findIndex((message) => message.event === event)
		if (find() < 0) await this.#ask(event)
		const index = find()
		if (index < 0) return null
		if (index < this.#window.from || index >= this.#window.to) this.#window = windowAround(this.#messages.length, index)
		return this.#messages[index]?.key ?? null
	}

	/** The message with this key, and all before it, were on screen. */
	async sawUpTo(key: string): Promise<void> {
		const place = (messages: readonly MessageView[], one: string | null) => messages.findIndex((m) => m.key === one)
		const [at, before] = [place(this.#messages, key), place(this.#messages, this.#readKey)]
		if (at < 0 || at <= before) return
		// Who read one of the newest has read all history before them.
		if (place(this.#newest, this.#readKey) >= 0 && place(this.#newest, key) < 0) return
		this.#readKey = key
		await this.#api.markRead({ conversation: this.id, key })
	}

	async react(key: string, emoji: string, on: boolean): Promise<void> {
		this.#said(await this.#api.react({ conversation: this.id, key, emoji, on }))
	}

	async pin(key: string, on: boolean): Promise<void> {
		this.#said(await this.#api.pin({ conversation: this.id, key, on }))
	}

	/** False where nothing of ours is at hand. */
	editLast(): boolean {
		const last = this.#newest.findLast(({ mine, content }) => mine && content.type === 'text')
		if (last !== undefined) this.composer.startEdit(last)
		return last !== undefined
	}

	#said(result: Answer<unknown>): void {
		this.error = result.ok ? null : result.error
	}

	async retry(key: string): Promise<void> {
		const result = await this.#api.retry({ conversation: this.id, key })
		this.error = result.ok ? null : result.error
	}

	async discard(key: string): Promise<Answer<null>> {
		const result = await this.#api.discard({ conversation: this.id, key })
		if (result.ok) this.error = null
		return result
	}

	#receive(told: ConversationView | null): void {
		if (told === null) {
			this.view = this.#coming = null
			return
		}
		const view = titled(told)
		if (this.view != null) {
			// The first of them, while it is open.
			if (view.hasLines && !this.view.hasLines) void this.#watchLines()
			this.view = view
			this.#takeNewest(view.messages)
			return
		}
		const isOpening = this.#coming !== null
		this.#coming = view
		if (isOpening) return
		this.#firstUnread ??= view.firstUnread
		// What is drawn in another way in a moment would move under the reader's eyes.
		const waits = view.messages.some(({ content }) => content.type === 'text' && mayBeMarkdown(content.text))
		const unread = view.firstUnread
		const isBefore = unread !== null && !view.messages.some(({ key }) => key === unread)
		const drawing = waits && this.#markdown?.now() === null ? this.#markdown.load() : null
		const lines = view.hasLines ? this.#watchLines() : null
		if (!isBefore && drawing === null && lines === null) return this.#open()
		void Promise.all([drawing, lines, isBefore ? this.#ask(unread) : null]).then(() => this.#open())
	}

	/** They stand among the messages from the first look on. */
	#watchLines(): Promise<void> {
		return new Promise((resolve) => {
			this.#stopLines = this.#api.watch('log', this.id, (lines) => {
				this.#lines = lines
				resolve()
			})
		})
	}

	#open(): void {
		const view = this.#coming
		if (view === null) return
		this.#coming = null
		this.composer.receiveDraft(view.draft)
		this.#newest = view.messages
		const index = this.#messages.findIndex((message) => message.key === this.#firstUnread)
		this.#window = this.#firstWindow(index)
		this.view = view
	}

	/** `unread`: where the first unread message stands; below 0 where all is read. */
	#firstWindow(unread: number): MessageWindow {
		const total = this.#messages.length
		if (unread < 0) return newestWindow(total, firstLook(this.#messages, this.#height))
		return total - unread < 20 ? newestWindow(total) : windowAround(total, unread)
	}

	#takeNewest(messages: readonly MessageView[]): void {
		const before = this.#newest
		const next = keepUnchanged(before, messages)
		// Not the last of all: what we wrote and could not send yet stands below it.
		const last = next.findLast(({ mine }) => !mine)
		if (last !== undefined && !before.some(({ key }) => key === last.key)) this.arrived = last
		if (this.#run === null) this.#show(next, null)
		this.#newest = next
		const isGone = goneBetween(before, next)
		this.composer.letGo(isGone)
		if (this.arrived !== null && isGone(this.arrived)) this.arrived = null
	}

	/** Other messages at hand, the same ones in the page. */
	#show(messages: readonly MessageView[], run: HistoryView | null): void {
		const keys = (all: readonly MessageView[]) => all.map(({ key }) => key)
		const window = carried(this.#window, keys(this.#messages), keys(messages), this.atEnd && run?.later !== true)
		if (run === null) this.#newest = messages
		this.#run = run
		this.#window = window
		if (window.from > 0 || !(run?.earlier ?? false)) this.loadingEarlier = false
	}

	/** The run around the outermost message of the page that has an id. */
	#askAtEnd(end: End): void {
		if (this.#asking !== null) return
		if (this.#run !== null && !(end === 'earlier' ? this.#run.earlier : this.#run.later)) return
		const inPage = this.#messages.slice(this.#window.from, this.#window.to).filter(({ event }) => event !== null)
		const event = (end === 'earlier' ? inPage[0] : inPage.at(-1))?.event
		if (event != null) void this.#ask(event)
	}

	/** Watches the run around this message; resolves with its first answer, when it is at hand. */
	#ask(event: EventId): Promise<void> {
		this.#asking = event
		const stopBefore = this.#stopRun
		const at = { conversation: this.id, around: event, before: runReach, after: runReach }
		return new Promise((resolve) => {
			// The first answer may come before `watch` has returned.
			let stop = () => {}
			let stopped = false
			const leave = () => {
				stopped = true
				stop()
			}
			stop = this.#api.watch('history', at, (run) => {
				if (stopped || (this.#asking !== event && this.#stopRun !== leave)) return
				if (this.#asking === event) {
					this.#asking = null
					if (run === null) return resolve()
					stopBefore?.()
					this.#stopRun = leave
				}
				if (run !== null) {
					const messages = keepUnchanged(this.#messages, run.messages)
					this.#show(messages, { ...run, messages })
					this.composer.letGo(goneBetween([], messages))
				}
				resolve()
			})
			if (stopped) stop()
		})
	}

	#leaveRun(): void {
		this.#asking = null
		this.#stopRun?.()
		this.#stopRun = null
		this.loadingEarlier = false
	}
}
