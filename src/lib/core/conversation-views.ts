/** From what a conversation holds to its views: the list and the screen. Pure. */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { operatorOf } from '#protocol/conversation-lookups.ts'
import type { AccountLookup, ConversationState } from '#protocol/conversation-state.ts'
import type { Fold, Message } from '#protocol/fold.ts'
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
import type { MarkerKind } from './marks.ts'
import { isOfMany, talkOfMany, type Talk } from './talk-of-many.ts'
import { messageToView, outboxSequence, outboxToView, type MessageFacts, type Quotes } from './message-views.ts'
import type { OutboxEntry } from './outbox.ts'
import { toReaders } from './readers.ts'
import type { Run } from './window.ts'

export interface ConversationSnapshot {
	readonly state: ConversationState | null
	readonly fold: Fold
	/** Outbox numbers of own messages, by eventId. */
	readonly sequences: ReadonlyMap<string, number>
	/** Written and not in a page. */
	readonly waiting: readonly OutboxEntry[]
	readonly reached: (kind: MarkerKind, account: AccountId) => number
	readonly typing: readonly AccountId[]
	/** How many of the newest messages are asked for. */
	readonly count: number
	/** There are pages before those of the fold. */
	readonly more: boolean
	readonly quotes: Quotes
	readonly draft: string
	/** Read up to here when it was opened. */
	readonly unreadFrom: number
	/** The first that was unread then, where it lies before the fold. */
	readonly unreadBefore: EventId | null
	readonly unread: number
	/** We hold the newest epoch's key. */
	readonly canSend: boolean
	/** Authors, idHash, of what was placed under another history of the log than ours (SPEC CHK8). */
	readonly otherHistory: readonly Bytes[]
	/** What a group or room is called; null for the conversation of two. */
	readonly title: string | null
	/** The server signed two branches of a log on which it stands. */
	readonly forked: boolean
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
	/** ms */
	readonly now: () => number
}

function others(snapshot: ConversationSnapshot, { self }: People): AccountId[] {
	return [...(snapshot.state?.members.keys() ?? [])].filter((account) => account !== self.account)
}

/** Without what stands elsewhere, and one tombstone for all that one redaction names: a message that was sealed again has several. */
export function shownMessages(messages: readonly Message[]): Message[] {
	const tombs = new Set<string>()
	return messages.filter(({ state }) => {
		if (state.type !== 'redacted') return state.type !== 'elsewhere'
		const redact = bytesToBase64url(state.eventId)
		return !tombs.has(redact) && tombs.add(redact)
	})
}

function factsOf(snapshot: ConversationSnapshot, people: People): MessageFacts {
	const reached = others(snapshot, people).map((account) => ({
		read: snapshot.reached('read', account),
		delivered: snapshot.reached('delivered', account),
	}))
	return { self: people.self, others: reached, sequences: snapshot.sequences, quotes: snapshot.quotes }
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
		({ author, recvSeq }) =>
			!equalBytes(author, people.self.idHash) && recvSeq !== null && recvSeq > snapshot.unreadFrom,
	)
	return first === undefined ? null : bytesToBase64url(first.eventId)
}

/** The highest recvSeq among what stands in this run up to this message; 0 when the key is not in it. */
export function recvUpTo(snapshot: ConversationSnapshot, run: readonly Message[], key: string): number {
	const shown = shownMessages(run)
	const isMessage = ({ ids }: Message) =>
		ids.map(bytesToBase64url).some((id) => id === key || outboxSequence(key) === (snapshot.sequences.get(id) ?? -1))
	const index = shown.findIndex(isMessage)
	return shown.slice(0, index + 1).reduce((highest, { recvSeq }) => Math.max(highest, recvSeq ?? 0), 0)
}

/** Between two, or among many. Null for what is neither. */
export function talkOf(id: ConversationId, snapshot: ConversationSnapshot, people: People): Talk | null {
	if (isOfMany(snapshot.state)) return talkOfMany(id, { ...snapshot, state: snapshot.state }, people)
	const [other] = others(snapshot, people)
	if (snapshot.state === null || other === undefined) return null
	const person = people.person(other)
	const between = { room: null, title: person.displayName, person, people: [person] }
	const notice = noticeOf(snapshot.state, people)
	if (notice !== null) return { kind: 'notice', ...between, notice, writable: writableNotice(notice, snapshot, people) }
	return { kind: 'direct', ...between, notice, writable: writable(people.friend(other), snapshot) }
}

/** Friendship and blocks are not asked: the server takes what the operator writes, and the answers (SPEC CNV37). */
function writableNotice(
	notice: NonNullable<Talk['notice']>,
	{ canSend, forked }: ConversationSnapshot,
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
		messages: newest(snapshot, people, snapshot.count),
		more: snapshot.more || shownMessages(snapshot.fold.messages).length > snapshot.count,
		firstUnread: firstUnread(snapshot, people),
		typing: snapshot.typing,
		draft: snapshot.draft,
		writable: talk.writable,
		otherHistory: snapshot.otherHistory.map((author) => people.person(bytesToBase64url(author))),
	}
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

function writable(friend: FriendState | null, { canSend, forked }: ConversationSnapshot): ConversationView['writable'] {
	if (forked) return { type: 'no', why: 'forked' }
	if (friend !== 'accepted') return { type: 'no', why: 'not-friends' }
	return canSend ? { type: 'yes' } : { type: 'no', why: 'preparing' }
}

function preview({ content }: MessageView): string {
	return content.type === 'text' ? content.text.slice(0, 200) : ''
}

export function toChatView(id: ConversationId, snapshot: ConversationSnapshot, people: People): ChatView | null {
	const talk = talkOf(id, snapshot, people)
	if (snapshot.state === null || talk === null) return null
	const last = newest(snapshot, people, 1).at(-1) ?? null
	const isNamed = talk.kind === 'group' && last?.mine === false
	const by = isNamed ? people.person(last.author).displayName : null
	return {
		conversation: id,
		kind: talk.kind,
		room: talk.room,
		title: talk.title,
		person: talk.person,
		last: last === null ? null : { text: preview(last), at: last.at, mine: last.mine, by, mark: last.mark },
		lastAt: last?.at ?? snapshot.state.epochs[0]?.time ?? 0,
		unread: snapshot.unread,
		typing: snapshot.typing.length > 0,
		draft: snapshot.draft,
		muted: people.muted(id),
	}
}
