/**
 * What the domain needs from outside: repositories, a unit of work, and the instance's secrets.
 * All of it is async, because SQLite is not the only database; each port has a contract suite in tests/contract.
 *
 * Ids are bytes (account 32, device and conversation 16), except `sid` and token ids, which are text everywhere.
 * Repositories store and find. They decide nothing: who may do what, and what is valid, is the domain's.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { Events, Markers } from './event-ports.ts'

/** Why the domain refuses: a code of the wire registry, so that every edge can say it. */
export interface Refusal {
	readonly type: WireErrorCode
	readonly retryAfterMs?: number
}

export type Role = 'admin' | 'user'

export interface AccountRow {
	readonly account: Bytes
	/** Case-folded; unique on the instance. */
	readonly name: string
	readonly role: Role
	readonly createdAt: number
	readonly disabledAt: number | null
}

export interface Accounts {
	byId(account: Bytes): Promise<AccountRow | null>
	byName(name: string): Promise<AccountRow | null>
	hasAdmin(): Promise<boolean>
	/** Administrators who may sign in. */
	admins(): Promise<Bytes[]>
	/** In order of names, beyond `after`; `search` is a part of the name. */
	page(about: { readonly search: string; readonly after: string; readonly limit: number }): Promise<AccountRow[]>
	/** How many have `search` in their name. */
	count(search: string): Promise<number>
	setRole(account: Bytes, role: Role): Promise<void>
	/** Null: may sign in again. */
	setDisabled(account: Bytes, disabledAt: number | null): Promise<void>
	/** False, and nothing stored, when the name or the account is there already. */
	insert(row: AccountRow): Promise<boolean>
	profile(account: Bytes): Promise<Bytes | null>
	setProfile(account: Bytes, profile: Bytes): Promise<void>
	/** Null when there is no such account. */
	presence(account: Bytes): Promise<PresenceRow | null>
	setHidden(account: Bytes, hidden: boolean): Promise<void>
	setLastSeen(account: Bytes, lastSeen: number | null): Promise<void>
}

/** What friends may learn of somebody who is not here. */
export interface PresenceRow {
	/** Nothing at all. */
	readonly hidden: boolean
	/** ms, to the minute; null: never told. */
	readonly lastSeen: number | null
}

/** Account entries (SPEC ENT) as they came. */
export interface SealedEntries {
	get(account: Bytes, name: Bytes): Promise<Bytes | null>
	/** With a version after `since`, oldest change first. */
	since(account: Bytes, since: number, limit: number): Promise<{ readonly version: number; readonly entry: Bytes }[]>
	/** Of the newest change; 0 before the first. */
	version(account: Bytes): Promise<number>
	count(account: Bytes): Promise<number>
	/** Stores or replaces, under the next version. */
	put(account: Bytes, name: Bytes, entry: Bytes): Promise<void>
}

/** Entries as they came: body ‖ signatures. */
export interface AccountLogs {
	entries(account: Bytes, from: number): Promise<Bytes[]>
	/** False, and nothing stored, when `seq` is not the next one. */
	append(account: Bytes, seq: number, entry: Bytes): Promise<boolean>
}

/** A deviceId is unique on the instance for ever: rows are never deleted. */
export interface Devices {
	owner(device: Bytes): Promise<Bytes | null>
	/** False when the id was ever taken. */
	insert(device: Bytes, account: Bytes, addedAt: number): Promise<boolean>
	/** It signed what does not verify; once and for ever. */
	bar(device: Bytes, barredAt: number): Promise<void>
	/** All that were ever barred. */
	barred(): Promise<Bytes[]>
}

/** X-Wing public keys (1,216 bytes), which stand in entries as SHA-256. */
export interface KemKeys {
	byHash(account: Bytes, hash: Bytes): Promise<Bytes | null>
	insert(account: Bytes, hash: Bytes, key: Bytes): Promise<void>
}

/** What OPAQUE keeps: never shown, and the identifier never taken from a client (protocol.md §6). */
export interface CredentialRow {
	readonly identifier: Bytes
	readonly record: string
	readonly stretching: number
}

export interface Credentials {
	get(account: Bytes): Promise<CredentialRow | null>
	set(account: Bytes, row: CredentialRow): Promise<void>
}

export interface VaultRow {
	readonly version: number
	readonly device: Bytes
	readonly storedAt: number
	/** Header, ciphertext, signature, as vault.ts encodes them. */
	readonly vault: Bytes
}

/** VK sealed to one method or device; `recipient` is SHA-256 of its X-Wing key. */
export interface VkBoxRow {
	readonly recipient: Bytes
	readonly vkGen: number
	readonly box: Bytes
}

export interface BindRow {
	readonly method: Bytes
	readonly bind: Bytes
}

