/** Everything that lives while an account is signed in: identity, connection, conversations. Made and ended as a whole. */
import type { AccountState } from '#protocol/account-state.ts'
import { equalBytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import { headClaim } from '#protocol/head.ts'
import { idToText } from '#protocol/ids.ts'
import { EPOCH_DUE_EVENTS } from '#protocol/limits.ts'
import type { SignedEntry } from '#protocol/log-entry.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { Storage } from '#store/storage.ts'
import { createChannels } from '#sync/channels.ts'
import { createConnection, type Connection } from '#sync/connection.ts'
import { createHttpClient, type HttpClient } from '#sync/http-client.ts'
import { createAccountEntries, type AccountEntries } from './account-entries.ts'
import type { ToldPerson } from './account-rows.ts'
import { createAccounts, type KnownAccounts } from './accounts.ts'
import { openAlerts, type Alerts } from './alerts.ts'
import type { KithError } from './api.ts'
import { createAfterReading } from './after-reading.ts'
import { createArrangements, type Arrangements } from './arrangements.ts'
import { createChapter, type Chapter } from './chapter.ts'
import type { ConversationContext, Received } from './context.ts'
import { createConversationLogs } from './conversation-logs.ts'
import { createConversations, type Conversations } from './conversations.ts'
import type { CoreDeps } from './deps.ts'
import { createDeviceLabels, type DeviceLabels } from './device-labels.ts'
import { createDrafts } from './drafts.ts'
import { createEpochKeyring } from './epoch-keys.ts'
import { createEventStore } from './event-store.ts'
import { createFiles, type Files } from './files.ts'
import { createCopies, type Copies } from './copies/copies.ts'
import type { CopyViews } from './copies/copy-views.ts'
import type { Copying } from './copies/copying.ts'
import { createForks, type Forks } from './forks.ts'
import { createExpiries } from './expiries.ts'
import { createFriends, type KnownFriends } from './friends.ts'
import { createHidden } from './hidden.ts'
import { createHybridClock } from './hybrid-clock.ts'
import type { CheckHead, Self, ServerTime } from './identity.ts'
import { meetEpoch } from './instance-epoch.ts'
import { createKnocks } from './knocks.ts'
import { createMutes, type Mutes } from './mutes.ts'
import type { MessageReports } from './message-reports.ts'
import { createDirectoryNews, type DirectoryNews } from './directory-news.ts'
import { createOnlineRooms, type OnlineRooms } from './online.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { createPins } from './pins.ts'
import { createPresence, type Presence } from './presence.ts'
import { createPeers, type LivePeers } from './peers/peers.ts'
import { createPrivacy, type Privacy } from './privacy.ts'
import { createRecords, type Records } from './records.ts'
import type { Resident } from './resident.ts'
import { createEventJournal } from './search/event-journal.ts'
import { searchChapter, type LaterSearch } from './search/search-chapter.ts'
import { createSealing, type Sealing } from './sealing.ts'
import { createSessionStorage, unlessLate } from './session-storage.ts'
import { startTokenRenewal } from './token-renewal.ts'
import type { TokenKeeper } from './tokens.ts'
import { createVaultKeeper, restoreVault, type OpenVault, type VaultKeeper } from './vault-keeper.ts'
import type { ViewRegistry } from './views.ts'

export interface SignedInSession {
	readonly self: Self
	readonly records: Records
	readonly http: HttpClient
	readonly received: Received
	readonly accounts: KnownAccounts
	readonly friends: KnownFriends
	readonly vault: VaultKeeper
	readonly connection: Connection
	readonly conversations: Conversations
	readonly outbox: Outbox
	readonly files: Files
	readonly presence: Presence
	readonly online: OnlineRooms
	readonly directory: DirectoryNews
	readonly entries: AccountEntries
	readonly privacy: Privacy
	readonly peers: LivePeers
	readonly deviceLabels: DeviceLabels
	readonly sealing: Sealing
	readonly reports: Chapter<MessageReports>
	readonly mutes: Mutes
	readonly arrangements: Arrangements
	readonly alerts: Alerts
	readonly search: LaterSearch
	readonly copies: Copies
	readonly copyViews: Chapter<CopyViews>
	readonly copying: Chapter<Copying>
	readonly close: () => void
}

/** Runs with the session, or answers that nobody is signed in. */
export type SignedIn = <T>(
	work: (session: SignedInSession) => Promise<Result<T, KithError>>,
) => Promise<Result<T, KithError>>

export interface SignedInDeps {
	readonly deps: CoreDeps
	readonly time: ServerTime
	readonly tokens: TokenKeeper
	readonly views: ViewRegistry
	readonly resident: Resident
	/** The connection came to a final verdict. */
	readonly ended: (code: WireErrorCode) => void
	/** An administrator of the instance, as the server said last. */
	readonly operates: () => boolean
	/** What sign-up or sign-in brought; else all is opened from the store. */
	readonly fresh: Fresh | null
	/** Who it will be, before the server is asked for anything. */
	readonly entering: (self: Self) => void
}

export interface Fresh {
	readonly state: AccountState
	readonly entries: readonly SignedEntry[]
	readonly person: ToldPerson
	readonly vault: OpenVault
}

/** What one session works with: its storage ends with it. */
interface Ground extends SignedInDeps {
	readonly storage: Storage
	readonly records: Records
	readonly http: HttpClient
	readonly received: Received
	readonly failed: CoreDeps['failed']
	readonly connection: Connection
	readonly presence: Presence
	readonly online: OnlineRooms
	readonly directory: DirectoryNews
}

function groundOf(input: SignedInDeps, storage: Storage): Ground {
	const { deps, tokens, views } = input
	const records = createRecords(storage, deps.wrap)
	const received = { server: 0, devices: 0 }
	const fromServer = (bytes: number) => void (received.server += bytes)
	const connection = createConnection({
		url: `${deps.origin.replace(/^http/, 'ws')}/sync`,
		openSocket: deps.openSocket,
		timers: deps.timers,
		random: deps.crypto.random,
		prove: async (challenge, clientNonce) => {
			const proof = await tokens.prove(challenge, clientNonce)
			if (proof.ok) await meetEpoch({ storage, records }, challenge.instanceEpoch)
			return proof
		},
		tokenRefused: tokens.doubt,
		received: fromServer,
	})
	const seen = () => (['friends', 'chats', 'conversation'] as const).forEach((view) => views.changed(view))
	const accessToken = async () => {
		const token = await tokens.access()
		return token.ok ? token.value : null
	}
	return {
		...input,
		storage,
		records,
		http: createHttpClient({ origin: deps.origin, fetch: deps.fetch, accessToken, received: fromServer }),
		received,
		connection,
		presence: createPresence({ timers: deps.timers, send: connection.send, changed: seen }),
		online: createOnlineRooms({
			send: connection.send,
			watched: () => views.watchedOf('online'),
			changed: (conversation) => views.changed('online', conversation),
		}),
		directory: createDirectoryNews({
			send: connection.send,
			isWatched: () => views.isWatched('directory'),
			changed: () => views.changed('directory'),
		}),
		failed: unlessLate(deps.failed),
	}
}

interface Identity {
	readonly self: Self
	readonly checkHead: CheckHead
	readonly accounts: KnownAccounts
	readonly forks: Forks
	readonly vault: VaultKeeper
	readonly friends: KnownFriends
}

interface OwnState {
	readonly own: AccountState
	readonly opened: OpenVault
}

/** Own log and vault, from what sign-in brought, else from the store; and from the server, where the store lost them. */
async function ownState(
	ground: Ground & { readonly self: Self; readonly accounts: KnownAccounts },
): Promise<Result<OwnState, KithError>> {
	const { records, http, self, accounts } = ground
	const { crypto } = ground.deps

	async function from(fresh: Fresh): Promise<Result<OwnState, KithError>> {
		const adopted = await accounts.adopt(fresh.state, fresh.entries, fresh.person)
		const own = adopted ? accounts.known(self.account) : null
		return own === null ? fail({ type: 'not-verified', what: 'account-log' }) : ok({ own, opened: fresh.vault })
	}

	if (ground.fresh !== null) return from(ground.fresh)
	const own = accounts.known(self.account)
	const opened = own === null ? null : await restoreVault(records, crypto, own)
	if (own !== null && opened !== null) return ok({ own, opened })
	// As seldom needed as the doors, whose code it shares.
	const { fetchIdentity } = await import('./fetch-identity.ts')
	const fetched = await fetchIdentity({ crypto, http, records, self })
	return fetched.ok ? from(fetched.value) : fetched
}

/** Who we are, from the store and from what sign-in brought. Not where either is less than this device has seen. */
async function openIdentity(ground: Ground): Promise<Result<Identity, KithError>> {
	const { records, storage, http, failed, time, presence } = ground
	const { crypto } = ground.deps
	const { row, keys } = ground.resident
	let vault: VaultKeeper | null = null
	const self: Self = {
		account: idToText(row.idHash),
		idHash: row.idHash,
		device: idToText(keys.deviceId),
		deviceId: keys.deviceId,
		keys,
		isGuest: false,
		accountKey: (g) => vault?.plaintext().accountKeys[g] ?? null,
		serverKey: row.serverKey,
	}
	const checkHead: CheckHead = async (head, subject) => {
		if (!equalBytes(head.subject, subject)) return false
		return (await crypto.verify([headClaim(crypto.hash, head, row.serverKey)]))[0] === true
	}
	const pins = createPins(() => vault?.plaintext().pins ?? [])
	const forks = createForks({ records, crypto, serverKey: row.serverKey, now: time.now })
	await forks.restore()
	const known = { records, storage, crypto, http, checkHead, pins, forks }
	const accounts = createAccounts({ ...known, presence: presence.of, failed })
	await accounts.restore()
	ground.entering(self)
	const found = await ownState({ ...ground, self, accounts })
	if (!found.ok) return found
	const { own, opened } = found.value
	const state = () => accounts.known(self.account) ?? own
	vault = createVaultKeeper({
		records,
		crypto,
		http,
		self,
		state,
		newestState: () => accounts.refresh(self.account),
		opened,
		fetch: async () => {
			const { fetchIdentity } = await import('./fetch-identity.ts')
			const fetched = await fetchIdentity({ crypto, http, records, self })
			return fetched.ok ? ok(fetched.value.vault) : fetched
		},
	})
	const friends = createFriends({ records, storage, crypto, http, self, time, accounts, forks, vault })
	await friends.restore()
	return ok({ self, checkHead, accounts, forks, vault, friends })
}

/** What the conversations stand on. */
async function contextOf(
	ground: Ground,
	identity: Identity,
): Promise<ConversationContext & { readonly peers: LivePeers }> {
	const { deps, records, storage, http, received, failed, time, connection, views } = ground
	const { crypto, timers } = deps
	const { self, accounts, forks, friends, vault, checkHead } = identity
	const hybridClock = await createHybridClock({ records, time })
	const entries = createAccountEntries({ records, crypto, http, self, accounts, vault, hybridClock })
	await entries.restore()
	const mutes = createMutes({
		...{ records, entries, connection, failed, time, timers },
		changed: () => views.changed('chats'),
	})
	await mutes.restore()
	const hidden = createHidden({ records, entries, connection, timers, failed, time })
	await hidden.restore()
	const events = createEventStore({ records, storage, hash: crypto.hash })
	const afterReading = createAfterReading({ ...{ records, storage, events, time, timers, failed }, hash: crypto.hash })
	await afterReading.restore()
	const arrangements = createArrangements({
		...{ records, entries, connection, failed, time, timers },
		changed: () => views.changed('chats'),
	})
	await arrangements.restore()
	const drafts = createDrafts({
		...{ records, entries, connection, failed, time, timers },
		changed: () => (['chats', 'conversation'] as const).forEach((view) => views.changed(view)),
	})
	await drafts.restore()
	const knocks = createKnocks({
		...{ records, http, self, accounts },
		changed: (conversation) => views.changed('group', conversation),
	})
	await knocks.restore()
	const keyring = createEpochKeyring({ records, crypto, self })
	const outbox = await createOutbox({ records, storage, now: time.now })
	const peers = createPeers(deps.peerTransport ?? null)
	const files = createFiles({
		...{ peers, self, http, crypto, connection, timers, outbox, records, failed, now: time.now, shelf: deps.shelf },
		changed: () => views.changed('transfers'),
		preparingChanged: (conversation) => views.changed('preparing', conversation),
	})
	await files.restore()
	return {
		self,
		crypto,
		peers,
		storage,
		records,
		http,
		received,
		connection,
		channels: createChannels(connection),
		timers,
		time,
		hybridClock,
		entries,
		privacy: createPrivacy(entries),
		mutes,
		hidden,
		afterReading,
		arrangements,
		drafts,
		knocks,
		epochDueEvents: deps.epochDueEvents ?? EPOCH_DUE_EVENTS,
		accounts,
		forks,
		friends,
		logs: createConversationLogs({
			records,
			storage,
			crypto,
			http,
			isOurs: ({ roles }) => roles.has(self.account),
			accounts,
			forks,
			checkHead,
			keyring,
		}),
		keyring,
		events,
		outbox,
		files,
		sealing: createSealing(() => views.changed('sealing')),
		views,
		failed,
	}
}

/** Views follow what changes, and what the hub says of accounts and friends is fetched. Returns how to stop. */
function wire(ground: Ground, identity: Identity, { entries }: ConversationContext): () => void {
	const { views, failed, deps, tokens, time, connection, presence, online, directory } = ground
	const { self, accounts, forks, friends, vault } = identity
	const refresh = (where: string, work: Promise<unknown>) => void work.catch((error: unknown) => failed(where, error))
	const change = (...names: Parameters<ViewRegistry['changed']>[0][]) => names.forEach((name) => views.changed(name))
	const stop = [
		forks.onChange(() => change('friends', 'chats', 'conversation')),
		friends.onChange(() => change('friends', 'chats', 'conversation')),
		entries.onChange(() => change('privacy', 'chats', 'conversation', 'group', 'devices')),
		// A device of ours revoked others, and drew a new vault key.
		accounts.onChange((account) => (account === self.account ? refresh('vault', vault.renew()) : undefined)),
		accounts.onChange(() => change('friends', 'chats', 'conversation', 'online', 'devices', 'session')),
		connection.listen({
			status: (status) => {
				change('connection')
				if (status.type !== 'online') presence.lost()
				if (status.type !== 'online') online.lost()
				if (status.type !== 'online') directory.lost()
				if (status.type === 'ended' && status.code !== null) ground.ended(status.code)
			},
			hub: (message) => {
				// A new name or picture of our own comes as one of our friends' would.
				if (message.t === 'welcome' || message.t === 'friends') refresh('accounts', accounts.refresh(self.account))
				if (message.t === 'welcome' || message.t === 'friends') refresh('friends', friends.refresh())
				if (message.t === 'welcome' || message.t === 'entries') refresh('entries', entries.refresh())
				if (message.t === 'account') accounts.pushed(message)
				presence.hub(message)
				online.hub(message)
				directory.hub(message)
			},
		}),
		startTokenRenewal({ connection, tokens, timers: deps.timers, time, failed }),
		deps.onWake?.(connection.nudge) ?? (() => undefined),
	]
	return () => stop.forEach((end) => end())
}

/** Refused where the store does not hold a whole account: it must be signed in again. */
export async function startSession(input: SignedInDeps): Promise<Result<SignedInSession, KithError>> {
	const { storage, end } = createSessionStorage(input.deps.storage)
	const journal = createEventJournal(storage)
	const ground = groundOf(input, journal.storage)
	const identity = await openIdentity(ground)
	if (!identity.ok) return identity
	const context = await contextOf(ground, identity.value)
	const { connection, outbox, http, files } = context
	const conversations = createConversations(context, { origin: input.deps.origin, operates: input.operates })
	const { storage: kept, events, time, timers, failed, views } = context
	const expiries = createExpiries({
		...{ storage: kept, events, outbox, time, timers, failed },
		hash: context.crypto.hash,
	})
	// What expired while this device was off, or was to go after reading, goes before anything is shown.
	await expiries.sweep()
	await context.afterReading.sweep()
	await conversations.restore()
	context.peers.start(context, conversations)
	expiries.start(conversations.expired)
	context.afterReading.start(conversations.expired)
	const woke = () => [expiries, context.afterReading].forEach((each) => each.woke())
	const stopWaking = [
		context.connection.listen({ hub: ({ t }) => (t === 'welcome' ? woke() : undefined) }),
		input.deps.onWake?.(woke) ?? (() => undefined),
	]
	const stop = wire(ground, identity.value, context)
	const copies = createCopies(context)
	await copies.restore()
	const stopCopies = copies.onChange((id) => {
		views.changed('chats')
		views.changed('conversation', id)
	})
	const search = searchChapter({ context, journal, copies, describe: conversations.describe }, timers)
	const { self, accounts, friends, vault } = identity.value
	const copying = createChapter(
		() => import('./copies/copying.ts'),
		({ createCopying }) =>
			createCopying(context, {
				titleOf: async (conversation) => (await conversations.describe(conversation))?.title ?? '',
				friends: () => friends.views(),
				...{ origin: input.deps.origin, deps: input.deps, copies },
			}),
	)
	const deviceLabels = createDeviceLabels({ entries: context.entries, device: self.device })
	const hub = await openAlerts({ identity: identity.value, context, conversations, deviceLabels })
	return ok({
		received: ground.received,
		...{ self, records: ground.records, http, accounts, friends, vault, connection, conversations, outbox, files },
		...{
			presence: ground.presence,
			online: ground.online,
			directory: ground.directory,
			entries: context.entries,
			privacy: context.privacy,
			peers: context.peers,
			sealing: context.sealing,
		},
		reports: createChapter(
			() => import('./message-reports.ts'),
			({ createMessageReports }) => createMessageReports(context),
		),
		...{ mutes: context.mutes, arrangements: context.arrangements, deviceLabels, alerts: hub.alerts, search },
		...{
			copies,
			copying,
			copyViews: createChapter(
				() => import('./copies/copy-views.ts'),
				(views) => views,
			),
		},
		close: () => {
			stop()
			hub.close()
			search.close()
			context.mutes.close()
			context.hidden.close()
			context.arrangements.close()
			context.drafts.close()
			files.close()
			copying.opened()?.exports.close()
			stopCopies()
			ground.presence.close()
			for (const end of stopWaking) end()
			expiries.close()
			context.afterReading.close()
			context.peers.close()
			connection.stop()
			conversations.close()
			end()
		},
	})
}
