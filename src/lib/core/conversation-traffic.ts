/**
 * What travels in one conversation: the pages that are open, what comes in, what goes out, and how it comes back from offline.
 * Loaded with the first connection (decision 0320): what is stored is read without it.
 */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { Ack } from '#protocol/hub.ts'
import type { Missing } from '#protocol/intrinsic.ts'
import type { Result } from '#protocol/result.ts'
import type { Row } from '#store/storage.ts'
import type { PageSession } from '#sync/page-session.ts'
import type { ConversationId, DeviceId, FillingView, KithError } from './api.ts'
import { createCatchUp } from './catch-up.ts'
import type { Changes } from './changes.ts'
import type { ConversationContext } from './context.ts'
import { createDeviceLabels } from './device-labels.ts'
import { createErasures } from './erasures.ts'
import { createDirectReceiver } from './direct-receiver.ts'
import { eventToPageItem, type KnownEvent } from './event-store.ts'
import { createJudging } from './judging.ts'
import type { Marks } from './marks.ts'
import { createPageFacts } from './page-facts.ts'
import { createPageHealth } from './page-health.ts'
import { pageToGuid } from './page-names.ts'
import { createPageSessions } from './page-sessions.ts'
import { createPeerDoor, type PeerDoor } from './peers/door.ts'
import type { Pinned } from './pinned.ts'
import type { QuotesHere } from './quotes.ts'
import { createReceiver } from './receiver.ts'
import { createReports } from './reports.ts'
import { createSender, type CurrentPage } from './sender.ts'
import { isRedacted } from './skeletons.ts'
import { createStreams, type ServerStream } from './streams.ts'
import type { Typing } from './typing.ts'
import type { ConversationWindow } from './window.ts'

export interface ConversationTraffic {
	/** The connection is up and our log is the newest: follow, catch up, send. */
	readonly online: () => void
	/** We are no member any more. */
	readonly parted: () => void
	readonly acked: (acks: readonly Ack[]) => Promise<void>
	/** A log or key that this conversation needs has come. In the conversation's queue. */
	readonly logChanged: () => Promise<void>
	/** Something waits in the outbox. */
	readonly send: () => void
	readonly retry: (key: string) => Promise<Result<null, KithError>>
	readonly discard: (key: string) => Promise<Result<null, KithError>>
	/** What the store lost comes again from the server. */
	readonly heal: (damaged: readonly Row[]) => Promise<void>
	/** After rows of these pages were changed otherwise than by what came in. */
	readonly rebuild: (guids: Iterable<string>) => Promise<void>
	/** The conversation as devices meet it that we are connected to directly. */
	readonly peerDoor: PeerDoor
	/** Of the page that takes posts now. */
	readonly currentSession: () => PageSession | null
	/** Pages that come now. */
	readonly filling: () => FillingView | null
	readonly close: () => void
}

export interface TrafficParts {
	readonly window: ConversationWindow
	readonly marks: Marks
	readonly typing: Typing
	readonly changes: Changes
	readonly quotes: QuotesHere
	readonly pinned: Pinned
	readonly askStream: (guid: string, clientId: number) => Promise<ServerStream | null>
	/** In the conversation's queue. */
	readonly run: <T>(work: () => Promise<T>) => Promise<T>
	readonly changed: () => void
	/** What was read before it had a number is read with it. */
	readonly readOn: () => Promise<void>
	/** Events of this conversation were stored, ours too. */
	readonly grew: (events: number) => void
	/** A member has signed that the log goes on beyond what we know. */
	readonly isBehind: () => boolean
	readonly logReaches: (seq: number) => void
}

/** Posts that are in memory at least, where there are so many. */
const windowPosts = 60
/** After a catch-up that did not come to its end, ms. */
const catchUpAgain = 5_000
/** After the server closed what we heard, ms: several pages are closed at once, and a server that goes on so is not asked in a circle. */
const followAgain = 1_000
/** That somebody types no more is told so much later, ms. */
const typingEndMs = 150

