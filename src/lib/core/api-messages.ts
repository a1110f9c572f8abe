/** Conversations and their messages. */
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Result } from '#protocol/result.ts'
import type { MuteView } from './api-alerts.ts'
import type { AccountId, ConversationId, EventId, KithError } from './api-basics.ts'
import type { FileView, NewFile } from './api-files.ts'
import type { ReadersView } from './api-groups.ts'
import type { PersonView } from './api-people.ts'

/** A message by its key, where a screen shows it. */
export interface MessageAt {
	readonly conversation: ConversationId
	readonly key: string
}

/** What was deleted for us alone, as it is shown again. */
export interface HiddenMessage {
	readonly page: number
	/** All ids of the message. */
	readonly events: readonly EventId[]
}

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
		/** Sealed onto this device before it resolves; they go up before the message does. Refused: no-room. */
		files?: readonly NewFile[]
	}): Promise<Result<{ key: string }, KithError>>
	/** Of an own message: its text from now on. Works offline, as the three below. */
	edit(input: MessageAt & { text: string }): Promise<Result<null, KithError>>
	react(input: MessageAt & { emoji: string; on: boolean }): Promise<Result<null, KithError>>
	pin(input: MessageAt & { on: boolean }): Promise<Result<null, KithError>>
	/**
	 * Its text and its files into other conversations, as a message of our own that says nothing of where it came from. Works
	 * offline, with files that are on this device; all go or none. Refused: not-here, offline, interrupted (`stopFile`),
	 * damaged-file, no-room.
	 */
	forward(input: MessageAt & { to: readonly ConversationId[] }): Promise<Result<null, KithError>>
	/** An own message, or as owner or admin anybody's: its text goes from all devices and from the server. */
	deleteForEveryone(input: MessageAt): Promise<Result<null, KithError>>
	/** The account's own devices show it no more; everybody else's do. Works offline. */
	deleteForMe(input: MessageAt): Promise<Result<HiddenMessage, KithError>>
	showAgain(input: HiddenMessage & { conversation: ConversationId }): Promise<Result<null, KithError>>
	/** Tries a failed message, a change that was refused, or files that stand still, again, now. */
	retry(input: { conversation: ConversationId; key: string }): Promise<Result<null, KithError>>
	/** Takes back a message that was never sent, or such a change. */
	discard(input: { conversation: ConversationId; key: string }): Promise<Result<null, KithError>>
	/** Everything up to this message was on screen. */
	markRead(input: { conversation: ConversationId; key: string }): Promise<Result<null, KithError>>
	/** The first message from this moment on, by the order of the conversation; the newest where none is as new. */
	messageAt(input: { conversation: ConversationId; at: number }): Promise<Result<{ event: EventId }, KithError>>
	setTyping(input: { conversation: ConversationId; typing: boolean }): Promise<Result<null, KithError>>
	saveDraft(input: { conversation: ConversationId; text: string }): Promise<Result<null, KithError>>
	/** Makes the newest messages that `conversation` shows more, towards the past. Screens watch `history` instead. */
	loadEarlier(input: { conversation: ConversationId; count: number }): Promise<Result<{ more: boolean }, KithError>>
	/** How long messages live from their sending on, ms; null: they stay. Of what is written from now on. */
	setLifetime(input: { conversation: ConversationId; lifetime: number | null }): Promise<Result<null, KithError>>
	/**
	 * On this device alone: what disappears goes from it so long after it was read, ms; null: at its time. What is gone does not
	 * come back. Works offline. Refused: bad-delay.
	 */
	setAfterReading(input: { conversation: ConversationId; delay: number | null }): Promise<Result<null, KithError>>
	/** Keeps it at the top of the list, on all devices; works offline. */
	pinConversation(input: { conversation: ConversationId; pinned: boolean }): Promise<Result<null, KithError>>
	/** Puts it away, on all devices, until something is said there; while it is muted, for good. Works offline. */
	archiveConversation(input: { conversation: ConversationId; archived: boolean }): Promise<Result<null, KithError>>
	/** A reminder on all devices, until somebody opens it or reads on. Works offline. */
	markUnread(input: { conversation: ConversationId }): Promise<Result<null, KithError>>
	/** Up to the newest message that is here, and whatever mark it had. */
	markAllRead(input: { conversation: ConversationId }): Promise<Result<null, KithError>>
}

/**
 * Own messages only: a clock, one tick, two, two filled; failed offers retry. `direct`: another device has it, and the server does
 * not yet.
 */
export type Mark = 'queued' | 'direct' | 'sent' | 'delivered' | 'read' | 'failed'