export interface Vaults {
	newest(account: Bytes): Promise<VaultRow | null>
	/** False, and nothing stored, when `version` is not the next one. */
	insert(account: Bytes, row: VaultRow): Promise<boolean>
	/** Drops versions stored before `before`, but the newest and the last of each device stay. */
	prune(account: Bytes, before: number): Promise<void>
	boxes(account: Bytes): Promise<VkBoxRow[]>
	/** False when there is one for this recipient and vkGen: a stored box is never replaced by this. */
	insertBox(account: Bytes, row: VkBoxRow): Promise<boolean>
	deleteBox(account: Bytes, recipient: Bytes): Promise<void>
	binds(account: Bytes): Promise<BindRow[]>
	insertBind(account: Bytes, row: BindRow): Promise<void>
}

/** One sign-in of one device, and all refresh tokens that follow from it. */
export interface SessionFamily {
	readonly sid: string
	readonly account: Bytes
	readonly device: Bytes
	readonly createdAt: number
	readonly lastUsedAt: number
	readonly endedAt: number | null
	readonly endedCode: WireErrorCode | null
}

export interface RefreshTokenRow {
	/** Hexadecimal SHA-256 of the token: the token itself is stored nowhere. */
	readonly id: string
	readonly account: Bytes
	readonly sid: string
	readonly expiresAt: number
	/** The server nonce that the next refresh signs. */
	readonly nonce: Bytes
	/** Id of the token that took its place; null while it is the live one. */
	readonly successor: string | null
}

export interface Sessions {
	family(sid: string): Promise<SessionFamily | null>
	/** Live families, newest first. */
	familiesOf(account: Bytes): Promise<SessionFamily[]>
	insertFamily(row: SessionFamily): Promise<void>
	touchFamily(sid: string, lastUsedAt: number): Promise<void>
	/** False when it was ended before. */
	endFamily(sid: string, endedAt: number, code: WireErrorCode): Promise<boolean>
	token(id: string): Promise<RefreshTokenRow | null>
	tokensOf(account: Bytes): Promise<RefreshTokenRow[]>
	insertToken(row: RefreshTokenRow): Promise<void>
	/** False when it has a successor already. */
	setSuccessor(id: string, successor: string): Promise<boolean>
	setTokenExpiry(id: string, expiresAt: number): Promise<void>
	deleteToken(id: string): Promise<void>
	deleteTokensOf(account: Bytes): Promise<void>
	/** The tokens of a family but these: a rotation keeps the live one and its predecessor. */
	deleteOtherTokens(sid: string, keep: readonly string[]): Promise<void>
	/** Tokens past their expiry, and families left without any. */
	deleteExpired(now: number): Promise<void>
}

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

export interface ConversationRow {
	readonly conversation: Bytes
	readonly kind: string
	readonly createdAt: number
}

export interface MemberRow {
	readonly account: Bytes
	readonly role: string
}

export interface Conversations {
	byId(conversation: Bytes): Promise<ConversationRow | null>
	/** False, and nothing stored, when it exists. */
	insert(row: ConversationRow): Promise<boolean>
	/** The members now: an index of what the log says, for queries by account. */
	members(conversation: Bytes): Promise<MemberRow[]>
	setMembers(conversation: Bytes, members: readonly MemberRow[]): Promise<void>
	of(account: Bytes): Promise<Bytes[]>
	/** Members who let nobody see whether they are here. */
	hidden(conversation: Bytes): Promise<Bytes[]>
	/** Everybody who shares a conversation with this account, himself left out. */
	fellows(account: Bytes): Promise<Bytes[]>
	entries(conversation: Bytes, from: number): Promise<Bytes[]>
	headSeq(conversation: Bytes): Promise<number>
	/** False, and nothing stored, when `seq` is not the next one. */
	append(conversation: Bytes, seq: number, entry: Bytes): Promise<boolean>
}

/** EK_epoch sealed to one account's AK_g: kept, because the box is the backup. */
export interface EpochBoxRow {
	readonly epoch: number
	readonly account: Bytes
	readonly g: number
	readonly box: Bytes
}

/** Lists that lie beside log entries and are named there by hash (cut.ts). */
export interface CutLists {
	of(conversation: Bytes): Promise<{ readonly hash: Bytes; readonly list: Bytes }[]>
	insert(conversation: Bytes, hash: Bytes, list: Bytes): Promise<void>
}

export interface EpochBoxes {
	of(conversation: Bytes, account: Bytes): Promise<EpochBoxRow[]>
	/** Who has a box of this epoch, at whatever AK. */
	holders(conversation: Bytes, epoch: number): Promise<Bytes[]>
	/** Replaces what stands there already: who may do that is the caller's question. */
	insert(conversation: Bytes, rows: readonly EpochBoxRow[]): Promise<void>
	/** The account's own box of this epoch does not open. */
	ask(conversation: Bytes, account: Bytes, epoch: number): Promise<void>
	asked(conversation: Bytes): Promise<{ readonly account: Bytes; readonly epoch: number }[]>
	answered(conversation: Bytes, account: Bytes, epoch: number): Promise<void>
}