export function createTraffic(
	id: ConversationId,
	context: ConversationContext,
	parts: TrafficParts,
): ConversationTraffic {
	const { logs, outbox, files, timers, channels, connection, accounts, time, views, peers, failed } = context
	const { window, marks, typing, changes, quotes, pinned, run, changed, grew, isBehind, readOn } = parts
	const trouble = (error: unknown) => failed('conversation', error)
	const facts = createPageFacts(id, context)
	const erasures = createErasures(id, context, facts)
	const streams = createStreams(context, parts.askStream)
	const reports = createReports(id, context)
	const judging = createJudging(id, context, facts)
	const receiver = createReceiver(id, context, {
		...{ facts, erasures, judging, stored: fromServer, missing, badSignature: reports.badSignature },
		logReaches: parts.logReaches,
	})
	const sessions = createPageSessions(context, {
		check: (guid, received) =>
			run(async () => (isClosed ? [] : receiver.receive(guid, received))).catch((error: unknown) => {
				trouble(error)
				throw error
			}),
		synced: (guid) => void run(() => pageSynced(guid)).catch(trouble),
		awareness: (guid, values) => {
			if (guid === current?.guid) void tellTyping(guid, values).catch(trouble)
		},
	})
	const sender = createSender(id, context, {
		...{ streams, erasures, facts, sessions, window },
		stored: settled,
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
		takeWhole: async (page, received, digest) => {
			const guid = pageToGuid(page)
			const came = await run(() => receiver.receiveWhole(guid, received, digest))
			if (came === 'taken') await sessions.rebuild(guid)
			return came
		},
		filled: (now) => {
			const isNews = (filling === null) !== (now === null)
			filling = now === null ? null : { ...now, from: [...now.from].map(named) }
			views.changed('filling', id)
			if (isNews) views.changed('conversation', id)
		},
	})
	let filling: FillingView | null = null
	const { of: label } = createDeviceLabels({ entries: context.entries, device: context.self.device })
	const named = ([device, messages]: readonly [DeviceId, number]) => ({ device, label: label(device), messages })
	const peerDoor = createPeerDoor(id, context, {
		receiver: createDirectReceiver(id, context, { judging, facts, erasures }),
		run,
		stored: async (guid, brought, from) => {
			await stored(brought)
			// In step with a server, this device may be the first to bring it there.
			if (connection.state().type === 'online' && current !== null) await sessions.open(guid)
			sessions.of(guid)?.place(brought.filter(({ item }) => item.form === 'full').map(eventToPageItem))
			peers.news(brought, from)
		},
		moved: () => send(),
	})
	const health = createPageHealth(id, context)
	/** What the store lost while nobody looked is looked for once. */
	let isChecked = false
	let foundDamage = false
	let current: CurrentPage | null = null
	let bringingUp: string | null = null
	/** Pages other than the current one in which something came on this connection, until they have synced. */
	const cameIn = new Set<string>()
	let unfollow: (() => void) | null = null
	/** On this connection: whatever the server had when it began is stored. */
	let isCaughtUp = false
	let isClosed = false
	let cancelAgain = () => {}
	let cancelFollow = () => {}
	let cancelTyping = () => {}
	/** Pages in which something was redacted since what is due was looked for. */
	const redactedIn = new Set<number>()

	const send = () => void run(sender.send).catch(trouble)

	/** Who ends typing has sent it, as a rule: the message that comes next shows at once, and the end of the typing with it. */
	async function tellTyping(guid: string, values: ReadonlyMap<number, Bytes>): Promise<void> {
		const before = typing.now().length
		if (!(await typing.take(guid, values))) return
		cancelTyping()
		if (typing.now().length < before) cancelTyping = timers.after(typingEndMs, changed)
		else changed()
	}

	/** Written, and so to be shown. */
	async function keep(stored: readonly KnownEvent[]): Promise<void> {
		await window.put(stored)
		await readOn()
		if (stored.some(({ item }) => item.head.kind !== 'post')) quotes.forget()
		if (await pinned.take(stored)) views.changed('pins', id)
		for (const { item, page } of stored) if (item.head.kind === 'redact') redactedIn.add(page)
		// Not what a redact names: it may have been written by who had no right to.
		const deleted = stored.filter(isRedacted).map(({ eventId }) => eventId)
		await files.forget(deleted)
		if (deleted.length > 0) await changes.letGo(deleted)
		if (isCaughtUp) await redactDue()
	}

	/** What of ours belongs to messages that were deleted goes too (SPEC DEL6). */
	async function redactDue(): Promise<void> {
		const pages = [...redactedIn]
		redactedIn.clear()
		for (const targets of await changes.due(pages)) {
			await outbox.add(id, { content: targets, writtenAt: time.now() })
			send()
		}
	}

	async function stored(stored: readonly KnownEvent[]): Promise<void> {
		await keep(stored)
		grew(stored.length)
		// Who reads waits for no mark of ours.
		changed()
		if (isCaughtUp) await received()
	}

	/** The server has numbered them; of others', what peers had brought is delivered with that. */
	async function settled(rows: readonly KnownEvent[]): Promise<void> {
		await keep(rows)
		const isOthers = rows.some(({ row }) => !equalBytes(row.author, context.self.idHash))
		if (isOthers && isCaughtUp) await received()
	}

	async function fromServer(rows: readonly KnownEvent[]): Promise<void> {
		await stored(rows)
		peers.news(rows, null)
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
		cameIn.delete(guid)
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

	/** The current page, those in which something of ours is not acked or something came that is not stored, and the one in catch-up. */
	function openGuids(): string[] {
		return [current?.guid, bringingUp, ...cameIn, ...sender.openGuids()].filter((guid) => guid != null)
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
			if (isCaughtUp) {
				await received()
				await redactDue()
			}
		})
		changed()
	}

	async function startBringUp(): Promise<void> {
		await bringUp().catch(trouble)
		if (!isCaughtUp || foundDamage)
			cancelAgain = timers.after(catchUpAgain, () => connection.state().type === 'online' && void startBringUp())
	}

	/** The server has what was lost; while it is not there, the next connection brings it. */
	async function heal(damaged: readonly Row[]): Promise<void> {
		await health.remove(damaged)
		if (isCaughtUp) await startBringUp()
		else foundDamage = true
	}

	function online(): void {
		streams.forget()
		reports.retry()
		unfollow ??= channels.follow(id, {
			current: (page, guid) => void follow(page, guid).catch(trouble),
			elsewhere: (guid) => {
				cameIn.add(guid)
				void sessions.open(guid).catch(trouble)
			},
			expelled: () => {
				cancelFollow()
				cancelFollow = timers.after(followAgain, () => void letInAgain().catch(trouble))
			},
		})
		void startBringUp()
	}

	function parted(): void {
		cancelAgain()
		cancelFollow()
		unfollow?.()
		unfollow = null
		current = null
		cameIn.clear()
		isCaughtUp = false
		sessions.closeAllBut([])
	}

	/** Removed, and a member again before we heard of either: the log then knows of nothing that ended, and what was closed stays so. */
	async function letInAgain(): Promise<void> {
		await logs.sync(id)
		if (unfollow === null || connection.state().type !== 'online') return
		parted()
		online()
	}

	const stopListening = connection.listen({
		status: ({ type }) => {
			// The page may turn meanwhile: the server says it again.
			if (type === 'online') return
			current = null
			cameIn.clear()
		},
	})

	return {
		online,
		parted,
		acked: async (acks) => {
			await run(() => sender.acked(acks))
			grew(acks.length)
		},
		logChanged: async () => {
			for (const [guid, items] of await receiver.retryHeld()) if (items.length > 0) await sessions.rebuild(guid)
			await sender.send()
		},
		send,
		retry: (key) => run(() => sender.retry(key)),
		discard: (key) => run(() => sender.discard(key)),
		heal,
		rebuild: async (guids) => {
			for (const guid of guids) await sessions.rebuild(guid)
		},
		peerDoor,
		filling: () => filling,
		currentSession: () => (current === null ? null : sessions.of(current.guid)),
		close: () => {
			isClosed = true
			cancelAgain()
			cancelFollow()
			cancelTyping()
			stopListening()
			unfollow?.()
			sessions.close()
		},
	}
}
