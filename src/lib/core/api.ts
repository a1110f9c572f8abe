/**
 * What a person can do with Kith, and what a screen can show: the whole door of the core.
 * The browser client, the node client and the proxy over a worker port all are a `KithApi`;
 * everything that crosses it can be structured-cloned. Views are whole values, the newest wins.
 *
 * Ids are canonical base64url text: account = idHash (32 bytes), device and conversation 16, event 16.
 * Times are ms since the Unix epoch, corrected to the server's clock.
 */
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Result } from '#protocol/result.ts'

export type AccountId = string
export type DeviceId = string
export type ConversationId = string
export type EventId = string

/** Why something did not work, for a screen to put into words with a next step. */
export type KithError =
	| { readonly type: 'offline' }
	/** The tab that did the work went away in the middle of it: what came of it, the views tell. */
	| { readonly type: 'interrupted' }
	| { readonly type: 'server'; readonly code: WireErrorCode; readonly retryAfterMs?: number }
	| { readonly type: 'weak-password'; readonly bits: number; readonly suggestion: string }
	| { readonly type: 'wrong-words'; readonly positions: readonly number[] }
	/** `position` counts from 0. */
	| { readonly type: 'bad-recovery-code'; readonly reason: 'word' | 'length' | 'checksum'; readonly position?: number }
	| { readonly type: 'bad-link'; readonly reason: 'malformed' | 'other-server' | 'log-forked' }
	| { readonly type: 'not-verified'; readonly what: 'bind' | 'account-log' | 'vault' | 'server' }
	| { readonly type: 'signed-out' }
	| { readonly type: 'not-here' }
	| { readonly type: 'too-long'; readonly max: number }

export type Grant =
	| { readonly type: 'setup'; readonly token: string }
	| { readonly type: 'invite'; readonly token: string }
	| { readonly type: 'open' }

export interface Commands {
	/** Checks name, grant and strength, and draws the recovery code: 15 words. Nothing reaches the server yet but name and grant. */
	prepareSignUp(input: {
		name: string
		displayName: string
		password: string
		grant: Grant
		/** Gets a confirmation, once the account is there. */
		email?: string
	}): Promise<Result<{ words: readonly string[]; ask: readonly [number, number] }, KithError>>
	/** `words`: what the person typed for the two asked positions (0-based, in that order). Creates the account. */
	completeSignUp(input: { words: readonly [string, string] }): Promise<Result<null, KithError>>
	signIn(input: { name: string; password: string }): Promise<Result<null, KithError>>
	recover(input: { name: string; code: string }): Promise<Result<null, KithError>>
	/** What would be lost: messages that no server has yet. */
	unsent(): Promise<Result<{ messages: number }, KithError>>
	/** What this device keeps of the account: conversations, and the messages of them that were loaded so far. */
	stored(): Promise<Result<{ conversations: number; messages: number }, KithError>>
	/** Retires this device, ends its session and wipes its store. */
	signOut(): Promise<Result<null, KithError>>
	estimatePassword(input: {
		password: string
		name: string
	}): Promise<Result<{ bits: number; enough: boolean; suggestion: string }, KithError>>

	/** Own friend link: server, account and log head; with a fresh invite where the account may issue one. */
	friendLink(input: { withInvite: boolean }): Promise<Result<{ url: string }, KithError>>
	/** Reads a link (its whole URL or its fragment) without acting on it. */
	readLink(input: {
		url: string
	}): Promise<
		Result<
			{ account: AccountId; displayName: string | null; invite: string | null; self: boolean; friends: boolean },
			KithError
		>
	>
	/** By username, or by link: who is added by link is pinned as verified. */
	requestFriend(
		input: { name: string } | { url: string },
	): Promise<Result<{ account: AccountId; state: FriendState }, KithError>>
	/**
	 * Sent if somebody here confirmed this address; nobody learns whether. `sent` false: this server sends no mail at all.
	 * `url` is the own link, made the same way for every address; `letsIn`: also for people without an account.
	 */
	inviteByEmail(input: { address: string }): Promise<Result<{ sent: boolean; url: string; letsIn: boolean }, KithError>>
	acceptFriend(input: { account: AccountId }): Promise<Result<null, KithError>>
	declineFriend(input: { account: AccountId }): Promise<Result<null, KithError>>
	/** Withdraws an own request that waits. */
	cancelRequest(input: { account: AccountId }): Promise<Result<null, KithError>>
	/** Ends a friendship: both keep what was written, nobody can write any more. */
	removeFriend(input: { account: AccountId }): Promise<Result<null, KithError>>
	/** Ends what there is, and lets nothing of this person arrive; he is not told. */
	block(input: { account: AccountId }): Promise<Result<null, KithError>>
	unblock(input: { account: AccountId }): Promise<Result<null, KithError>>

