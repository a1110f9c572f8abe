/**
 * The domain: every rule and decision of the server behind one value. Edges (server/http, server/sync) turn bytes into
 * calls of it; it knows no transport and no SQL. `createDomain` builds it (create-domain.ts).
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { AccountState } from '#protocol/account-state.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import type { Clock, Hash, RandomBytes, Timers, Verify } from '#protocol/ports.ts'
import type { Result } from '#protocol/result.ts'
import type { Cluster, Ephemeral, Limiter } from './cluster-ports.ts'
import type { Log } from './log.ts'
import type { Administration } from './administration.ts'
import type { BlobFiles } from './blob-ports.ts'
import type { Blobs } from './blobs.ts'
import type { BotScope } from './bot-ports.ts'
import type { BotsApi } from './bots.ts'
import type { AccountEntries } from './account-entries.ts'
import type { AccountBundle, PublicAccount } from './account-bundle.ts'
import type { Conversations } from './conversations.ts'
import type { Revocations } from './revocations.ts'
import type { Rooms } from './rooms.ts'
import type { Devices } from './devices.ts'
import type { Emails } from './emails.ts'
import type { DevicesHere } from './devices-here.ts'
import type { ExpirySweep } from './events/expiry.ts'
import type { EventsApi, MarkersApi, PagesApi } from './events/api.ts'
import type { FriendshipCache } from './events/friendship-cache.ts'
import type { Rate } from './events/rates.ts'
import type { Feeds } from './feeds.ts'
import type { Friends } from './friends.ts'
import type { Guests } from './guests.ts'
import type { IceHelp, IceServers } from './ice-servers.ts'
import type { Invites } from './invites.ts'
import type { KeptAnswersApi } from './kept-answers.ts'
import type { Mailer } from './mail-ports.ts'
import type { Meter } from './meter-ports.ts'
import type { Refusal, Repositories, Role, UnitOfWork } from './ports.ts'
import type { Online } from './online.ts'
import type { Operator } from './operator.ts'
import type { Pictures } from './pictures.ts'
import type { Presence } from './presence.ts'
import type { Profiles } from './profiles.ts'
import type { PushApi } from './push.ts'
import type { Pusher } from './push-ports.ts'
import type { Reports } from './reports.ts'
import type { Decided } from './refusal.ts'
import type { Scrubbing } from './scrubbing.ts'
import type { Sessions } from './sessions.ts'
import type { SignIn } from './sign-in.ts'
import type { SignUp } from './sign-up.ts'
import type { Tickets } from './tickets.ts'
import type { Vaults } from './vaults.ts'

/** An Ed25519 key that this instance holds. */
export interface Signer {
	/** 32 bytes. */
	readonly publicKey: Bytes
	/** 64 bytes over `message` as it stands. */
	readonly sign: (message: Bytes) => Bytes
}

export interface DomainSecrets {
	/** Signs log heads; serverId follows from it. */
	readonly serverKey: Signer
	/** Signs access tokens (JWK, RFC 8037). */
	readonly tokenKey: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string; readonly d: string }
	/** HMAC-SHA256 under the instance's own key, one label per use; 32 bytes. */
	readonly hmac: (label: string, message: Uint8Array) => Bytes
	/** AES-256-GCM under a key that follows from the instance's own, `label` and `about`. */
	readonly seal: (label: string, about: Uint8Array, plain: Bytes) => Bytes
	/** Null: damaged, or sealed about something else. */
	readonly open: (label: string, about: Uint8Array, sealed: Bytes) => Bytes | null
	readonly opaqueSetup: string
}

export interface Stretching {
	readonly version: number
	readonly iterations: number
	/** KiB. */
	readonly memory: number
	readonly parallelism: number
}

/** What the operator decided. */
export interface Policy {
	readonly name: string
	readonly version: string
	readonly signUp: 'invite' | 'open'
	/** New people whom each member may bring in. */
	readonly memberInvites: number
	/** Who may create rooms. */
	readonly rooms: 'everybody' | 'admins'
	/** Visitors without an account read open rooms. */
	readonly guests: boolean
	readonly stretching: Stretching
	/** Bytes of one file, and of all files of one account. */
	readonly fileMax: number
	readonly filesMax: number
	/** What one author may send. */
	readonly eventRate: Rate
	/** The same in bytes of items. */
	readonly eventQuota: Rate
	/** How long it is kept what administrators did. */
	readonly auditDays: number
	/** How often events are decided and committed on one node. */
	readonly turnRate: Rate
}

