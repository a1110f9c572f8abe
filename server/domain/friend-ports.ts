/** Ports of how people come to each other: invitations, addresses, friendships, blocks. */
import type { Bytes } from '#protocol/bytes.ts'

export interface InviteRow {
	readonly id: string
	readonly tokenHash: Bytes
	readonly createdBy: Bytes
	readonly createdAt: number
	readonly expiresAt: number
	readonly usesLeft: number
}

export interface Invites {
	byTokenHash(tokenHash: Bytes): Promise<InviteRow | null>
	/** With uses left and not expired at `now`, newest first. */
	open(now: number): Promise<InviteRow[]>
	/** Places that this account has given out: taken by somebody, or still open at `now`. */
	givenBy(account: Bytes, now: number): Promise<number>
	insert(row: InviteRow): Promise<void>
	/** Takes one use, counted for who made it; false when none is left or it has expired. */
	use(tokenHash: Bytes, now: number): Promise<boolean>
	/** False when there is no such invite. */
	delete(id: string): Promise<boolean>
}

/** An address that waits for its confirmation. */
export interface EmailConfirmationRow {
	readonly account: Bytes
	/** In the spelling of `foldEmailAddress`, as all addresses here. */
	readonly address: string
	readonly tokenHash: Bytes
	readonly expiresAt: number
}

export interface Emails {
	/** The confirmed address. */
	of(account: Bytes): Promise<string | null>
	accountWith(address: string): Promise<Bytes | null>
	/** Takes the address from whoever had it, and replaces the account's own. */
	confirm(account: Bytes, address: string, confirmedAt: number): Promise<void>
	forget(account: Bytes): Promise<void>
	pending(account: Bytes): Promise<EmailConfirmationRow | null>
	/** Stores or replaces the one of this account. */
	setPending(row: EmailConfirmationRow): Promise<void>
	deletePending(account: Bytes): Promise<void>
	deleteExpired(now: number): Promise<void>
}

export type FriendshipState = 'pending' | 'accepted' | 'declined' | 'cancelled' | 'ended'

/** At most one per pair, whoever asked. */
export interface FriendshipRow {
	readonly requester: Bytes
	readonly addressee: Bytes
	readonly state: FriendshipState
	/** When the state began. */
	readonly since: number
	readonly request: Bytes
	readonly accept: Bytes | null
	/** The signed step that withdrew the request or ended the friendship. */
	readonly closing: Bytes | null
}

export interface BlockRow {
	readonly blocked: Bytes
	readonly since: number
}

export interface Friendships {
	/** The row of the pair, in whichever direction. */
	between(a: Bytes, b: Bytes): Promise<FriendshipRow | null>
	of(account: Bytes): Promise<FriendshipRow[]>
	/** Stores or replaces the pair's row. */
	put(row: FriendshipRow): Promise<void>
	hasBlocked(account: Bytes, other: Bytes): Promise<boolean>
	blocksOf(account: Bytes): Promise<BlockRow[]>
	/** Nothing happens where it was blocked before. */
	block(account: Bytes, other: Bytes, since: number): Promise<void>
	unblock(account: Bytes, other: Bytes): Promise<void>
	/** The friend list of `account` says something new about `other`: under the next version of that list. */
	touch(account: Bytes, other: Bytes): Promise<void>
	/** Of the newest change in the list; 0 before the first. */
	version(account: Bytes): Promise<number>
	/** Whom the changes after `since` are about. */
	changedSince(account: Bytes, since: number): Promise<Bytes[]>
}