	/** The direct conversation with a friend; made when it is not there yet. */
	openDirect(input: { account: AccountId }): Promise<Result<{ conversation: ConversationId }, KithError>>
	/** A group or room with its first members, who are friends; the one who makes it owns it. */
	createGroup(input: NewGroup): Promise<Result<{ conversation: ConversationId }, KithError>>
	/** Friends, or people who knocked. */
	addMembers(input: {
		conversation: ConversationId
		members: readonly { account: AccountId; role: MemberRole }[]
	}): Promise<Result<null, KithError>>
	leaveGroup(input: { conversation: ConversationId }): Promise<Result<null, KithError>>
	removeMembers(input: {
		conversation: ConversationId
		accounts: readonly AccountId[]
	}): Promise<Result<null, KithError>>
	/** Several at once: so ownership is handed over. */
	setRoles(input: {
		conversation: ConversationId
		members: readonly { account: AccountId; role: MemberRole }[]
	}): Promise<Result<null, KithError>>
	renameGroup(input: { conversation: ConversationId; name: string; topic: string }): Promise<Result<null, KithError>>
	setGroupPolicy(input: {
		conversation: ConversationId
		policy: Partial<Omit<GroupPolicy, 'expiry'>>
	}): Promise<Result<null, KithError>>
	archiveGroup(input: { conversation: ConversationId; archived: boolean }): Promise<Result<null, KithError>>
	/** Whoever holds it joins, with nobody online. `expires`: ms since the Unix epoch. */
	createGroupLink(input: {
		conversation: ConversationId
		role: 'member' | 'reader'
		expires: number | null
		uses: number | null
	}): Promise<Result<{ url: string; link: string }, KithError>>
	endGroupLink(input: { conversation: ConversationId; link: string }): Promise<Result<null, KithError>>
	joinByLink(input: { url: string }): Promise<Result<{ conversation: ConversationId }, KithError>>
	/** Open rooms of this server. */
	openRooms(): Promise<Result<readonly RoomView[], KithError>>
	joinRoom(input: { conversation: ConversationId }): Promise<Result<{ conversation: ConversationId }, KithError>>
	/** Asks to be let in; nobody learns from the answer whether there is such a room. */
	knock(input: { conversation: ConversationId }): Promise<Result<null, KithError>>
	dismissKnock(input: { conversation: ConversationId; account: AccountId }): Promise<Result<null, KithError>>

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

	/** The own e-mail address: the confirmed one, and the one that waits. */
	email(): Promise<Result<EmailView, KithError>>
	/** Sends a confirmation; null forgets the address. */
	setEmail(input: { address: string | null }): Promise<Result<null, KithError>>
	/** What the link of a confirmation carries. */
	confirmEmail(input: { token: string }): Promise<Result<null, KithError>>
	setDisplayName(input: { displayName: string }): Promise<Result<null, KithError>>
	/** Changes what is named, on all devices. */
	setPrivacy(input: Partial<PrivacyView>): Promise<Result<null, KithError>>
	/** A screen is looked at (said again while it is used), or was left. Without a word for five minutes we are away. */
	setActive(input: { active: boolean }): Promise<Result<null, KithError>>
	/** What this device calls itself in the list of devices; each at most 32 bytes. Other devices of the account read it, nobody else. */
	describeDevice(input: DeviceLabel): Promise<Result<null, KithError>>
	/** Lost ones: they read and write nothing from now on. By the password, entered for this act. */
	revokeDevices(input: { devices: readonly DeviceId[]; password: string }): Promise<Result<null, KithError>>
	endSession(input: { sid: string }): Promise<Result<null, KithError>>
	/** A friend link of ours that lets `uses` new people in for `days`. */
	createInvite(input: { uses: number; days: number }): Promise<Result<{ url: string; expiresAt: number }, KithError>>
	safetyNumber(input: { account: AccountId }): Promise<Result<{ groups: readonly string[] }, KithError>>
}