/** EK_epoch sealed to a link: only the newest is kept. */
export interface LinkBoxRow {
	readonly link: Bytes
	readonly epoch: number
	readonly box: Bytes
}

/** An open room in the directory. */
export interface RoomListing {
	readonly conversation: Bytes
	readonly name: string
	readonly topic: string
	readonly link: Bytes
	readonly secret: Bytes
}

/** What lies beside the links of conversations, and the doors that have none. */
export interface Rooms {
	linkKeys(conversation: Bytes): Promise<{ readonly link: Bytes; readonly key: Bytes }[]>
	insertLinkKey(conversation: Bytes, link: Bytes, key: Bytes): Promise<void>
	linkBox(conversation: Bytes, link: Bytes): Promise<LinkBoxRow | null>
	linkBoxes(conversation: Bytes): Promise<LinkBoxRow[]>
	/** Stores or replaces. */
	putLinkBox(conversation: Bytes, row: LinkBoxRow): Promise<void>
	listings(): Promise<RoomListing[]>
	listing(conversation: Bytes): Promise<RoomListing | null>
	/** Stores or replaces. */
	putListing(listing: RoomListing): Promise<void>
	/** Who waits to be let in, the first first. */
	knocks(conversation: Bytes): Promise<{ readonly account: Bytes; readonly at: number }[]>
	knock(conversation: Bytes, account: Bytes, at: number): Promise<void>
	dropKnock(conversation: Bytes, account: Bytes): Promise<void>
}

/** A report as it came: signed for the operator, or sealed for the admins of the conversation. */
export interface ReportRow {
	readonly id: Bytes
	readonly conversation: Bytes
	readonly reporter: Bytes
	readonly at: number
	readonly sealed: boolean
	readonly report: Bytes
}

export interface ReportBoxRow {
	readonly account: Bytes
	readonly g: number
	readonly box: Bytes
}

export interface Reports {
	insert(row: ReportRow, boxes: readonly ReportBoxRow[]): Promise<void>
	/** To the operator, oldest first. */
	toOperator(): Promise<ReportRow[]>
	/** To the admins of a conversation, those with a box for `account`, oldest first. */
	sealedFor(conversation: Bytes, account: Bytes): Promise<(ReportRow & ReportBoxRow)[]>
	/** Sealed ones of a conversation. */
	countSealed(conversation: Bytes): Promise<number>
	/** Of one reporter to the operator. */
	countBy(reporter: Bytes): Promise<number>
	/** Null conversation: one to the operator. False when there is no such report there. */
	delete(id: Bytes, conversation: Bytes | null): Promise<boolean>
}

/** What is stored, in numbers. */
export interface Figures {
	/** Conversations of each kind. */
	byKind(): Promise<ReadonlyMap<string, number>>
	/** Conversations of one kind, the last used first. */
	ofKind(kind: string): Promise<(ConversationRow & { readonly lastAt: number })[]>
	disabled(): Promise<number>
	/** Rows of events, and their bytes as they came. */
	events(): Promise<{ readonly rows: number; readonly bytes: number }>
	/** Of the whole database. */
	databaseBytes(): Promise<number>
}

/** Facts of this instance that live in the database, because a restored backup must bring them back. */
export type InstanceFact = 'epoch' | 'setup-token'

export interface InstanceFacts {
	get(fact: InstanceFact): Promise<Bytes | null>
	set(fact: InstanceFact, value: Bytes | null): Promise<void>
}

export interface Repositories {
	readonly accounts: Accounts
	readonly accountLogs: AccountLogs
	readonly devices: Devices
	readonly kemKeys: KemKeys
	readonly credentials: Credentials
	readonly vaults: Vaults
	readonly sessions: Sessions
	readonly invites: Invites
	readonly friendships: Friendships
	readonly emails: Emails
	readonly sealedEntries: SealedEntries
	readonly conversations: Conversations
	readonly epochBoxes: EpochBoxes
	readonly cutLists: CutLists
	readonly rooms: Rooms
	readonly instanceFacts: InstanceFacts
	readonly reports: Reports
	readonly figures: Figures
	readonly events: Events
	readonly markers: Markers
}

/** Calls `action` once the transaction is durable and before the next one begins; not at all when it rolls back. */
export type AfterCommit = (action: () => void) => void

/**
 * One transaction over all repositories. The writer is one: transactions run one after the other, a throw rolls back,
 * and what `run` returns is durable when the promise resolves. Verify signatures before; publish signals `afterCommit`,
 * so that they go out in the order of commits and no later transaction meets a stale cache.
 */
export interface UnitOfWork {
	transaction<T>(run: (repositories: Repositories, afterCommit: AfterCommit) => Promise<T>): Promise<T>
	/** Writes and takes back: rejects when the database cannot be written. */
	checkWritable(): Promise<void>
}