export interface ChatView {
	readonly conversation: ConversationId
	/**
	 * `notice`: between the operator of this server and one account, apart from their direct conversation. `notes`: ours alone.
	 * `copy`: imported from an archive, to be read on this device.
	 */
	readonly kind: 'direct' | 'group' | 'notice' | 'notes' | 'copy'
	/** Of groups that are rooms: open to everybody here, or not. */
	readonly room: 'open' | 'private' | null
	/** Empty of notes, and of a group while its key is not here. */
	readonly title: string
	/** The other person: seed of the generated avatar. Of a group its id and name; of notes ourselves; of a copy its id and instance. */
	readonly person: PersonView
	readonly last: {
		readonly text: string
		/** The first of its files. */
		readonly file: FileView | null
		readonly at: number
		readonly mine: boolean
		/** What its author is called; null for an own one, and where there are two. */
		readonly by: string | null
		readonly mark: Mark | null
	} | null
	/** 0 of notes in which nothing stands yet. */
	readonly lastAt: number
	readonly unread: number
	readonly typing: boolean
	readonly draft: string
	/** Its messages raise no alert, and are counted in its own row alone. */
	readonly muted: MuteView | null
	/** Kept at the top of the list, in which it stands already. */
	readonly pinned: boolean
	/** Put away. */
	readonly archived: boolean
	/** Its reader marked it, whatever `unread` counts. */
	readonly markedUnread: boolean
	/** Whether what is written there goes to anybody, at once or when its key has come. */
	readonly writable: boolean
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
		/** `by`: who deleted it for everyone; null where its time was over. */
		| { readonly type: 'deleted'; readonly by: AccountId | null }
	/** Whom its text names. */
	readonly mentions: readonly AccountId[]
	readonly files: readonly FileView[]
	readonly reply: ReplyView | null
	/** Its text was changed after it was sent. */
	readonly edited: boolean
	/** Taken over from another conversation by its author, who claims nothing about where it came from. */
	readonly forwarded: boolean
	readonly pinned: boolean
	/** In the order in which they were put on. */
	readonly reactions: readonly ReactionView[]
	/** A change of ours that the server did not take: it can be tried again or let go, under its own key. */
	readonly refused: RefusedChange | null
	readonly mark: Mark | null
	/** Why it failed, with `mark: 'failed'`. */
	readonly problem: WireErrorCode | null
}

/** One message, as it is shown, of one conversation. */
export interface MessageInfoAt {
	readonly conversation: ConversationId
	readonly key: string
}

/** Null: not told. `at` null: longer ago than is kept. */
export type ReachedAt = { readonly at: number | null } | null

export interface MessageInfoView {
	readonly author: AccountId
	readonly mine: boolean
	readonly writtenAt: number
	/** Null while the server has not got it. */
	readonly sentAt: number | null
	/** As written first, then each edit; empty where nothing can be shown. */
	readonly versions: readonly { readonly text: string; readonly at: number }[]
	readonly reactions: readonly { readonly emoji: string; readonly by: readonly AccountId[] }[]
	/** Every other member than its author and us. */
	readonly reached: readonly {
		readonly account: AccountId
		readonly delivered: ReachedAt
		readonly read: ReachedAt
	}[]
	/** False: reading is switched off, and so is not shown. */
	readonly receipts: boolean
}

export interface ReactionView {
	readonly emoji: string
	/** The earliest first. */
	readonly by: readonly AccountId[]
	readonly mine: boolean
}

export interface RefusedChange {
	readonly key: string
	readonly what: 'edit' | 'reaction' | 'pin' | 'deletion'
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
	/** Of a group empty while its key is not here, and of notes. */
	readonly title: string
	/** What the operator writes to somebody: to us, or as one of the operators, by us. Null in every other conversation. */
	readonly notice: 'to-us' | 'by-us' | null
	/** Everybody else who is or was in: they may have written here. */
	readonly people: readonly PersonView[]
	readonly readers: ReadersView
	/** How long messages live from their sending on, ms; null: they stay. */
	readonly lifetime: number | null
	readonly maySetLifetime: boolean
	/** This device lets go of what disappears so long after it was read, ms; null: at its time. */
	readonly afterReading: number | null
	/** Something stands between its messages (view `log`). */
	readonly hasLines: boolean
	/** The newest messages, contiguous, oldest first. */
	readonly messages: readonly MessageView[]
	readonly more: boolean
	/** The first message that was unread when the conversation was opened; it may lie before `messages`. */
	readonly firstUnread: string | null
	readonly typing: readonly AccountId[]
	readonly draft: string
	/** Owner or admin of a group: others' messages can be deleted for everyone. */
	readonly moderates: boolean
	readonly writable: { readonly type: 'yes' } | { readonly type: 'no'; readonly why: NotWritable }
	/** Devices with which it is synced directly now. */
	readonly peers: number
	/** Many pages of it come now: see the view `filling`. */
	readonly filling?: true
	/** Whose messages stand on another history of the conversation than ours: the server may be showing two. */
	readonly otherHistory: readonly PersonView[]
	/** Null of everything but copies. */
	readonly copy: CopyView | null
}

/** Where a copy comes from. */
export interface CopyView {
	/** Host of the instance. */
	readonly instance: string
	/** Who saved it. */
	readonly by: PersonView
	readonly savedAt: number
}

/**
 * not-member: left or removed · reader: reads only · archived · not-operator: we wrote notices as an administrator, and are none ·
 * guest: has no account · copy: imported from an archive.
 */
export type NotWritable =
	'not-friends' | 'forked' | 'preparing' | 'not-member' | 'reader' | 'archived' | 'not-operator' | 'guest' | 'copy'
