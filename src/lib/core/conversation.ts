/**
 * One conversation while the client runs: its window, its pages, its outbox, its marks. Everything that changes it runs
 * in its own queue, one after the other; one broken conversation never stops the others.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type { Message } from '#protocol/fold.ts'
import type { Ack } from '#protocol/hub.ts'
import { idToText } from '#protocol/ids.ts'
import type { Missing } from '#protocol/intrinsic.ts'
import type { Result } from '#protocol/result.ts'
import { draftKey } from '#store/keys.ts'
import type { Row } from '#store/storage.ts'
import type { ConversationId, HistoryAt, KithError } from './api.ts'
import { createCatchUp } from './catch-up.ts'
import type { ConversationContext } from './context.ts'
import { draftRow } from './conversation-rows.ts'
import type { ConversationSnapshot } from './conversation-views.ts'
import type { KnownEvent } from './event-store.ts'
import { titleOf } from './group-view.ts'
import { createMarks, type Marks } from './marks.ts'
import { mentionsIn } from './mentions.ts'
import { outboxMessageKey } from './message-views.ts'
import { createPageHealth } from './page-health.ts'
import { createPageSessions, pageToGuid } from './page-sessions.ts'
import { createQueue } from './queue.ts'
import { createQuotes } from './quotes.ts'
import { createReceiver } from './receiver.ts'
import { createReports } from './reports.ts'
import { createSender, type CurrentPage } from './sender.ts'
import { createStreams, type ServerStream } from './streams.ts'
import { isOfMany } from './talk-of-many.ts'
import { createTyping } from './typing.ts'
import { createWindow, type Run } from './window.ts'

export interface Conversation {
	readonly id: ConversationId
	/** Rows, marks and draft from the store; no network. */
	readonly restore: () => Promise<void>
	/** The connection is up and our log is the newest: follow, catch up, send. */
	readonly online: () => void
	/** We are no member any more: nothing is heard from it, until `online` is said again. */
	readonly parted: () => void
	readonly acked: (acks: readonly Ack[]) => Promise<void>
	readonly marker: (account: string, marker: string) => Promise<void>
	/** A log or key that this conversation needs has come. */
	readonly logChanged: () => Promise<void>
	readonly post: (text: string, replyTo?: Bytes | null) => Promise<string>
	readonly retry: (key: string) => Promise<Result<null, KithError>>
	readonly discard: (key: string) => Promise<Result<null, KithError>>
	readonly markRead: (recvSeq: number) => Promise<void>
	readonly setTyping: (typing: boolean) => Promise<void>
	readonly saveDraft: (text: string) => Promise<void>
	readonly loadEarlier: (posts: number) => Promise<boolean>
	/** Somebody looks at it from now on: the unread line stands where it was read up to. */
	readonly opened: () => void
	/** Null when the message is not here. */
	readonly run: (at: HistoryAt) => Promise<Run | null>
	/** The last run that somebody looked at. */
	readonly lastRun: () => Run | null
	/** With the quotes of what is shown: of the newest messages, or of this run. */
	readonly snapshot: (run?: Run) => Promise<ConversationSnapshot>
	/** What a snapshot would say of what came in, for less. */
	readonly news: () => Promise<{ readonly unread: number; readonly messages: readonly Message[] }>
	readonly close: () => void
}

/** Posts that are in memory at least, where there are so many. */
const windowPosts = 60
const unreadMax = 100
/** After a catch-up that did not come to its end, ms. */
const catchUpAgain = 5_000

/** Events of this conversation were stored, ours too. */
export type Grew = (events: number) => void

export type AskStream = (guid: string, clientId: number) => Promise<ServerStream | null>

