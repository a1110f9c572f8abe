/**
 * What the domain needs from outside: repositories, a unit of work, and the instance's secrets.
 * All of it is async, because SQLite is not the only database; each port has a contract suite in tests/contract.
 *
 * Ids are bytes (account 32, device and conversation 16), except `sid` and token ids, which are text everywhere.
 * Repositories store and find. They decide nothing: who may do what, and what is valid, is the domain's.
 */
import type { Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { AccountLogs, Accounts, Credentials, Devices, KemKeys, SealedEntries, Vaults } from './account-ports.ts'
import type { Bots } from './bot-ports.ts'
import type { BlobRows } from './blob-ports.ts'
import type { Conversations, CutLists, EpochBoxes, Pictures, Rooms } from './conversation-ports.ts'
import type { Events, Markers } from './event-ports.ts'
import type { Emails, Friendships, Invites } from './friend-ports.ts'
import type { KeptAnswers } from './kept-answer-ports.ts'
import type { PushSubscriptions } from './push-ports.ts'
import type { AdminActs, Figures, Reports } from './report-ports.ts'
import type { Sessions } from './session-ports.ts'

export type * from './account-ports.ts'
export type * from './conversation-ports.ts'
export type * from './friend-ports.ts'
export type * from './report-ports.ts'
export type * from './session-ports.ts'

/** Why the domain refuses: a code of the wire registry, so that every edge can say it. */
export interface Refusal {
	readonly type: WireErrorCode
	readonly retryAfterMs?: number
}

/** Facts of this instance that live in the database, because a restored backup must bring them back. */
export type InstanceFact = 'epoch' | 'setup-token' | 'restored-at'

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
	readonly bots: Bots
	readonly friendships: Friendships
	readonly emails: Emails
	readonly sealedEntries: SealedEntries
	readonly conversations: Conversations
	readonly epochBoxes: EpochBoxes
	readonly cutLists: CutLists
	readonly rooms: Rooms
	readonly pictures: Pictures
	readonly instanceFacts: InstanceFacts
	readonly reports: Reports
	readonly figures: Figures
	readonly adminActs: AdminActs
	readonly keptAnswers: KeptAnswers
	readonly pushSubscriptions: PushSubscriptions
	readonly blobs: BlobRows
	readonly events: Events
	readonly markers: Markers
}

/** Calls `action` once the transaction is durable and before the next one begins; not at all when it rolls back. */
export type AfterCommit = (action: () => void) => void

/**
 * One transaction over all repositories. The writer is one: transactions run one after the other, those of other nodes too, a
 * throw rolls back, and what `run` returns is durable when the promise resolves. `run` may run again, where the database has taken
 * back what it did: it keeps nothing of the time before. Verify signatures before; publish signals `afterCommit`, so that they go
 * out in the order of commits and no later transaction meets a stale cache.
 */
export interface UnitOfWork {
	transaction<T>(run: (repositories: Repositories, afterCommit: AfterCommit) => Promise<T>): Promise<T>
	/** Writes and takes back: rejects when the database cannot be written. */
	checkWritable(): Promise<void>
	/** What was overwritten or deleted leaves the database's files as far as it can be made to; false: somebody reads, ask again. */
	scrub(): Promise<boolean>
}
