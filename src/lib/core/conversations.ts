/**
 * All conversations of the account: which there are, what the hub says to them, and direct ones being made.
 * Order after a connection: the list → logs that moved → each conversation follows, catches up and sends.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { parseGuid } from '#protocol/guid.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { MARKERS_SENT_MAX_MEMBERS } from '#protocol/limits.ts'
import { dmIdOf, idToText, noticeIdOf, notesIdOf, textToId } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type {
	AccountId,
	AlertView,
	ChatView,
	ConversationId,
	ConversationView,
	EventId,
	GroupView,
	HistoryAt,
	HistoryView,
	KithError,
	MessageInfoAt,
	MessageInfoView,
	MessageView,
	LogLineView,
	PersonView,
} from './api.ts'
import { isSilent, newsOf } from './alert-news.ts'
import { createAskStream } from './ask-stream.ts'
import { createChapter, orOffline, type Chapter } from './chapter.ts'
import type { ConversationContext } from './context.ts'
import { createConversation, type Conversation } from './conversation.ts'
import {
	newestAt,
	readOf,
	readUpTo,
	talkOf,
	toChatView,
	toConversationView,
	toHistoryView,
	toMessageViews,
	type People,
} from './conversation-views.ts'
import type { KnownEvent } from './event-store.ts'
import { titleOf } from './titles.ts'
import { messageAt } from './message-at.ts'
import type { Membership } from './membership.ts'
import { hasLines, isOfMany, type Talk } from './talk-of-many.ts'
import type { Upkeep } from './upkeep.ts'

export interface Conversations {
	/** What the store has. */
	readonly restore: () => Promise<void>
	readonly get: (conversation: ConversationId) => Conversation | null
	/** What we write to somebody as the operator; made when it is not there yet. */
	readonly openNotice: (account: AccountId) => Promise<Result<{ conversation: ConversationId }, KithError>>
	readonly openDirect: (account: AccountId) => Promise<Result<{ conversation: ConversationId }, KithError>>
	readonly directWith: (account: AccountId) => ConversationId | null
	readonly membership: Chapter<Membership>
	/** Names the picture that is shown, base64url; null: none, or its key is not here. */
	readonly picture: (conversation: ConversationId) => Promise<string | null>
	/** Makes it one of ours, whatever brought it. */
	readonly adopt: (conversation: ConversationId) => Promise<void>
	readonly group: (conversation: ConversationId) => Promise<GroupView | null>
	readonly log: (conversation: ConversationId) => Promise<readonly LogLineView[]>
	readonly markRead: (conversation: ConversationId, key: string) => Promise<void>
	/** Up to the newest message that is here, whatever mark it had. */
	readonly readAll: (conversation: ConversationId) => Promise<void>
	/** These rows are skeletons now: their time has come. */
	readonly expired: (conversation: ConversationId, rows: readonly KnownEvent[]) => void
	/** Somebody looks at it from now on. */
	readonly opened: (conversation: ConversationId) => void
	/** What was put away and came back by itself is not put away any more, whatever is said of it next. */
	readonly settle: (conversation: ConversationId) => Promise<void>
	/** In no order. */
	readonly chats: () => Promise<readonly ChatView[]>
	/** What asks for attention there. */
	readonly news: (conversation: ConversationId) => Promise<readonly AlertView[]>
	/** Null while there is none, or its key is not here. */
	readonly titleOf: (state: ConversationState) => Promise<string | null>
	/** What it is called and shown with, for less than a view of it. */
	readonly describe: (conversation: ConversationId) => Promise<Talk | null>
	readonly view: (conversation: ConversationId) => Promise<ConversationView | null>
	/** Null where no message is here. */
	readonly messageAt: (conversation: ConversationId, at: number) => Promise<EventId | null>
	readonly history: (at: HistoryAt) => Promise<HistoryView | null>
	readonly pins: (conversation: ConversationId) => Promise<readonly MessageView[]>
	/** Sealed anew in each of these conversations, with nothing of where it came from. */
	readonly forward: (input: {
		conversation: ConversationId
		key: string
		to: readonly ConversationId[]
	}) => Promise<Result<null, KithError>>
	readonly info: (at: MessageInfoAt) => MessageInfoView | null
	/** Somebody looks at who has read: what the server does not send on to so many is asked for. */
	readonly lookAtInfo: (conversation: ConversationId) => Promise<void>
	readonly close: () => void
}