export function createConversation(
	id: ConversationId,
	context: ConversationContext,
	{ askStream, grew }: { askStream: AskStream; grew: Grew },
): Conversation {
	const { logs, forks, outbox, records, events, self, timers, channels, connection, accounts, time, views, failed } =
		context
	const queue = createQueue()
	const run = <T>(work: () => Promise<T>) => queue.run(id, work)
	const trouble = (error: unknown) => failed('conversation', error)
	const window = createWindow(id, context)
	const marks: Marks = createMarks(id, context)
	const typing = createTyping(id, context)
	const quotesOf = createQuotes(id, context)
	const streams = createStreams(context, askStream)
	const reports = createReports(id, context)
	const receiver = createReceiver(id, context, {
		...{ stored, missing, badSignature: reports.badSignature },
		logReaches: (seq) => {
			logReaches = Math.max(logReaches, seq)
			changed()
		},
	})
	const sessions = createPageSessions(context, {
		check: (guid, received) =>
			run(() => receiver.receive(guid, received)).catch((error: unknown) => {
				trouble(error)
				throw error
			}),
		synced: (guid) => void run(() => pageSynced(guid)).catch(trouble),
		awareness: (guid, values) => {
			if (guid === current?.guid) void typing.take(guid, values).then((news) => (news ? changed() : undefined), trouble)
		},
	})
	const sender = createSender(id, context, {
		streams,
		sessions,
		window,
		current: () => current,
		isBehind,
		run,
		changed,
	})
	const catchUp = createCatchUp(id, context, {
		syncPage: async (page) => {
			bringingUp = pageToGuid(page)
			sessions.closeAllBut(openGuids())
			const synced = sessions.synced(bringingUp)
			await sessions.open(bringingUp)
			return synced
		},
		take: async (page, received) => {
			const guid = pageToGuid(page)
			await run(() => receiver.receive(guid, received))
			await sessions.rebuild(guid)
		},
	})
	const health = createPageHealth(id, context)
	/** What the store lost while nobody looked is looked for once. */
	let isChecked = false
	let foundDamage = false
	let current: CurrentPage | null = null
	let bringingUp: string | null = null
	let unfollow: (() => void) | null = null
	/** On this connection: whatever the server had when it began is stored. */
	let isCaughtUp = false
	let cancelAgain = () => {}
	let draft = ''
	let count = windowPosts
	let unreadFrom = 0
	/** The furthest position of the log that a member's device has signed. */
	let logReaches = 0

	function changed(): void {
		views.changed('conversation', id)
		views.changed('chats')
	}

	function isBehind(): boolean {
		return (logs.known(id)?.head.seq ?? 0) < logReaches
	}

	async function stored(stored: readonly KnownEvent[]): Promise<void> {
		await window.put(stored)
		grew(stored.length)
		if (isCaughtUp) await received()
		changed()
	}

	/** Delivered: everything up to the highest number that is stored here. */
	async function received(): Promise<void> {
		const highest = [...window.rows()].reduce((max, { row }) => Math.max(max, row.recv), 0)
		if (highest > 0) await marks.advance('delivered', highest)
	}

	function missing(what: Missing): void {
		if (what.what === 'log' || what.what === 'cut-list') void logs.sync(id).catch(trouble)
		if (what.what === 'device')
			for (const account of logs.known(id)?.roles.keys() ?? []) void accounts.refresh(account).catch(trouble)
	}

	async function pageSynced(guid: string): Promise<void> {
		await sender.offer(guid)
		await sender.send()
	}

	async function follow(page: number, guid: string): Promise<void> {
		current = { page, guid }
		// Who typed in the page before, says it again in this one.
		await typing.take(guid, new Map())
		await sessions.open(guid)
		sessions.closeAllBut(openGuids())
		await run(sender.send)
	}

	/** The current page, those in which something of ours is not acked, and the one in catch-up. */
	function openGuids(): string[] {
		return [current?.guid, bringingUp, ...sender.openGuids()].filter((guid) => guid != null)
	}

	async function bringUp(): Promise<void> {
		cancelAgain()
		isCaughtUp = false
		foundDamage = false
		if (!isChecked) await health.check()
		isChecked = true
		await marks.resend()
		for (const guid of sender.openGuids()) await sessions.open(guid)
		isCaughtUp = await catchUp.run().finally(() => {
			bringingUp = null
		})
		sessions.closeAllBut(openGuids())
		await run(async () => {
			await window.fill(windowPosts)
			if (isCaughtUp) await received()
		})
		changed()
	}

	/** Where the newest pages do not reach back to what was read. */
	async function unreadBefore(): Promise<string | null> {
		if (!window.more() || !views.watched('conversation', id)) return null
		const inWindow = [...window.rows()].filter(({ row, item }) => item.head.kind === 'post' && row.recv > unreadFrom)
		const here = inWindow.filter(({ row }) => bytesToBase64url(row.author) !== self.account).length
		const all = await events.unread(id, unreadFrom, here + 1)
		return all > here ? events.firstUnread(id, unreadFrom) : null
	}

	async function startBringUp(): Promise<void> {
		await bringUp().catch(trouble)
		if (!isCaughtUp || foundDamage)
			cancelAgain = timers.after(catchUpAgain, () => connection.state().type === 'online' && void startBringUp())
	}

	const stopHealing = events.onDamaged((rows) => {
		const damaged = rows.filter(({ key }) => key.startsWith(`${id}/`))
		if (damaged.length > 0) void heal(damaged).catch(trouble)
	})

	/** The server has what was lost; while it is not there, the next connection brings it. */
	async function heal(damaged: readonly Row[]): Promise<void> {
		await health.remove(damaged)
		if (isCaughtUp) await startBringUp()
		else foundDamage = true
	}

	const stopListening = connection.listen({
		status: ({ type }) => {
			// The page may turn meanwhile: the server says it again.
			if (type !== 'online') current = null
		},
	})

	return {
		id,
		restore: async () => {
			draft = (await records.get(draftRow, { store: 'drafts', key: draftKey(id) }))?.text ?? ''
			await marks.restore()
			await window.load(windowPosts)
		},
		online: () => {
			streams.forget()
			reports.retry()
			unfollow ??= channels.follow(id, {
				current: (page, guid) => void follow(page, guid).catch(trouble),
				elsewhere: (guid) => void sessions.open(guid).catch(trouble),
			})
			void startBringUp()
		},
		parted: () => {
			cancelAgain()
			unfollow?.()
			unfollow = null
			current = null
			isCaughtUp = false
			sessions.closeAllBut([])
			changed()
		},
		acked: async (acks) => {
			await run(() => sender.acked(acks))
			grew(acks.length)
		},
		marker: async (account, marker) => {
			if (await marks.take(account, marker)) changed()
		},
		logChanged: () =>
			run(async () => {
				await window.reopen()
				for (const [guid, items] of await receiver.retryHeld()) if (items.length > 0) await sessions.rebuild(guid)
				await sender.send()
				changed()
			}),
		post: async (text, replyTo = null) => {
			const people = [...(logs.known(id)?.members.values() ?? [])].map(({ idHash }) => ({
				idHash,
				name: accounts.person(idToText(idHash)).name,
			}))
			const mentions = mentionsIn(text, people)
			const entry = await outbox.add(id, { text, writtenAt: time.now(), replyTo, mentions })
			changed()
			views.changed('connection')
			void run(sender.send).catch(trouble)
			return outboxMessageKey(entry.sequence)
		},
		retry: (key) => run(() => sender.retry(key)),
		discard: (key) => run(() => sender.discard(key)),
		markRead: async (recvSeq) => {
			await marks.advance('read', recvSeq)
			changed()
		},
		setTyping: (on) => typing.set(current === null ? null : sessions.of(current.guid), on),
		saveDraft: async (text) => {
			draft = text
			if (text === '') await records.delete({ store: 'drafts', key: draftKey(id) })
			else await records.put(draftRow, { store: 'drafts', key: draftKey(id) }, { text })
			views.changed('chats')
		},
		loadEarlier: (posts) =>
			run(async () => {
				count += posts
				while (window.more() && window.fold().messages.length < count) await window.loadEarlier()
				changed()
				return window.more() || window.fold().messages.length > count
			}),
		opened: () => {
			unreadFrom = marks.reached('read', self.account)
		},
		run: window.around,
		lastRun: window.lastRun,
		snapshot: async (run) => {
			const state = logs.known(id)
			const sequences = new Map(
				[...window.rows()].flatMap(({ row, eventId }) =>
					row.sequence === null ? [] : [[bytesToBase64url(eventId), row.sequence] as const],
				),
			)
			const shown = new Set(sequences.values())
			const waiting = outbox.of(id).filter(({ sequence }) => !shown.has(sequence))
			const unread = await events.unread(id, marks.reached('read', self.account), unreadMax)
			return {
				state,
				title: isOfMany(state) ? ((await titleOf(context, state))?.name ?? null) : null,
				forked: state !== null && forks.concerns(state),
				fold: window.fold(),
				sequences,
				waiting,
				count,
				quotes: await quotesOf(run?.messages ?? window.fold().messages.slice(-count), waiting),
				reached: (kind, account) => marks.reached(kind, account),
				typing: typing.now(),
				more: window.more(),
				draft,
				unreadFrom,
				unreadBefore: await unreadBefore(),
				unread,
				otherHistory: state === null ? [] : window.otherHistory(state),
				canSend: !isBehind() && (await context.keyring.keys(id, state?.epochs.length ?? 0)) !== null,
			}
		},
		news: async () => ({
			unread: await events.unread(id, marks.reached('read', self.account), unreadMax),
			messages: window.fold().messages,
		}),
		close: () => {
			cancelAgain()
			stopListening()
			stopHealing()
			unfollow?.()
			sessions.close()
		},
	}
}
