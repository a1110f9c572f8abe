/** Groups and rooms, and who can read a conversation. */
import type { Rights } from '#protocol/conversation-rights.ts'
import type { Result } from '#protocol/result.ts'
import type { AccountId, ConversationId, KithError } from './api-basics.ts'
import type { PersonView } from './api-people.ts'

export interface GroupCommands {
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
	/** A small square image, at most 48 KiB; null: none. Refused: too-long, offline, and what the server says. */
	setGroupPicture(input: {
		conversation: ConversationId
		image: Uint8Array<ArrayBuffer> | null
	}): Promise<Result<null, KithError>>
	/** Of the group as its view `picture` names it. Refused: not-here, offline, damaged-file. */
	groupPicture(input: { conversation: ConversationId }): Promise<Result<Uint8Array<ArrayBuffer>, KithError>>
	setGroupPolicy(input: {
		conversation: ConversationId
		policy: Partial<Omit<GroupPolicy, 'expiry'>>
	}): Promise<Result<null, KithError>>
	archiveGroup(input: { conversation: ConversationId; archived: boolean }): Promise<Result<null, KithError>>
	/** For all own devices: members who have switched it on too, and are no friends, reach them directly, and learn their address. */
	setGroupDirect(input: { conversation: ConversationId; on: boolean }): Promise<Result<null, KithError>>
	/** Whoever holds it joins, with nobody online. `expires`: ms since the Unix epoch. */
	createGroupLink(input: {
		conversation: ConversationId
		role: 'member' | 'reader'
		expires: number | null
		uses: number | null
	}): Promise<Result<{ url: string; link: string }, KithError>>
	endGroupLink(input: { conversation: ConversationId; link: string }): Promise<Result<null, KithError>>
	/**
	 * One link for people who are new here: they make an account by it, are in the room and are our friends. `expiresAt`: ms. Where sign-up
	 * is by invitation it takes `uses` places of ours.
	 */
	createWelcomeLink(input: {
		conversation: ConversationId
		uses: number
		days: number
	}): Promise<Result<{ url: string; link: string; expiresAt: number }, KithError>>
	/** New people whom we may still bring to this server; null: as many as we like. */
	invitesLeft(): Promise<Result<{ left: number | null }, KithError>>
	/** What a room link says by itself; nobody is asked. Refused as `bad-link` where it leads into no room. */
	readRoomLink(input: { url: string }): Promise<Result<RoomLinkView, KithError>>
	/** What the holder of a link sees before he joins. */
	previewRoom(input: { url: string }): Promise<Result<RoomPreview, KithError>>
	/** By a welcome link also asks its maker for friendship. */
	joinByLink(input: { url: string }): Promise<Result<{ conversation: ConversationId }, KithError>>
	/** Open rooms of this server. */
	openRooms(): Promise<Result<readonly RoomView[], KithError>>
	joinRoom(input: { conversation: ConversationId }): Promise<Result<{ conversation: ConversationId }, KithError>>
	/** Asks to be let in; nobody learns from the answer whether there is such a room. */
	knock(input: { conversation: ConversationId }): Promise<Result<null, KithError>>
	dismissKnock(input: { conversation: ConversationId; account: AccountId }): Promise<Result<null, KithError>>
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
	/** How many of them are online now, by the server's word. */
	readonly online: number
}

export interface RoomLinkView {
	readonly conversation: ConversationId
	/** We are in it. */
	readonly member: boolean
	/** Of a welcome link: who made it, and the invitation to this server where it needs one. */
	readonly welcome: { readonly by: AccountId; readonly invite: string | null } | null
}

export interface RoomPreview {
	readonly conversation: ConversationId
	readonly kind: NewGroup['kind']
	/** Empty where the link's key does not open it. */
	readonly name: string
	readonly topic: string
	readonly members: number
	/** Those of them whom we know. */
	readonly friends: readonly PersonView[]
	/** What one who comes by it may do. */
	readonly role: MemberRole
	readonly history: GroupPolicy['history']
	readonly archived: boolean
}

/** `people`: null where there are more than 50 members. */
export interface OnlineView {
	readonly count: number
	readonly people: readonly PersonView[] | null
}

export interface GroupView {
	readonly conversation: ConversationId
	readonly kind: NewGroup['kind']
	/** Empty while its key is not here. */
	readonly name: string
	readonly topic: string
	/** Our own; null: no longer a member. */
	readonly role: MemberRole | null
	/** How it ended for us; null while we are in. */
	readonly ended: 'left' | 'removed' | null
	readonly members: readonly MemberView[]
	/** By the rules that judge what we would write. */
	readonly may: Rights
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
	/** May members who are no friends reach our devices; null: not here, as in a group that is too large. */
	readonly direct: boolean | null
	/** From 1. */
	readonly epoch: number
	/** Who asks to be let in: for owners and admins. */
	readonly knocks: readonly PersonView[]
	readonly readers: ReadersView
}

export interface MemberView extends PersonView {
	readonly role: MemberRole
	/** What we may do with him. */
	readonly may: {
		readonly remove: boolean
		/** Roles that he may be given instead of his own; of `owner` we hand over our own. */
		readonly roles: readonly MemberRole[]
	}
}

/** What happened, as a line between messages. */
export interface LogLineView {
	/** Stable: the row key of lists. */
	readonly key: string
	readonly at: number
	readonly by: AccountId
	readonly what:
		| {
				readonly type:
					'created' | 'topic' | 'picture' | 'invite' | 'knock' | 'link' | 'link-ended' | 'archived' | 'restored'
		  }
		| { readonly type: 'stepped-down' }
		| { readonly type: 'added' | 'joined' | 'left' | 'removed'; readonly people: readonly AccountId[] }
		| { readonly type: 'role'; readonly role: MemberRole; readonly people: readonly AccountId[] }
		/** Null: in words that this account cannot read. */
		| { readonly type: 'renamed'; readonly name: string | null }
		| { readonly type: 'history'; readonly history: GroupPolicy['history'] }
		/** Messages disappear after so many ms; null: they stay. */
		| { readonly type: 'lifetime'; readonly lifetime: number | null }
}

/** Accounts that were found and boxes that were sealed for new keys, of all that are needed: twice the people. */
export interface SealingView {
	readonly done: number
	readonly total: number
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
