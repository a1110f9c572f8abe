/** From what a conversation holds to its views: the list and the screen. Pure. */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { maySetPolicy } from '#protocol/conversation-case.ts'
import { isArchivedAt, operatorOf } from '#protocol/conversation-lookups.ts'
import type { AccountLookup, ConversationState } from '#protocol/conversation-state.ts'
import type { Fold, Message } from '#protocol/fold.ts'
import { hlcTime } from '#protocol/hlc.ts'
import type { Hash } from '#protocol/ports.ts'
import type {
	AccountId,
	ChatView,
	ConversationId,
	ConversationView,
	EventId,
	FriendState,
	HistoryAt,
	HistoryView,
	MessageView,
	MuteView,
	PersonView,
} from './api.ts'
import type { Arrangements } from './arrangements.ts'
import type { MarkerKind } from './marks.ts'
import { hasLines, isOfMany, talkOfMany, type Talk } from './talk-of-many.ts'
import {
	messageToView,
	outboxSequence,
	outboxToView,
	type MessageFacts,
	type PendingPost,
	type Quotes,
} from './message-views.ts'
import { toReaders } from './readers.ts'
import type { Run } from './window.ts'

export interface ConversationSnapshot {
	readonly state: ConversationState | null
	readonly fold: Fold
	/** Outbox numbers of own messages, by eventId. */
	readonly sequences: ReadonlyMap<string, number>
	/** Messages that are written and not in a page. */
	readonly waiting: readonly PendingPost[]
	readonly reached: (kind: MarkerKind, account: AccountId) => number
	readonly typing: readonly AccountId[]
	/** How many of the newest messages are asked for. */
	readonly count: number
	/** How long after reading this device lets go of what disappears, ms; null: at its time. */
	readonly afterReading: number | null
	/** There are pages before those of the fold. */
	readonly more: boolean
	readonly quotes: Quotes
	/** Changes that the server did not take, by the eventIds that they are about. */
	readonly refused: MessageFacts['refused']
	readonly draft: string
	/** Read up to here when it was opened. */
	readonly unreadFrom: number
	/** … and of what only peers had brought, these. */
	readonly readFrom: ReadonlySet<EventId>
	/** The first that was unread then, where it lies before the fold. */
	readonly unreadBefore: EventId | null
	readonly unread: number
	/** Of those what only peers brought. */
	readonly unreadDirect: ReadonlySet<EventId>
	/** We hold the newest epoch's key. */
	readonly canSend: boolean
	/** Authors, idHash, of what was placed under another history of the log than ours (SPEC CHK8). */
	readonly otherHistory: readonly Bytes[]
	/** What a group or room is called; null for the conversation of two. */
	readonly title: string | null
	/** The server signed two branches of a log on which it stands. */
	readonly forked: boolean
	/** Devices with which it is synced directly. */
	readonly peers: number
	readonly filling?: boolean
	/** Own messages that one of them has and no server, by eventId. */
	readonly direct: ReadonlySet<EventId>
}

export interface People {
	readonly self: { readonly account: AccountId; readonly idHash: Uint8Array }
	readonly person: (account: AccountId) => PersonView
	readonly friend: (account: AccountId) => FriendState | null
	/** Verified account logs. */
	readonly accounts: AccountLookup
	/** Are we an administrator of the instance? */
	readonly operates: () => boolean
	readonly hash: Hash
	readonly muted: (conversation: ConversationId) => MuteView | null
	readonly arranged: Pick<Arrangements, 'isPinned' | 'isArchived' | 'isMarkedUnread'>
	/** ms */
	readonly now: () => number
}

function others(snapshot: Pick<ConversationSnapshot, 'state'>, { self }: People): AccountId[] {
	return [...(snapshot.state?.members.keys() ?? [])].filter((account) => account !== self.account)
}

/** Without what stands elsewhere or has expired, and one tombstone for all that one redaction names: a message that was sealed again has several. */
export function shownMessages(messages: readonly Message[]): Message[] {
	const tombs = new Set<string>()
	return messages.filter(({ state }) => {
		if (state.type !== 'redacted') return state.type !== 'elsewhere' && state.type !== 'expired'
		const redact = bytesToBase64url(state.eventId)
		return !tombs.has(redact) && tombs.add(redact)
	})
}

function factsOf(snapshot: ConversationSnapshot, people: People): MessageFacts {
	const reached = others(snapshot, people).map((account) => ({
		read: snapshot.reached('read', account),
		delivered: snapshot.reached('delivered', account),
	}))
	return {
		self: people.self,
		others: reached,
		sequences: snapshot.sequences,
		quotes: snapshot.quotes,
		refused: snapshot.refused,
		direct: snapshot.direct,
	}
}

function waiting({ waiting, quotes }: ConversationSnapshot, { self }: People): MessageView[] {
	return waiting.map((entry) => outboxToView(entry, self.account, quotes))
}

