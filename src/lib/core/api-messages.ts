/** Conversations and their messages. */
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Result } from '#protocol/result.ts'
import type { MuteView } from './api-alerts.ts'
import type { AccountId, ConversationId, EventId, KithError } from './api-basics.ts'
import type { ReadersView } from './api-groups.ts'
import type { PersonView } from './api-people.ts'

export interface MessageCommands {
	/** The direct conversation with a friend; made when it is not there yet. */
	openDirect(input: { account: AccountId }): Promise<Result<{ conversation: ConversationId }, KithError>>
	/**
	 * Durable in the outbox before it resolves; works offline. `key` names the message for ever on this device.
	 * `replyTo`: the message that it answers; null or left out for none.
	 */
	post(input: {
		conversation: ConversationId
		text: string
		replyTo?: EventId | null
	}): Promise<Result<{ key: string }, KithError>>
	/** Tries a failed message again, now. */
	retry(input: { conversation: ConversationId; key: string }): Promise<Result<null, KithError>>
	/** Takes back a message that was never sent. */
	discard(input: { conversation: ConversationId; key: string }): Promise<Result<null, KithError>>
	/** Everything up to this message was on screen. */
	markRead(input: { conversation: ConversationId; key: string }): Promise<Result<null, KithError>>
	setTyping(input: { conversation: ConversationId; typing: boolean }): Promise<Result<null, KithError>>
	saveDraft(input: { conversation: ConversationId; text: string }): Promise<Result<null, KithError>>
	/** Makes the newest messages that `conversation` shows more, towards the past. Screens watch `history` instead. */
	loadEarlier(input: { conversation: ConversationId; count: number }): Promise<Result<{ more: boolean }, KithError>>
}

/** Own messages only: a clock, one tick, two, two filled; failed offers retry. */
export type Mark = 'queued' | 'sent' | 'delivered' | 'read' | 'failed'

export interface ChatView {
	readonly conversation: ConversationId
	/** `notice`: between the operator of this server and one account, apart from their direct conversation. */
	readonly kind: 'direct' | 'group' | 'notice'
	/** Of groups that are rooms: open to everybody here, or not. */
	readonly room: 'open' | 'private' | null
	readonly title: string
	/** The other person: seed of the generated avatar. Of a group its id and name. */
	readonly person: PersonView
	readonly last: {
		readonly text: string
		readonly at: number
		readonly mine: boolean
		/** What its author is called; null for an own one, and where there are two. */
		readonly by: string | null
		readonly mark: Mark | null
	} | null
	readonly lastAt: number
	readonly unread: number
	readonly typing: boolean
	readonly draft: string
	/** Its messages raise no alert, and are counted in its own row alone. */
	readonly muted: MuteView | null
}

/** Named states instead of one vague error. */
export type Unreadable = 'fetching-key' | 'before-you-joined' | 'key-not-valid' | 'removed' | 'damaged' | 'newer-app'

export interface MessageView {
	/** Stable from queued to read: the row key of lists. */
	readonly key: string
	readonly event: EventId | null
	readonly author: AccountId
	readonly mine: boolean
	/** When it was written, by the author's clock. */
	readonly at: number
	readonly content:
		| { readonly type: 'text'; readonly text: string }
		| { readonly type: 'unreadable'; readonly why: Unreadable }
		| { readonly type: 'deleted' }
	readonly reply: ReplyView | null
	readonly mark: Mark | null
	/** Why it failed, with `mark: 'failed'`. */
	readonly problem: WireErrorCode | null
}

/** What a message answers. */
export interface ReplyView {
	readonly event: EventId
	/** Null where this device does not hold it. The text is cut short. */
	readonly quote: {
		readonly author: AccountId
		readonly mine: boolean
		readonly content: MessageView['content']
	} | null
}

/** A run of messages around one of them: at most so many before and after it. */
export interface HistoryAt {
	readonly conversation: ConversationId
	readonly around: EventId
	readonly before: number
	readonly after: number
}

export interface HistoryView {
	/** Contiguous, oldest first. */
	readonly messages: readonly MessageView[]
	/** There are messages before the first, and after the last. */
	readonly earlier: boolean
	readonly later: boolean
}

export interface ConversationView {
	readonly conversation: ConversationId
	readonly kind: ChatView['kind']
	/** Of a group empty while its key is not here. */
	readonly title: string
	/** What the operator writes to somebody: to us, or as one of the operators, by us. Null in every other conversation. */
	readonly notice: 'to-us' | 'by-us' | null
	/** Everybody else who is or was in: they may have written here. */
	readonly people: readonly PersonView[]
	readonly readers: ReadersView
	/** The newest messages, contiguous, oldest first. */
	readonly messages: readonly MessageView[]
	readonly more: boolean
	/** The first message that was unread when the conversation was opened; it may lie before `messages`. */
	readonly firstUnread: string | null
	readonly typing: readonly AccountId[]
	readonly draft: string
	readonly writable: { readonly type: 'yes' } | { readonly type: 'no'; readonly why: NotWritable }
	/** Whose messages stand on another history of the conversation than ours: the server may be showing two. */
	readonly otherHistory: readonly PersonView[]
}

/**
 * not-member: left or removed · reader: reads only · archived · not-operator: we wrote notices as an administrator, and are none ·
 * guest: has no account.
 */
export type NotWritable =
	'not-friends' | 'forked' | 'preparing' | 'not-member' | 'reader' | 'archived' | 'not-operator' | 'guest'