/** What every part of the domain is built from. */
export interface DomainPorts {
	readonly repositories: Repositories
	readonly unitOfWork: UnitOfWork
	readonly blobFiles: BlobFiles
	readonly cluster: Cluster
	readonly ephemeral: Ephemeral
	readonly limiter: Limiter
	readonly clock: Clock
	readonly timers: Timers
	readonly random: RandomBytes
	readonly hash: Hash
	readonly verify: Verify
	/** Runs soon, after what is ready now: `setImmediate`. */
	readonly defer: (run: () => void) => void
	readonly secrets: DomainSecrets
	readonly policy: Policy
	/** Null: this server sends no e-mail, and takes no addresses. */
	readonly mailer: Mailer | null
	readonly pusher: Pusher
	readonly iceHelp: IceHelp
	readonly log: Log
	readonly meter: Meter
}

/** Where a request comes from: what limits are counted by. */
export interface Caller {
	readonly ip: string
}

/** Who holds an access token. */
export interface Access {
	readonly account: Bytes
	readonly sid: string
	readonly device: Bytes
	readonly role: Role
	readonly expiresAt: number
	/** What a bot may do; left out of people. */
	readonly scopes?: readonly BotScope[] | undefined
}

export interface Instance {
	/** Ed25519 public key, 32 bytes; serverId is its tagged hash. */
	readonly serverKey: Bytes
	readonly serverId: Bytes
	/** Changes when a backup is restored, 16 bytes. */
	readonly epoch: Bytes
	/** `SignedHead` of head.ts. `subject`: idHash, or convId padded to 32 bytes. */
	signHead(head: { readonly subject: Bytes; readonly seq: number; readonly hash: Bytes }): Bytes
}

export interface SessionsApi {
	/**
	 * Refused: unauthenticated, session-ended, device-ended, disabled; forbidden for the token of a guest (SPEC GST2), and for
	 * no other. A sid that was ended is refused at once.
	 */
	verifyAccess(token: string): Promise<Result<Access, Refusal>>
}

/** Verified states of account logs, cached: what comes back is the newest committed one, also inside a transaction. */
export interface AccountStates {
	/** Null when there is no such account here. */
	get(account: Bytes): Promise<AccountState | null>
	/** Null where it must be asked for. */
	atHand(account: Bytes): AccountState | null
}

export interface ConversationStates {
	get(conversation: Bytes): Promise<ConversationState | null>
}

export interface FriendsApi {
	areFriends(a: Bytes, b: Bytes): Promise<boolean>
	/** Has either blocked the other? */
	areBlocked(a: Bytes, b: Bytes): Promise<boolean>
	/** base64url ids of all who learn of this account's log: itself, its friends, its fellow members. */
	audienceOf(account: Bytes): Promise<readonly string[]>
	/** base64url ids. */
	friendsOf(account: Bytes): Promise<readonly string[]>
}

export interface AccountsApi {
	/** The own account as a session may have it. */
	own(access: Access): Promise<Decided<AccountBundle>>
	/** Refused: not-found, also for accounts that the viewer has nothing to do with. */
	seenBy(viewer: Access, account: Bytes, from: number): Promise<Decided<PublicAccount>>
	/** Is there an administrator yet? */
	isSetUp(): Promise<boolean>
	/** A fresh one-time token for the set-up link, the one before ends; null once there is an administrator. */
	drawSetupToken(): Promise<string | null>
}

export interface Domain extends DomainPorts {
	readonly instance: Instance
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
	readonly accounts: AccountsApi
	readonly administration: Administration
	/** For the machine's own command line, and no edge of the network. */
	readonly operator: Operator
	readonly sessions: Sessions
	readonly tickets: Tickets
	readonly feeds: Feeds
	readonly signUp: SignUp
	readonly signIn: SignIn
	readonly devices: Devices
	readonly revocations: Revocations
	readonly vaults: Vaults
	readonly profiles: Profiles
	readonly emails: Emails
	readonly invites: Invites
	readonly bots: BotsApi
	readonly keptAnswers: KeptAnswersApi
	readonly push: PushApi
	readonly devicesHere: DevicesHere
	readonly friends: Friends
	readonly reports: Reports
	readonly presence: Presence
	readonly online: Online
	readonly accountEntries: AccountEntries
	readonly conversations: Conversations
	readonly blobs: Blobs
	readonly pictures: Pictures
	readonly rooms: Rooms
	readonly guests: Guests
	readonly iceServers: IceServers
	readonly events: EventsApi
	readonly scrubbing: Scrubbing
	readonly expiry: ExpirySweep
	readonly pages: PagesApi
	readonly markers: MarkersApi
	readonly friendships: FriendshipCache
}