/** The newest `count` that are placed, and all that waits. */
function newest(snapshot: ConversationSnapshot, people: People, count: number): MessageView[] {
	const facts = factsOf(snapshot, people)
	const placed = shownMessages(snapshot.fold.messages).slice(-count)
	return [...placed.map((message) => messageToView(message, facts)), ...waiting(snapshot, people)]
}

/** The first post by somebody else that came after what was read when the conversation was opened. */
function firstUnread(snapshot: ConversationSnapshot, people: People): string | null {
	if (snapshot.unreadBefore !== null) return snapshot.unreadBefore
	const first = shownMessages(snapshot.fold.messages).find(
		({ author, recvSeq, eventId }) =>
			!equalBytes(author, people.self.idHash) &&
			(recvSeq ?? Infinity) > snapshot.unreadFrom &&
			!snapshot.readFrom.has(bytesToBase64url(eventId)),
	)
	return first === undefined ? null : bytesToBase64url(first.eventId)
}

/** How far somebody has read: by the server's counting, and what has no number yet. */
export interface ReadUpTo {
	readonly recvSeq: number
	readonly direct: readonly EventId[]
}

/** What stands in these runs up to this message; nothing of a run without it. */
export function readUpTo(snapshot: ConversationSnapshot, runs: readonly (readonly Message[])[], key: string): ReadUpTo {
	const isMessage = ({ ids }: Message) =>
		ids.map(bytesToBase64url).some((id) => id === key || outboxSequence(key) === (snapshot.sequences.get(id) ?? -1))
	const seen = runs.map(shownMessages).flatMap((shown) => shown.slice(0, shown.findIndex(isMessage) + 1))
	return readOf(snapshot, seen)
}

/** All of these. */
export function readOf(
	{ unreadDirect }: Pick<ConversationSnapshot, 'unreadDirect'>,
	seen: readonly Message[],
): ReadUpTo {
	return {
		recvSeq: seen.reduce((highest, { recvSeq }) => Math.max(highest, recvSeq ?? 0), 0),
		direct: seen.map(({ eventId }) => bytesToBase64url(eventId)).filter((event) => unreadDirect.has(event)),
	}
}

/** What a conversation is called and who may write there hang on no message. */
export type Spoken = Pick<ConversationSnapshot, 'state' | 'title' | 'canSend' | 'forked'>

/** Between two, among many, or with oneself. Null for what is neither. */
export function talkOf(id: ConversationId, snapshot: Spoken, people: People): Talk | null {
	if (snapshot.state?.kind === 'notes') return talkWithOneself(snapshot, people)
	if (isOfMany(snapshot.state)) return talkOfMany(id, { ...snapshot, state: snapshot.state }, people)
	const [other] = others(snapshot, people)
	if (snapshot.state === null || other === undefined) return null
	const person = people.person(other)
	const between = { room: null, title: person.displayName, person, people: [person] }
	const notice = noticeOf(snapshot.state, people)
	if (notice !== null) return { kind: 'notice', ...between, notice, writable: writableNotice(notice, snapshot, people) }
	return { kind: 'direct', ...between, notice, writable: writable(people.friend(other), snapshot) }
}

function talkWithOneself({ canSend, forked }: Spoken, { self, person }: People): Talk {
	const about = { room: null, title: '', notice: null, person: person(self.account), people: [] }
	if (forked) return { kind: 'notes', ...about, writable: { type: 'no', why: 'forked' } }
	return { kind: 'notes', ...about, writable: canSend ? { type: 'yes' } : { type: 'no', why: 'preparing' } }
}

/** Friendship and blocks are not asked: the server takes what the operator writes, and the answers (SPEC CNV37). */
function writableNotice(
	notice: NonNullable<Talk['notice']>,
	{ canSend, forked }: Spoken,
	{ operates }: People,
): ConversationView['writable'] {
	if (forked) return { type: 'no', why: 'forked' }
	if (notice === 'by-us' && !operates()) return { type: 'no', why: 'not-operator' }
	return canSend ? { type: 'yes' } : { type: 'no', why: 'preparing' }
}

function noticeOf(state: ConversationState, { self, hash }: People): Talk['notice'] {
	const operator = operatorOf(hash, state)
	if (operator === null) return null
	return equalBytes(operator, self.idHash) ? 'by-us' : 'to-us'
}

