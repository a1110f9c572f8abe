/** What the conversation half of the core works with; made once per signed-in account (core.ts). */
import type { Crypto } from '#crypto/suite.ts'
import type { Timers } from '#protocol/ports.ts'
import type { Storage } from '#store/storage.ts'
import type { Channels } from '#sync/channels.ts'
import type { Connection } from '#sync/connection.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { AccountEntries } from './account-entries.ts'
import type { AfterReading } from './after-reading.ts'
import type { Arrangements } from './arrangements.ts'
import type { ConversationLogs } from './conversation-logs.ts'
import type { Drafts } from './drafts.ts'
import type { EpochKeyring } from './epoch-keys.ts'
import type { EventStore } from './event-store.ts'
import type { Files } from './files.ts'
import type { Forks } from './forks.ts'
import type { Hidden } from './hidden.ts'
import type { HybridClock } from './hybrid-clock.ts'
import type { Accounts, Friends, Self, ServerTime } from './identity.ts'
import type { Knocks } from './knocks.ts'
import type { Mutes } from './mutes.ts'
import type { Outbox } from './outbox.ts'
import type { Peers } from './peers/peers.ts'
import type { Privacy } from './privacy.ts'
import type { Records } from './records.ts'
import type { Sealing } from './sealing.ts'
import type { ViewRegistry } from './views.ts'

/** Bytes that came to this device, and are in no row yet (received-bytes.ts). */
export interface Received {
	server: number
	devices: number
}

export interface ConversationContext {
	readonly self: Self
	readonly crypto: Crypto
	readonly storage: Storage
	readonly records: Records
	readonly http: HttpClient
	readonly received: Received
	readonly connection: Connection
	readonly channels: Channels
	readonly timers: Timers
	readonly time: ServerTime
	readonly hybridClock: HybridClock
	readonly entries: AccountEntries
	readonly privacy: Privacy
	readonly mutes: Mutes
	readonly hidden: Hidden
	readonly afterReading: AfterReading
	readonly arrangements: Arrangements
	readonly drafts: Drafts
	readonly accounts: Accounts
	readonly forks: Forks
	readonly friends: Friends
	readonly logs: ConversationLogs
	readonly keyring: EpochKeyring
	readonly knocks: Knocks
	readonly events: EventStore
	readonly outbox: Outbox
	readonly files: Files
	readonly sealing: Sealing
	/** Events under one key until the next is due. */
	readonly epochDueEvents: number
	readonly peers: Peers
	readonly views: Pick<ViewRegistry, 'changed' | 'watched'>
	readonly failed: (where: string, error: unknown) => void
}