export type MemberRole = 'owner' | 'admin' | 'member' | 'reader'

export interface GroupPolicy {
	/** Do newcomers read what was written before: all of it, or from their joining on. */
	readonly history: 'shared' | 'from-join'
	/** Who adds members and makes links. */
	readonly invite: 'nobody' | 'admins' | 'members'
	readonly knock: 'no' | 'yes'
	/** Lifetime of messages in ms; null = they stay. */
	readonly expiry: number | null
}

export interface NewGroup extends Omit<GroupPolicy, 'expiry'> {
	readonly kind: 'group' | 'room-open' | 'room-private'
	readonly name: string
	readonly topic: string
	readonly members: readonly { readonly account: AccountId; readonly role: MemberRole }[]
}

/** An open room in the directory: the server's word, until one has joined. */
export interface RoomView {
	readonly conversation: ConversationId
	readonly name: string
	readonly topic: string
	readonly members: number
}

export interface GroupView {
	readonly conversation: ConversationId
	readonly kind: NewGroup['kind']
	/** Empty while its key is not here. */
	readonly name: string
	readonly topic: string
	/** Our own; null: no longer a member. */
	readonly role: MemberRole | null
	readonly members: readonly (PersonView & { readonly role: MemberRole })[]
	readonly links: readonly {
		readonly link: string
		readonly by: AccountId
		readonly role: MemberRole
		readonly expires: number | null
		readonly uses: number | null
		readonly used: number
	}[]
	readonly policy: GroupPolicy
	readonly archived: boolean
	/** From 1. */
	readonly epoch: number
	/** Who asks to be let in: for owners and admins. */
	readonly knocks: readonly AccountId[]
	readonly readers: ReadersView
}

export interface EmailView {
	readonly address: string | null
	readonly pending: string | null
}

/** What a server says of itself to everybody: its name, and how it takes people in. */
export interface ServerDoor {
	readonly name: string
	readonly version: string
	readonly signUp: 'setup' | 'invite' | 'open'
	/** Does it send e-mail? False also while we could not ask. */
	readonly mail: boolean
}

export interface InstanceView extends ServerDoor {
	readonly serverId: string
}

/** `store-damaged`: what this device kept of the account cannot be opened; what was not sent is kept for its next sign-in. */
export type SessionEnd = WireErrorCode | 'store-damaged'

export type SessionView =
	| { readonly type: 'starting' }
	/** `why`: what ended the last session, to be said once. */
	| { readonly type: 'signed-out'; readonly instance: ServerDoor | null; readonly why: SessionEnd | null }
	| {
			readonly type: 'signed-in'
			readonly account: AccountId
			readonly device: DeviceId
			readonly name: string
			readonly displayName: string
			readonly role: 'admin' | 'user'
			readonly instance: InstanceView | null
	  }

/** `waiting`: messages in the outbox. */
export type ConnectionView = { readonly type: 'offline' | 'connecting' | 'online'; readonly waiting: number }

export interface PersonView {
	readonly account: AccountId
	/** Signed profile or pin; the server's username only where nothing else is known. */
	readonly displayName: string
	readonly name: string
	/** Added by link or QR, or safety number compared. */
	readonly verified: boolean
	/** Of friends who let themselves be seen, while we are connected and let ourselves be seen; else null. */
	readonly presence: PresenceView | null
}

