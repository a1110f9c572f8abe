/**
 * One conversation while the client runs: its window, its outbox, its marks; and what travels (conversation-traffic.ts), from the
 * first connection on. Everything that changes it runs in its own queue, one after the other; one broken conversation never stops
 * the others.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { Message } from '#protocol/fold.ts'
import type { Ack } from '#protocol/hub.ts'
import { idToText } from '#protocol/ids.ts'
import type { Result } from '#protocol/result.ts'
import { draftKey } from '#store/keys.ts'
import type { Row } from '#store/storage.ts'
import type { ConversationId, EventId, FillingView, HistoryAt, KithError, MessageInfoView } from './api.ts'
import { createChanges, type Changes } from './changes.ts'
import type { ConversationContext } from './context.ts'
import { attachmentsOf } from './files.ts'
import { blobName } from './blob-rows.ts'
import type { Attachment } from '#protocol/plaintext.ts'
import { draftRow } from './conversation-rows.ts'
import { shownMessages, type ConversationSnapshot, type ReadUpTo } from './conversation-views.ts'
import type { KnownEvent } from './event-store.ts'
import { titleOf } from './titles.ts'
import { createMarks, type Marks } from './marks.ts'
import { mentionsIn } from './mentions.ts'
import { toMessageInfo } from './message-info.ts'
import { isPendingPost, outboxMessageKey, refusedChanges } from './message-views.ts'
import { plainPost } from './outbox-row.ts'
import type { PeerDoor } from './peers/door.ts'
import { createPinned } from './pinned.ts'
import type { Forwardable } from './forwards.ts'
import { createChapter } from './chapter.ts'
import type { TrafficParts } from './conversation-traffic.ts'
import { pageToGuid } from './page-names.ts'
import { createQueue } from './queue.ts'
import { createQuotes } from './quotes.ts'
import { createReadDirect } from './read-direct.ts'
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
	readonly post: (
		text: string,
		beside?: { readonly replyTo?: Bytes | null; readonly attachments?: readonly Attachment[] },
	) => Promise<string>
	/** Of a message that is here, or waits; with the message. */
	readonly fileOf: (blob: string) => { readonly attachment: Attachment; readonly event: Bytes | null } | null
	/** Files that it waits for are at the server, or were refused. */
	readonly filesSettled: () => void
	/** Of an own message. */
	readonly edit: (key: string, text: string) => Promise<Result<null, KithError>>
	readonly react: Changes['react']
	readonly pin: Changes['pin']
	/** Deletes for everyone. */
	readonly redact: Changes['redact']
	readonly hide: Changes['hide']
	readonly show: Changes['show']
	/** In the order of pinning. */
	readonly pins: () => Promise<readonly Message[]>
	/** What of a message goes into another conversation; null where that is nothing. */
	readonly forwardable: (key: string) => Forwardable | null
	readonly forward: (text: string, attachments: readonly Attachment[]) => Promise<void>
	/** Null where no screen shows the message. */
	readonly info: (key: string) => MessageInfoView | null
	readonly retry: (key: string) => Promise<Result<null, KithError>>
	readonly discard: (key: string) => Promise<Result<null, KithError>>
	readonly markRead: (read: ReadUpTo) => Promise<void>
	readonly setAfterReading: (delay: number | null) => Promise<void>
	/** As devices meet it that we are connected to directly. */
	readonly peerDoor: () => Promise<PeerDoor>
	/** Pages that come now, where they are many; null: none. */
	readonly filling: () => FillingView | null
	readonly setTyping: (typing: boolean) => Promise<void>
	readonly saveDraft: (text: string) => Promise<void>
	readonly loadEarlier: (posts: number) => Promise<boolean>
	/** These rows are skeletons now: their time has come. */
	readonly expired: (rows: readonly KnownEvent[]) => Promise<void>
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
/** After its code did not come, ms. */
const trafficAgain = 5_000

export type TrafficListener = Pick<TrafficParts, 'askStream' | 'grew'>

