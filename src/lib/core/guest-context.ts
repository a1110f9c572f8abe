/**
 * What the reading of an open room stands on, without an account: the same parts as for a member, over rows in memory. Where a
 * member has a vault, friends and settings, a guest has none, and shows and tells nothing.
 */
import type { Crypto } from '#crypto/suite.ts'
import { equalBytes } from '#protocol/bytes.ts'
import { headClaim } from '#protocol/head.ts'
import { fail, ok } from '#protocol/result.ts'
import { openMemoryStorage } from '#store/memory-storage.ts'
import type { Channels } from '#sync/channels.ts'
import type { Connection } from '#sync/connection.ts'
import type { HttpClient } from '#sync/http-client.ts'
import type { AccountEntries } from './account-entries.ts'
import { createAccounts } from './accounts.ts'
import type { KithError } from './api.ts'
import type { ConversationContext } from './context.ts'
import { createConversationLogs } from './conversation-logs.ts'
import type { CoreDeps } from './deps.ts'
import { createEpochKeyring } from './epoch-keys.ts'
import { createEventStore } from './event-store.ts'
import { createFiles } from './files.ts'
import { memoryShelf } from './memory-shelf.ts'
import { createForks } from './forks.ts'
import { createHybridClock } from './hybrid-clock.ts'
import type { CheckHead, Friends, Self, ServerTime } from './identity.ts'
import type { Knocks } from './knocks.ts'
import type { AfterReading } from './after-reading.ts'
import type { Hidden } from './hidden.ts'
import type { Arrangements } from './arrangements.ts'
import type { Drafts } from './drafts.ts'
import type { Mutes } from './mutes.ts'
import { createOutbox } from './outbox.ts'
import { createPins } from './pins.ts'
import { createPeers } from './peers/peers.ts'
import type { Privacy } from './privacy.ts'
import { createRecords } from './records.ts'
import { createSealing } from './sealing.ts'
import { createSessionStorage, unlessLate } from './session-storage.ts'
import type { ViewRegistry } from './views.ts'

const noAccount = fail<KithError>({ type: 'signed-out' })

const nobodysFriends: Friends = {
	stateOf: () => null,
	incoming: () => [],
	request: () => Promise.resolve(noAccount),
	accept: () => Promise.resolve(noAccount),
	onChange: () => () => undefined,
	refresh: () => Promise.resolve(),
}

const nobodysEntries: AccountEntries = {
	restore: () => Promise.resolve(),
	value: () => null,
	put: () => Promise.resolve(ok(null)),
	refresh: () => Promise.resolve(),
	onChange: () => () => undefined,
}

/** Each switch works both ways: who shows nothing sees nothing. */
const nothingShown: Privacy = {
	now: () => ({ presence: false, typing: false, receipts: false, direct: false, relayed: true }),
	isDirectIn: () => false,
}

const nothingGone: AfterReading = {
	restore: () => Promise.resolve(),
	delayOf: () => null,
	goneUpTo: () => 0,
	read: () => Promise.resolve(),
	set: () => Promise.resolve(),
	sweep: () => Promise.resolve(),
	...{ start: () => undefined, woke: () => undefined, close: () => undefined },
}

const nothingHidden: Hidden = {
	restore: () => Promise.resolve(),
	version: () => 0,
	of: () => new Set(),
	onChange: () => () => undefined,
	set: () => Promise.resolve(),
	close: () => undefined,
}

const nothingBegun: Drafts = {
	...{ restore: async () => {}, set: async () => {}, close: () => {} },
	of: () => '',
}

const nothingArranged: Arrangements = {
	...{ restore: async () => {}, set: async () => {}, close: () => {} },
	...{ isPinned: () => false, isArchived: () => false, isMarkedUnread: () => false },
}
const nothingMuted: Mutes = {
	restore: () => Promise.resolve(),
	of: () => null,
	set: () => Promise.resolve(),
	close: () => undefined,
}

const nobodyKnocks: Knocks = {
	restore: () => Promise.resolve(),
	of: () => [],
	look: () => Promise.resolve(),
}

export interface GuestGround {
	readonly deps: CoreDeps
	readonly self: Self
	readonly time: ServerTime
	readonly connection: Connection
	readonly channels: Channels
	readonly views: Pick<ViewRegistry, 'changed' | 'watched'>
}

function headChecker(crypto: Crypto, serverKey: Self['serverKey']): CheckHead {
	return async (head, subject) => {
		if (!equalBytes(head.subject, subject)) return false
		return (await crypto.verify([headClaim(crypto.hash, head, serverKey)]))[0] === true
	}
}

/** `http`: as a guest reads this room (guest-http.ts). `end`: what is still under way writes nothing any more. */
export async function createGuestContext(
	{ deps, self, time, connection, channels, views }: GuestGround,
	http: HttpClient,
): Promise<{ context: ConversationContext; end: () => void }> {
	const { crypto, timers } = deps
	const failed = unlessLate(deps.failed)
	const { storage, end } = createSessionStorage(await openMemoryStorage())
	const records = createRecords(storage, deps.wrap)
	const checkHead = headChecker(crypto, self.serverKey)
	const forks = createForks({ records, crypto, serverKey: self.serverKey, now: time.now })
	const pins = createPins(() => [])
	const known = { records, storage, crypto, http, checkHead, forks }
	const accounts = createAccounts({ ...known, pins, presence: () => null, failed })
	const keyring = createEpochKeyring({ records, crypto, self })
	const outbox = await createOutbox({ records, storage, now: time.now })
	const peers = createPeers(null)
	const files = createFiles({
		...{ peers, self, http, crypto, connection, timers, outbox, records, failed, now: time.now },
		shelf: memoryShelf(),
		changed: () => views.changed('transfers'),
		preparingChanged: () => undefined,
	})
	const context: ConversationContext = {
		...{ self, crypto, storage, records, http, connection, channels, timers, time, accounts, forks, keyring, views },
		received: { server: 0, devices: 0 },
		...{ failed, friends: nobodysFriends, entries: nobodysEntries, privacy: nothingShown, peers },
		...{
			mutes: nothingMuted,
			hidden: nothingHidden,
			afterReading: nothingGone,
			arrangements: nothingArranged,
			drafts: nothingBegun,
			knocks: nobodyKnocks,
			epochDueEvents: Infinity,
		},
		sealing: createSealing(() => undefined),
		hybridClock: await createHybridClock({ records, time }),
		logs: createConversationLogs({ ...known, accounts, keyring, isOurs: ({ kind }) => kind === 'room-open' }),
		events: createEventStore({ records, storage, hash: crypto.hash }),
		outbox,
		files,
	}
	return { context, end }
}