/** `lastSeen`: ms, to the minute; null where it was never told. */
export type PresenceView =
	| { readonly type: 'online' }
	| { readonly type: 'away' }
	| { readonly type: 'offline'; readonly lastSeen: number | null }

/** What others may see of us; who shows nothing sees nothing. */
export interface PrivacyView {
	readonly presence: boolean
	readonly typing: boolean
	readonly receipts: boolean
}

/** `blocked`: by us; who blocked us is never known. */
export type FriendState = 'incoming' | 'outgoing' | 'accepted' | 'declined' | 'cancelled' | 'ended' | 'blocked'
export interface FriendView extends PersonView {
	readonly state: FriendState
	readonly since: number
	/** The identity under this name is not the pinned one (F3). */
	readonly warning: 'new-identity' | 'forked' | null
	readonly conversation: ConversationId | null
}

/** Own messages only: a clock, one tick, two, two filled; failed offers retry. */
export type Mark = 'queued' | 'sent' | 'delivered' | 'read' | 'failed'

export interface ChatView {
	readonly conversation: ConversationId
	readonly kind: 'direct' | 'group'
	readonly title: string
	/** The other person: seed of the generated avatar. Of a group its id and name. */
	readonly person: PersonView
	readonly last: {
		readonly text: string
		readonly at: number
		readonly mine: boolean
		readonly mark: Mark | null
	} | null
	readonly lastAt: number
	readonly unread: number
	readonly typing: boolean
	readonly draft: string
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

/** Who holds the key that the next message is sealed under, by the verified log (readers.ts). */
export interface ReadersView {
	readonly who:
		| { readonly type: 'only-you' }
		/** Two, and never more. */
		| { readonly type: 'pair'; readonly other: AccountId }
		/** `people` with us; `links`: how many let in whoever opens them. */
		| {
				readonly type: 'members'
				readonly people: readonly AccountId[]
				readonly links: number
				readonly joiners: 'see-earlier' | 'see-later'
		  }
		/** Whoever is on this server, and whoever operates it; `people` are its members. */
		| { readonly type: 'server'; readonly people: readonly AccountId[] }
	/** Who holds that key and should not any more, until the next one is made: who left, and how many members revoked a device. */
	readonly past: { readonly people: readonly AccountId[]; readonly devicesOf: number }
}

export interface ConversationView {
	readonly conversation: ConversationId
	readonly title: string
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
}

/** not-member: left or removed · reader: reads only · archived. */
export type NotWritable = 'not-friends' | 'forked' | 'preparing' | 'not-member' | 'reader' | 'archived'

/** As `{ browser: 'Firefox', system: 'Linux' }`: proper names, the same in every language. */
export interface DeviceLabel {
	readonly browser: string
	readonly system: string
}

export interface DeviceView {
	readonly device: DeviceId
	/** Null where the device never said. */
	readonly label: DeviceLabel | null
	readonly current: boolean
	readonly addedAt: number
	readonly lastUsedAt: number | null
	readonly sid: string | null
	readonly ended: boolean
}

/** What can be watched: `watch('conversation', id, …)`. */
export interface Views {
	session: { of: null; view: SessionView }
	connection: { of: null; view: ConnectionView }
	chats: { of: null; view: readonly ChatView[] }
	friends: { of: null; view: readonly FriendView[] }
	devices: { of: null; view: readonly DeviceView[] }
	/** Null while nobody is signed in. */
	privacy: { of: null; view: PrivacyView | null }
	/** Null when there is no such conversation on this account. */
	conversation: { of: ConversationId; view: ConversationView | null }
	/** Null when it is no group or room of this account. */
	group: { of: ConversationId; view: GroupView | null }
	/** Null when this device does not hold the message. */
	history: { of: HistoryAt; view: HistoryView | null }
}

export interface KithApi extends Commands {
	/** Calls `listener` with the value now (soon) and after every change; returns how to stop. */
	watch<V extends keyof Views>(view: V, of: Views[V]['of'], listener: (value: Views[V]['view']) => void): () => void
	close(): Promise<void>
}