export function createConversation(
	id: ConversationId,
	context: ConversationContext,
	beside: TrafficListener,
): Conversation {
	const {
		logs,
		forks,
		outbox,
		files,
		records,
		events,
		self,
		timers,
		connection,
		accounts,
		time,
		views,
		peers,
		failed,
	} = context
	const queue = createQueue()
	const run = <T>(work: () => Promise<T>) => queue.run(id, work)
	const trouble = (error: unknown) => failed('conversation', error)
	const window = createWindow(id, context)
	const marks: Marks = createMarks(id, context)
	const typing = createTyping(id, context)
	const changes = createChanges(id, context, window)
	const quotes = createQuotes(id, context)
	const pinned = createPinned(id, context)
	const readDirect = createReadDirect(id, records)
	/** On this connection, and a member. */
	let isUp = false
	let isClosed = false
	/** So many were told of: what is loaded for one that has gone is for the next to begin. */
	let connections = 0
	/** Found before anything travels. */
	const damaged: Row[] = []
	let cancelAgain = () => {}
	const traffic = createChapter(
		() => import('./conversation-traffic.ts'),
		async ({ createTraffic }) => {
			const made = createTraffic(id, context, {
				...{ window, marks, typing, changes, quotes, pinned, run, changed, isBehind, readOn },
				...beside,
				logReaches: (seq) => {
					logReaches = Math.max(logReaches, seq)
					changed()
				},
			})
			if (isClosed) made.close()
			while (damaged.length > 0) await made.heal(damaged.splice(0))
			return made
		},
	)
	const send = () => traffic.opened()?.send()
	let count = windowPosts
	let unreadFrom = 0
	let readFrom = readDirect.now()
	/** The furthest position of the log that a member's device has signed. */
	let logReaches = 0

	/** Asked of the store once for each change, however many views tell it. */
	let unread: { readonly marker: number; readonly count: Promise<number> } | null = null

	function countUnread(): Promise<number> {
		const marker = marks.reached('read', self.account)
		if (unread?.marker === marker) return unread.count
		const asked = { marker, count: events.unread(id, marker, unreadMax) }
		asked.count.catch(() => (unread = null))
		unread = asked
		return asked.count
	}

	/** Others' messages that only peers brought and nobody read here: they stand in the newest pages. */
	function unreadDirect(): ReadonlySet<EventId> {
		const theirs = shownMessages(window.fold().messages).filter(
			({ author, recvSeq, state }) => recvSeq === null && state.type !== 'redacted' && !equalBytes(author, self.idHash),
		)
		const unread = theirs
			.map(({ eventId }) => bytesToBase64url(eventId))
			.filter((event) => !readDirect.now().has(event))
		return new Set(unread)
	}

	/** The server has numbered what was read before: the marker goes on over it, as far as nothing unread stands between. */
	async function readOn(): Promise<void> {
		for (;;) {
			const marker = marks.reached('read', self.account)
			const event = readDirect.now().size === 0 ? null : await events.firstUnread(id, marker)
			if (event === null || !readDirect.now().has(event)) return
			const place = await events.placeOf(id, event)
			const recv = (place === null ? null : await events.at(place))?.row.recv ?? 0
			if (recv <= marker) return
			await marks.advance('read', recv)
		}
	}

	/** After the commit of whatever changed. */
	function changed(): void {
		unread = null
		views.changed('conversation', id)
		views.changed('chats')
	}

	function isBehind(): boolean {
		return (logs.known(id)?.head.seq ?? 0) < logReaches
	}

	/** What 0.1.0 kept for this device alone. */
	async function adoptDraft(): Promise<void> {
		const at = { store: 'drafts', key: draftKey(id) } as const
		const row = await records.get(draftRow, at)
		if (row === null) return
		if (context.drafts.of(id) === '') await context.drafts.set(id, row.text)
		await records.delete(at)
	}

	/** Where the newest pages do not reach back to what was read. */
	async function unreadBefore(): Promise<string | null> {
		if (!window.more() || !views.watched('conversation', id)) return null
		const inWindow = [...window.rows()].filter(({ row, item }) => item.head.kind === 'post' && row.recv > unreadFrom)
		const here = inWindow.filter(({ row }) => bytesToBase64url(row.author) !== self.account).length
		const all = await events.unread(id, unreadFrom, here + 1)
		return all > here ? events.firstUnread(id, unreadFrom) : null
	}

	const stopHealing = events.onDamaged((rows) => {
		const ours = rows.filter(({ key }) => key.startsWith(`${id}/`))
		const opened = traffic.opened()
		if (opened === null) damaged.push(...ours)
		else if (ours.length > 0) void opened.heal(ours).catch(trouble)
	})

	/** What travels is loaded with the first connection. */
	function goOnline(): void {
		cancelAgain()
		const asked = ++connections
		const isOurs = () => isUp && asked === connections && connection.state().type === 'online'
		traffic.open().then(
			(opened) => (isOurs() ? opened.online() : undefined),
			(error: unknown) => {
				trouble(error)
				cancelAgain = timers.after(trafficAgain, () => (isOurs() ? goOnline() : undefined))
			},
		)
	}

	/** Whom of the members a text names. */
	function mentioned(text: string): readonly Bytes[] {
		const people = [...(logs.known(id)?.members.values() ?? [])].map(({ idHash }) => ({
			idHash,
			name: accounts.person(idToText(idHash)).name,
		}))
		return mentionsIn(text, people)
	}

	/** What is placed and what waits, of one moment: a message that moves from the outbox to its place stands in one of them. */
	function atOnce(): Pick<ConversationSnapshot, 'fold' | 'sequences' | 'waiting'> {
		const sequences = new Map(
			[...window.rows()].flatMap(({ row, eventId }) =>
				row.sequence === null ? [] : [[bytesToBase64url(eventId), row.sequence] as const],
			),
		)
		const placed = new Set(sequences.values())
		const waiting = outbox
			.of(id)
			.filter(isPendingPost)
			.filter(({ sequence }) => !placed.has(sequence))
		return { fold: window.fold(), sequences, waiting }
	}

	/** Something waits in the outbox. */
	function wrote(): void {
		changed()
		views.changed('connection')
		send()
	}

	/** Not in the queue: who changes something waits for no network. */
	const change = async (work: () => Promise<Result<null, KithError>>) => {
		const done = await outbox.alone(id, work)
		if (done.ok) wrote()
		return done
	}

	const stopHiding = context.hidden.onChange(changed)

	return {
		id,
		restore: async () => {
			await pinned.restore()
			await adoptDraft()
			await marks.restore()
			await readDirect.restore()
			await changes.letGoExpired()
			await window.load(windowPosts)
		},
		online: () => {
			isUp = true
			goOnline()
		},
		parted: () => {
			isUp = false
			cancelAgain()
			traffic.opened()?.parted()
			changed()
		},
		acked: async (acks) => traffic.opened()?.acked(acks),
		marker: async (account, marker) => {
			if (await marks.take(account, marker)) changed()
		},
		logChanged: () =>
			run(async () => {
				await window.reopen()
				changed()
				await (await traffic.open()).logChanged()
				changed()
			}),
		post: async (text, { replyTo = null, attachments = [] } = {}) => {
			const content = { ...plainPost(text), replyTo, mentions: mentioned(text), attachments }
			const entry = await outbox.add(id, { content, writtenAt: time.now() })
			wrote()
			if (attachments.length > 0) files.go()
			return outboxMessageKey(entry.sequence)
		},
		fileOf: (blob) => {
			const inMessages = [...window.fold().messages, ...(window.lastRun()?.messages ?? [])].flatMap(
				({ state, eventId }) =>
					state.type === 'shown' ? state.attachments.map((attachment) => ({ attachment, event: eventId })) : [],
			)
			const waiting = outbox
				.of(id)
				.flatMap(({ row }) => attachmentsOf(row).map((attachment) => ({ attachment, event: null })))
			return [...inMessages, ...waiting].find(({ attachment }) => blobName(attachment) === blob) ?? null
		},
		filesSettled: wrote,
		edit: (key, text) => change(() => changes.edit(key, { text, mentions: mentioned(text) })),
		react: (key, reaction) => change(() => changes.react(key, reaction)),
		pin: (key, on) => change(() => changes.pin(key, on)),
		redact: (key) => change(() => changes.redact(key)),
		pins: async () => {
			const found: Message[] = []
			for (const event of pinned.candidates()) {
				const message = await window.message(event)
				if (message?.state.type === 'shown' && message.state.pinned) found.push(message)
			}
			return found
		},
		forwardable: (key) => {
			const message = changes.message(key)
			const { state, eventId: event } = message ?? {}
			return event !== undefined && state?.type === 'shown'
				? { event, text: state.text, attachments: state.attachments }
				: null
		},
		forward: async (text, attachments) => {
			const content = { ...plainPost(text), attachments, forwarded: true }
			await outbox.add(id, { content, writtenAt: time.now() })
			wrote()
			if (attachments.length > 0) files.go()
		},
		info: (key) => {
			const message = changes.message(key)
			if (message === null) return null
			const members = [...(logs.known(id)?.members.keys() ?? [])]
			return toMessageInfo(message, { self, members, when: marks.when, receipts: context.privacy.now().receipts })
		},
		hide: changes.hide,
		show: changes.show,
		peerDoor: async () => (await traffic.open()).peerDoor,
		filling: () => traffic.opened()?.filling() ?? null,
		retry: async (key) => (await traffic.open()).retry(key),
		discard: async (key) => (await traffic.open()).discard(key),
		markRead: async ({ recvSeq, direct }) => {
			if (direct.length > 0) await readDirect.add(direct)
			if (recvSeq > 0) await marks.advance('read', recvSeq)
			changed()
		},
		setAfterReading: async (delay) => {
			await context.afterReading.set(id, delay, marks.reached('read', self.account))
			changed()
		},
		setTyping: (on) => typing.set(traffic.opened()?.currentSession() ?? null, on),
		saveDraft: async (text) => {
			await context.drafts.set(id, text)
			views.changed('chats')
		},
		loadEarlier: (posts) =>
			run(async () => {
				count += posts
				// So many are wanted from now on, also where a page that lost its rows gets them back later.
				await window.fill(count)
				while (window.more() && window.fold().messages.length < count) await window.loadEarlier()
				changed()
				return window.more() || window.fold().messages.length > count
			}),
		expired: (rows) =>
			run(async () => {
				await window.put(rows)
				await files.forget(rows.map(({ eventId }) => eventId))
				await changes.letGoExpired()
				quotes.forget()
				// Nor does a document in memory keep it.
				await traffic.opened()?.rebuild(new Set(rows.map(pageToGuid)))
				changed()
			}),
		opened: () => {
			unreadFrom = marks.reached('read', self.account)
			readFrom = readDirect.now()
		},
		run: window.around,
		lastRun: window.lastRun,
		snapshot: async (run) => {
			const state = logs.known(id)
			// Each asks the store by itself: together they take as long as one.
			const [unreadNow, before, title, answered, keys] = await Promise.all([
				countUnread(),
				unreadBefore(),
				isOfMany(state) ? titleOf(context, state) : null,
				quotes.of(run?.messages ?? window.fold().messages.slice(-count), atOnce().waiting),
				context.keyring.keys(id, state?.epochs.length ?? 0),
			])
			const onlyDirect = unreadDirect()
			return {
				...atOnce(),
				state,
				title: title?.name ?? null,
				forked: state !== null && forks.concerns(state),
				count,
				quotes: answered,
				reached: (kind, account) => marks.reached(kind, account),
				refused: refusedChanges(outbox.of(id)),
				typing: typing.now(),
				more: window.more(),
				afterReading: context.afterReading.delayOf(id),
				draft: context.drafts.of(id),
				unreadFrom,
				readFrom,
				unreadBefore: before,
				unread: unreadNow + onlyDirect.size,
				unreadDirect: onlyDirect,
				otherHistory: state === null ? [] : window.otherHistory(state),
				canSend: !isBehind() && keys !== null,
				peers: peers.reach(id),
				filling: (traffic.opened()?.filling() ?? null) !== null,
				direct: new Set(
					[...window.rows()]
						.filter((row) => row.row.state === 'placed' && peers.isTaken(row))
						.map(({ eventId }) => bytesToBase64url(eventId)),
				),
			}
		},
		news: async () => ({
			unread: (await countUnread()) + unreadDirect().size,
			messages: window.fold().messages,
		}),
		close: () => {
			isClosed = true
			cancelAgain()
			stopHiding()
			stopHealing()
			traffic.opened()?.close()
		},
	}
}
