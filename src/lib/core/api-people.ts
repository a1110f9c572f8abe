/** Friends and the links that bring them, and what is shown of people. */
import type { Result } from '#protocol/result.ts'
import type { AccountId, ConversationId, KithError } from './api-basics.ts'

export interface PeopleCommands {
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

	/** A friend link of ours that lets `uses` new people in for `days`. */
	createInvite(input: { uses: number; days: number }): Promise<Result<{ url: string; expiresAt: number }, KithError>>
	/** Programs of ours. */
	bots(): Promise<Result<readonly BotView[], KithError>>
	/** `token`: for the program, and shown nowhere again. */
	createBot(input: { name: string; scopes: readonly BotScope[] }): Promise<Result<{ token: string }, KithError>>
	/** For good: it is signed out everywhere, and what it wrote stays. */
	endBot(input: { id: string }): Promise<Result<null, KithError>>
	safetyNumber(input: { account: AccountId }): Promise<Result<{ groups: readonly string[] }, KithError>>
}

/** `read`: hear and read; `write`: messages and files; `manage`: conversations, their members and links. */
export type BotScope = 'read' | 'write' | 'manage'
export interface BotView {
	readonly id: string
	readonly name: string
	readonly scopes: readonly BotScope[]
	readonly createdAt: number
	/** Null until its program has come with the token. */
	readonly account: AccountId | null
}

export interface PersonView {
	readonly account: AccountId
	/** Signed profile or pin; the server's username only where nothing else is known. */
	readonly displayName: string
	readonly name: string
	/** Added by link or QR, or safety number compared. */
	readonly verified: boolean
	/** A program, and no person. */
	readonly bot?: true
	/** Of friends who let themselves be seen, while we are connected and let ourselves be seen; else null. */
	readonly presence: PresenceView | null
}

/** `lastSeen`: ms, to the minute; null where it was never told. */
export type PresenceView =
	| { readonly type: 'online' }
	| { readonly type: 'away' }
	| { readonly type: 'offline'; readonly lastSeen: number | null }

/** `blocked`: by us; who blocked us is never known. */
export type FriendState = 'incoming' | 'outgoing' | 'accepted' | 'declined' | 'cancelled' | 'ended' | 'blocked'
export interface FriendView extends PersonView {
	readonly state: FriendState
	readonly since: number
	/** The identity under this name is not the pinned one (F3). */
	readonly warning: 'new-identity' | 'forked' | null
	readonly conversation: ConversationId | null
}