export function toConversationView(
	id: ConversationId,
	snapshot: ConversationSnapshot,
	people: People,
): ConversationView | null {
	const talk = talkOf(id, snapshot, people)
	if (snapshot.state === null || talk === null) return null
	return {
		conversation: id,
		kind: talk.kind,
		title: talk.title,
		notice: talk.notice,
		people: talk.people,
		readers: toReaders(snapshot.state, { self: people.self.account, accounts: people.accounts, now: people.now() }),
		lifetime: snapshot.state.policy.expiry,
		afterReading: snapshot.afterReading,
		maySetLifetime: maySetLifetime(snapshot.state, people),
		hasLines: hasLines(snapshot.state),
		messages: newest(snapshot, people, snapshot.count),
		more: snapshot.more || shownMessages(snapshot.fold.messages).length > snapshot.count,
		firstUnread: firstUnread(snapshot, people),
		typing: snapshot.typing,
		draft: snapshot.draft,
		moderates: moderates(snapshot.state, people),
		writable: talk.writable,
		peers: snapshot.peers,
		...(snapshot.filling === true ? { filling: true as const } : {}),
		otherHistory: snapshot.otherHistory.map((author) => people.person(bytesToBase64url(author))),
		copy: null,
	}
}

/** Of messages from anywhere in the conversation. */
export function toMessageViews(
	messages: readonly Message[],
	snapshot: ConversationSnapshot,
	people: People,
): readonly MessageView[] {
	const facts = factsOf(snapshot, people)
	return messages.map((message) => messageToView(message, facts))
}

function moderates(state: ConversationState, { self }: People): boolean {
	const role = state.members.get(self.account)?.role
	return role === 'owner' || role === 'admin'
}

function maySetLifetime(state: ConversationState, { self }: People): boolean {
	return maySetPolicy(state, state.members.get(self.account)?.role ?? null) && !isArchivedAt(state, state.head.seq)
}

export function toHistoryView(at: HistoryAt, run: Run, snapshot: ConversationSnapshot, people: People): HistoryView {
	const facts = factsOf(snapshot, people)
	const shown = shownMessages(run.messages)
	const anchor = Math.max(0, shown.indexOf(run.messages[run.index] as Message))
	const [from, to] = [Math.max(0, anchor - at.before), anchor + 1 + at.after]
	const later = run.later || to < shown.length
	const placed = shown.slice(from, to).map((message) => messageToView(message, facts))
	return {
		messages: later ? placed : [...placed, ...waiting(snapshot, people)],
		earlier: run.earlier || from > 0,
		later,
	}
}

function writable(friend: FriendState | null, { canSend, forked }: Spoken): ConversationView['writable'] {
	if (forked) return { type: 'no', why: 'forked' }
	if (friend !== 'accepted') return { type: 'no', why: 'not-friends' }
	return canSend ? { type: 'yes' } : { type: 'no', why: 'preparing' }
}

/** When the last thing was said, as far as the server lets anybody claim: ms. */
export function newestAt({ fold, waiting }: Pick<ConversationSnapshot, 'fold' | 'waiting'>): number {
	const placed = shownMessages(fold.messages).at(-1)
	return Math.max(waiting.at(-1)?.row.writtenAt ?? 0, placed === undefined ? 0 : hlcTime(placed.hlc))
}

function preview({ content }: MessageView): string {
	return content.type === 'text' ? content.text.slice(0, 200) : ''
}

/** The newest message of which there is something to show. */
function previewed(snapshot: ConversationSnapshot, people: People): MessageView | null {
	const isGone = ({ state }: Message) => state.type === 'redacted' || state.type === 'expired'
	const last = shownMessages(snapshot.fold.messages).findLast((message) => !isGone(message))
	if (snapshot.waiting.length > 0 || last === undefined) return newest(snapshot, people, 1).at(-1) ?? null
	return messageToView(last, factsOf(snapshot, people))
}

export function toChatView(id: ConversationId, snapshot: ConversationSnapshot, people: People): ChatView | null {
	const talk = talkOf(id, snapshot, people)
	if (snapshot.state === null || talk === null) return null
	const last = previewed(snapshot, people)
	const isNamed = talk.kind === 'group' && last?.mine === false
	const by = isNamed ? people.person(last.author).displayName : null
	const muted = people.muted(id)
	return {
		conversation: id,
		kind: talk.kind,
		room: talk.room,
		title: talk.title,
		person: talk.person,
		last:
			last === null
				? null
				: { text: preview(last), file: last.files[0] ?? null, at: last.at, mine: last.mine, by, mark: last.mark },
		lastAt:
			newest(snapshot, people, 1).at(-1)?.at ?? (talk.kind === 'notes' ? 0 : (snapshot.state.epochs[0]?.time ?? 0)),
		unread: snapshot.unread,
		typing: snapshot.typing.length > 0,
		draft: snapshot.draft,
		muted,
		pinned: people.arranged.isPinned(id),
		archived: people.arranged.isArchived(id, { newest: newestAt(snapshot), muted: muted !== null }),
		markedUnread: people.arranged.isMarkedUnread(id),
		writable: talk.writable.type === 'yes' || talk.writable.why === 'preparing',
	}
}