export function createConversations(
	context: ConversationContext,
	{ origin, operates }: { readonly origin: string; readonly operates: () => boolean },
): Conversations {
	const {
		self,
		crypto,
		http,
		logs,
		accounts,
		friends,
		connection,
		keyring,
		knocks,
		arrangements,
		time,
		views,
		failed,
	} = context
	const all = new Map<ConversationId, Conversation>()
	/** Brought up on this connection. */
	const up = new Set<ConversationId>()
	/** Of whose logs the server had less than we know when we came. */
	const forgotten = new Set<ConversationId>()
	const ask = createAskStream(connection, context.timers)
	const people: People = {
		...{ self, person: accounts.person, friend: friends.stateOf },
		accounts: (idHash) => accounts.known(idToText(idHash)),
		muted: context.mutes.of,
		arranged: context.arrangements,
		...{ operates, hash: crypto.hash, now: time.now },
	}
	const trouble = (error: unknown) => failed('conversations', error)
	const membership = createChapter(
		() => import('./membership.ts'),
		({ createMembership }) => createMembership(context, { origin }),
	)
	const groupViews = createChapter(
		() => import('./group-view.ts'),
		(views) => views,
	)
	const forwarding = createChapter(
		() => import('./forwards.ts'),
		({ forward }) => forward,
	)

	/** Without a connection there is nothing to be done. */
	function tend(work: (upkeep: Upkeep) => void): void {
		if (connection.state().type === 'online') membership.open().then(({ upkeep }) => work(upkeep), trouble)
	}

	async function ensure(id: ConversationId): Promise<Conversation> {
		const known = all.get(id)
		if (known !== undefined) return known
		const conversation = createConversation(id, context, {
			askStream: ask.ask,
			grew: (events) => tend((upkeep) => upkeep.grew(id, events)),
		})
		all.set(id, conversation)
		await conversation.restore()
		return conversation
	}

	function bringUp(id: ConversationId, conversation: Conversation): void {
		if (up.has(id) || connection.state().type !== 'online') return
		up.add(id)
		conversation.online()
	}

	const isIn = (id: ConversationId) => logs.known(id)?.members.has(self.account) === true

	async function changed(id: ConversationId): Promise<void> {
		const conversation = await ensure(id)
		if (isIn(id)) bringUp(id, conversation)
		else if (up.delete(id)) conversation.parted()
		await conversation.logChanged()
		views.changed('friends')
		views.changed('group', id)
		views.changed('log', id)
		tend((upkeep) => upkeep.look(id))
		const state = logs.known(id)
		if (state !== null && knocks.of(state).length > 0) await knocks.look(state)
	}

	async function markers(id: ConversationId): Promise<void> {
		const answer = await http.call((api) => api.conversations.markers({ conversation: id }))
		if (!answer.ok) return
		for (const { account, marker } of answer.value.markers) await all.get(id)?.marker(account, marker)
	}

	/** Of all epochs: what a damaged store lost comes again with the boxes. */
	async function hasKeys(state: ConversationState): Promise<boolean> {
		const id = idToText(state.id)
		for (const { n } of state.epochs) if ((await keyring.keys(id, n)) === null) return false
		return true
	}

	/** Where the list does not come, what is known goes on all the same. */
	async function wentOnline(): Promise<void> {
		const answer = await http.call((api) => api.conversations.list())
		for (const { conversation, headSeq } of answer.ok ? answer.value.conversations : []) {
			const known = logs.known(conversation)
			if (known === null || known.head.seq < headSeq || !(await hasKeys(known))) await logs.sync(conversation)
		}
		if (answer.ok) {
			await giveBack(new Map(answer.value.conversations.map(({ conversation, headSeq }) => [conversation, headSeq])))
			const listed = new Set(answer.value.conversations.map(({ conversation }) => conversation))
			void membership
				.open()
				.then(async ({ groups }) => {
					await groups.sweepNames(listed)
					await groups.giveBackPictures()
				})
				.catch(trouble)
			await learnEnds(listed)
		}
		for (const [id, conversation] of all) if (isIn(id)) bringUp(id, conversation)
		for (const id of all.keys()) tend((upkeep) => upkeep.look(id))
		for (const id of all.keys()) await markers(id)
		for (const state of logs.all()) await knocks.look(state)
		if (answer.ok) await bringNotes()
	}

	/** What a restored server has forgotten of our logs (SPEC LOG15). Boxes that it lost are told as missing after that. */
	async function giveBack(heads: ReadonlyMap<ConversationId, number>): Promise<void> {
		forgotten.clear()
		for (const state of logs.all()) {
			const id = idToText(state.id)
			const theirs = heads.get(id) ?? -1
			if (!isIn(id) || theirs >= state.head.seq) continue
			forgotten.add(id)
			const { handBack } = await import('./hand-back.ts')
			if (!(await handBack(context, id, theirs + 1))) continue
			regained(id)
			await logs.sync(id)
		}
	}

	/** Whom it did not take for a member then, it let follow nothing: all begins again. */
	function regained(id: ConversationId): void {
		if (!forgotten.delete(id)) return
		const conversation = all.get(id)
		conversation?.parted()
		if (up.delete(id) && conversation !== undefined) bringUp(id, conversation)
	}

	/** What is not in the list any more, we have left or were removed from while we were away. */
	async function learnEnds(listed: ReadonlySet<ConversationId>): Promise<void> {
		for (const state of logs.all()) {
			const id = idToText(state.id)
			if (!listed.has(id) && state.members.has(self.account)) await logs.sync(id)
		}
	}

	function hub(message: HubFromServer): void {
		switch (message.t) {
			case 'welcome':
				up.clear()
				membership.opened()?.upkeep.online()
				context.files.go()
				return void wentOnline().catch(trouble)
			case 'acks':
				for (const [id, acks] of Map.groupBy(message.acks, ({ guid }) => conversationOf(guid))) {
					void all.get(id)?.acked(acks).catch(trouble)
				}
				return
			case 'conversation':
				return void pushed(message).catch(trouble)
			case 'marker':
				return void all.get(message.conversation)?.marker(message.account, message.marker).catch(trouble)
			case 'stream':
				return ask.answered(message)
			default:
				return
		}
	}

	async function pushed(message: Extract<HubFromServer, { t: 'conversation' }>): Promise<void> {
		const known = logs.known(message.conversation)
		const reaches = message.from + message.entries.length
		if (known !== null && reaches > known.head.seq) regained(message.conversation)
		const whole = message.from <= (known === null ? 0 : known.head.seq + 1)
		const before = besidesOf(known)
		const state = whole ? await logs.take(message.conversation, message) : null
		// A new epoch brings a box for us, a cut its list, a link its key: a push carries none of them, and one without entries says
		// that something lies there.
		if (state === null || message.entries.length === 0 || besidesOf(state) !== before) await look(message.conversation)
	}

	async function look(id: ConversationId): Promise<void> {
		const synced = await logs.sync(id)
		if (synced.ok) await knocks.look(synced.value)
		tend((upkeep) => upkeep.look(id))
		views.changed('group', id)
	}

	async function knocksOf(state: ConversationState): Promise<readonly PersonView[]> {
		await knocks.look(state)
		return knocks.of(state).map(({ account }) => accounts.person(account))
	}

	/** Every account has its notes from the first time that it meets the server; which of its devices makes them does not matter. */
	async function bringNotes(): Promise<void> {
		const id = idToText(notesIdOf(crypto.hash, self.idHash))
		if (logs.known(id) !== null) return
		const { maker } = await membership.open()
		await open(await maker.notes())
	}

	async function open(made: Result<ConversationId, KithError>) {
		if (!made.ok) return made
		await ensure(made.value)
		return ok({ conversation: made.value })
	}

	/** A device that was not known may be known now: what was held for it is judged again. */
	function accountChanged(account: AccountId): void {
		for (const [id, conversation] of all) {
			if (logs.known(id)?.roles.has(account) !== true) continue
			void conversation.logChanged().catch(trouble)
			views.changed('group', id)
			tend((upkeep) => upkeep.look(id))
		}
	}

	const stop = [
		connection.listen({ hub }),
		context.files.listen((id) => all.get(id)?.filesSettled()),
		logs.onChange((id) => void changed(id).catch(trouble)),
		accounts.onChange(accountChanged),
	]

	const idWith = (account: AccountId): ConversationId | null => {
		const other = textToId('account', account)
		return other === null ? null : idToText(dmIdOf(crypto.hash, self.idHash, other))
	}

	return {
		restore: async () => {
			await logs.restore()
			for (const state of logs.all()) await ensure(idToText(state.id))
		},
		get: (id) => all.get(id) ?? null,
		directWith: (account) => {
			const id = idWith(account)
			return id !== null && logs.known(id) !== null ? id : null
		},
		openDirect: async (account) => {
			const id = idWith(account)
			if (id === null) return fail({ type: 'not-here' })
			if (logs.known(id) !== null) return ok({ conversation: id })
			if (friends.stateOf(account) !== 'accepted') return fail({ type: 'server', code: 'not-friends' })
			return open(await (await membership.open()).maker.direct(account))
		},
		openNotice: async (account) => {
			const other = textToId('account', account)
			if (other === null) return fail({ type: 'not-here' })
			const id = idToText(noticeIdOf(crypto.hash, self.idHash, other))
			return open(logs.known(id) === null ? await (await membership.open()).maker.notice(account) : ok(id))
		},
		membership,
		picture: async (id) => {
			const state = logs.known(id)
			const picture = state === null ? null : ((await titleOf(context, state))?.picture ?? null)
			return picture === null ? null : bytesToBase64url(picture)
		},
		adopt: async (id) => void (await ensure(id)),
		group: async (id) => {
			const state = logs.known(id)
			if (state === null) return null
			const { toGroupView } = await groupViews.open()
			return toGroupView(context, state, await knocksOf(state))
		},
		log: async (id) => {
			const state = logs.known(id)
			if (state === null || !hasLines(state)) return []
			const { toLogLines } = await import('./log-lines.ts')
			return toLogLines(context, state, await logs.entries(id))
		},
		markRead: async (id, key) => {
			const conversation = all.get(id)
			if (conversation === undefined) return
			await arrangements.set(id, 'unread', false)
			const snapshot = await conversation.snapshot()
			const runs = [snapshot.fold.messages, conversation.lastRun()?.messages ?? []]
			await conversation.markRead(readUpTo(snapshot, runs, key))
		},
		readAll: async (id) => {
			await arrangements.set(id, 'unread', false)
			const snapshot = await all.get(id)?.snapshot()
			if (snapshot !== undefined) await all.get(id)?.markRead(readOf(snapshot, snapshot.fold.messages))
		},
		news: async (id) => {
			const conversation = all.get(id)
			if (conversation === undefined || isSilent(await conversation.news(), self.idHash)) return []
			return newsOf(id, await conversation.snapshot(), people)
		},
		describe: async (id) => {
			const state = logs.known(id)
			const title = isOfMany(state) ? ((await titleOf(context, state))?.name ?? null) : null
			return talkOf(id, { state, title, canSend: true, forked: false }, people)
		},
		titleOf: async (state) => (await titleOf(context, state))?.name ?? null,
		expired: (id, rows) => void all.get(id)?.expired(rows).catch(trouble),
		opened: (id) => {
			all.get(id)?.opened()
			void arrangements.set(id, 'unread', false).catch(trouble)
		},
		settle: async (id) => {
			const snapshot = await all.get(id)?.snapshot()
			const seen = snapshot === undefined ? null : { newest: newestAt(snapshot), muted: context.mutes.of(id) !== null }
			if (seen !== null && !arrangements.isArchived(id, seen)) await arrangements.set(id, 'archived', false)
		},
		chats: async () => {
			const snapshots = await Promise.all(
				[...all].map(async ([id, conversation]) => toChatView(id, await conversation.snapshot(), people)),
			)
			return snapshots.filter((chat) => chat !== null)
		},
		view: async (id) => {
			const conversation = all.get(id)
			return conversation === undefined ? null : toConversationView(id, await conversation.snapshot(), people)
		},
		messageAt: (id, at) => messageAt(context, id, at),
		history: async (at) => {
			const conversation = all.get(at.conversation)
			const run = (await conversation?.run(at)) ?? null
			return conversation === undefined || run === null
				? null
				: toHistoryView(at, run, await conversation.snapshot(run), people)
		},
		pins: async (id) => {
			const conversation = all.get(id)
			const messages = (await conversation?.pins()) ?? []
			return conversation === undefined || messages.length === 0
				? []
				: toMessageViews(messages, await conversation.snapshot(), people)
		},
		forward: async ({ conversation, key, to }) => {
			const [from, targets] = [all.get(conversation), to.flatMap((id) => all.get(id) ?? [])]
			if (from === undefined || targets.length < to.length) return fail({ type: 'not-here' })
			return orOffline(async () => (await forwarding.open())(context.files, { from, key, targets }))
		},
		info: ({ conversation, key }) => all.get(conversation)?.info(key) ?? null,
		lookAtInfo: async (id) => {
			if ((logs.known(id)?.members.size ?? 0) > MARKERS_SENT_MAX_MEMBERS) await markers(id)
		},
		close: () => {
			for (const end of stop) end()
			membership.opened()?.close()
			for (const conversation of all.values()) conversation.close()
		},
	}
}

function conversationOf(guid: string): ConversationId {
	const address = parseGuid(guid)
	return address === null ? '' : idToText(address.conversation)
}

/** What of a log has something beside it, as one text to compare. */
function besidesOf(state: ConversationState | null): string {
	return state === null ? '' : `${state.epochs.length} ${state.cuts.length} ${[...state.links.keys()].join(' ')}`
}
