/**
 * Whom this device is connected to directly, and what goes where: own devices, friends where both show their presence, and fellow
 * members of small groups (fellows.ts), unless the person has switched it off.
 */
import type { HubFromServer } from '#protocol/hub.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { base64urlToBytes } from '#protocol/bytes.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import { PEERS_PER_CONVERSATION } from '#protocol/limits.ts'
import { eventKey } from '#store/keys.ts'
import { createPeerLinks, type PeerAddress, type PeerLink } from '#sync/peers/links.ts'
import type { PeerTransport } from '#sync/peers/transport.ts'
import type { AccountId, ConversationId, DeviceId } from '../api.ts'
import type { BlobSources, WantedBlob } from '../chunk-sources.ts'
import type { PageHead } from '../catch-up.ts'
import type { ConversationContext } from '../context.ts'
import { isSaid, type KnownEvent } from '../event-store.ts'
import type { PageSources } from '../page-fill.ts'
import { guidToPage } from '../page-names.ts'
import { keepReceivedNowAndThen } from '../received-bytes.ts'
import type { PeerSource } from './blob-asks.ts'
import { createFellows } from './fellows.ts'
import { createNearby, type Nearby } from './nearby.ts'
import type { PeerConversations } from './peers.ts'
import { createPeerSession, isAddress, type PeerSession } from './session.ts'
import { createWays } from './ways.ts'

export interface PeerSessions {
	readonly reach: (conversation: ConversationId) => number
	readonly count: () => number
	readonly news: (rows: readonly KnownEvent[], from: DeviceId | null) => void
	readonly sources: (want: WantedBlob, changed: () => void) => BlobSources
	readonly pages: (conversation: ConversationId, changed: () => void) => PageSources
	readonly holds: (blob: string) => void
	readonly heard: (message: HubFromServer) => void
	readonly nearby: Nearby
	readonly close: () => void
}

export interface PeerSessionsParts {
	readonly transport: PeerTransport
	readonly conversations: PeerConversations
	/** Keys of rows that another device has on its disk. */
	readonly taken: (keys: readonly string[]) => void
}

export function createPeerSessions(context: ConversationContext, parts: PeerSessionsParts): PeerSessions {
	const { self, accounts, friends, privacy, logs, connection, entries, views, timers, crypto, failed } = context
	const { transport, conversations } = parts
	const sessions = new Set<PeerSession>()
	/** Friends who are here, as the server told; and who was told that we are. */
	const present = new Set<AccountId>()
	const called = new Set<AccountId>()
	/** Of files that are being fetched: look whom to ask. */
	const seekers = new Set<() => void>()
	/** Conversations of which whole pages come: nothing of them is asked for otherwise. */
	const fillers = new Set<{ readonly conversation: ConversationId; readonly changed: () => void }>()
	const ways = createWays(context)
	const fellows = createFellows(context)
	let isRelayed = privacy.now().relayed
	const isOnline = () => connection.state().type === 'online'

	function isAllowed(peer: PeerAddress): boolean {
		if (!isAddress(peer) || peer.device === self.device || !privacy.now().direct) return false
		if (ways.now() === null) return false
		// One that is not known yet proves itself by a newer log.
		if (hasEnded(peer)) return false
		return isFamiliar(peer.account) || fellows.all().has(peer.account)
	}

	function hasEnded(peer: PeerAddress): boolean {
		const account = accounts.known(peer.account)
		const device = account === null ? null : deviceOf(account, base64urlToBytes(peer.device) as never)
		return device !== null && device.ended !== null
	}

	/** Reads with us what we both may read: with others only what both have let others read. */
	const isFamiliar = (account: AccountId) =>
		account === self.account || (privacy.now().presence && friends.stateOf(account) === 'accepted')

	const mayShare = (account: AccountId, state: ConversationState) =>
		state.members.has(account) &&
		state.members.has(self.account) &&
		(isFamiliar(account) || fellows.meets(account, state) || nearby.meets(account, state))

	/** One of each device, in however many ways it is reached. */
	const devicesOf = (all: Iterable<PeerSession>) => [
		...new Map([...all].map((session) => [session.peer.device, session])).values(),
	]

	const reachOf = (conversation: ConversationId) =>
		neighbours(
			self.device,
			devicesOf(sessions).filter(({ names }) => names(conversation)),
		)

	function changed(): void {
		views.changed('conversation')
		views.changed('connection')
		for (const state of logs.all()) withDoor(idToText(state.id), (door) => door.moved())
	}

	function withDoor(id: ConversationId, work: (door: Awaited<ReturnType<typeof doorOf>> & object) => void): void {
		doorOf(id).then(
			(door) => (door === null ? undefined : work(door)),
			(error: unknown) => failed('peers', error),
		)
	}

	const doorOf = async (id: ConversationId) => (await conversations.get(id)?.peerDoor()) ?? null

	const meet = (link: PeerLink): PeerSession =>
		createPeerSession(
			{
				...{ context, isOnline, door: doorOf, isFilling },
				shared: (account) =>
					logs
						.all()
						.filter((state) => mayShare(account, state))
						.map(({ id }) => idToText(id)),
				mayShare: (account, id) => {
					const state = logs.known(id)
					return state !== null && mayShare(account, state)
				},
				hasRoom: ({ peer }, id) => reachOf(id).some((one) => one.peer.device === peer.device),
				ready: (session) => {
					sessions.add(session)
					nearby.proven(session.peer)
				},
				named: () => {
					changed()
					seekers.forEach((look) => look())
					fillers.forEach((one) => one.changed())
				},
				ended: (session) => {
					if (!sessions.delete(session)) return
					changed()
					seekers.forEach((look) => look())
					fillers.forEach((one) => one.changed())
					// There may be room for another.
					for (const { moved } of sessions) moved()
				},
				taken: (guid, places) => {
					parts.taken(places.map((place) => eventKey({ ...guidToPage(guid), ...place })))
					views.changed('conversation', guidToPage(guid).conversation)
					views.changed('chats')
					views.changed('connection')
				},
			},
			link,
		)

	const links = createPeerLinks({
		...{ transport, timers, random: crypto.random, send: connection.send, isAllowed, ways: ways.now },
		self: { account: self.account, device: self.device },
		opened: meet,
	})
	const nearby = createNearby(context, { transport, meet, hasEnded })

	function sources(want: WantedBlob, changed: () => void): BlobSources {
		const asked = new Map<PeerSession, PeerSource>()
		function look(): void {
			for (const session of asked.keys()) if (!sessions.has(session)) asked.delete(session)
			for (const session of reachOf(want.conversation))
				if (!asked.has(session)) asked.set(session, session.blobs.source(want, changed))
			changed()
		}
		look()
		seekers.add(look)
		return {
			now: () => [...asked.values()],
			leave: () => {
				seekers.delete(look)
				for (const { leave } of asked.values()) leave()
			},
		}
	}

	const isFilling = (conversation: ConversationId) => [...fillers].some((one) => one.conversation === conversation)

	/** Not ended, besides this one. */
	const hasOtherDevices = () =>
		[...(accounts.known(self.account)?.devices ?? [])].some(
			([device, { ended }]) => device !== self.device && ended === null,
		)

	function pages(conversation: ConversationId, changed: () => void): PageSources {
		const one = { conversation, changed }
		fillers.add(one)
		const own = () => reachOf(conversation).filter(({ peer }) => peer.account === self.account)
		return {
			now: () =>
				own().map(({ peer, askPage, bar }) => ({
					device: peer.device,
					ask: (head: PageHead) => askPage(conversation, head),
					bar,
				})),
			mayCome: () => privacy.now().direct && hasOtherDevices(),
			leave: () => {
				fillers.delete(one)
				for (const { filled } of sessions) filled(conversation)
			},
		}
	}

	function heard(message: HubFromServer): void {
		if (message.t === 'welcome') {
			called.clear()
			fellows.welcomed()
			void ways.refresh().then(callAll)
		}
		if (message.t === 'signal') links.heard(message, message.signal)
		if (message.t === 'presence') {
			if (message.whole) present.clear()
			for (const { account, state } of message.people) {
				if (state === 'online' || state === 'away') present.add(account)
				else present.delete(account)
			}
		}
		callAll()
	}

	const isCalled = (account: AccountId) =>
		privacy.now().direct &&
		ways.now() !== null &&
		(account === self.account || (present.has(account) && isFamiliar(account)) || fellows.all().has(account))

	/** Whoever is here and may be reached, once for each time that this becomes so. */
	function callAll(): void {
		for (const account of called) if (!isCalled(account)) called.delete(account)
		if (!isOnline()) return
		fellows.tell()
		for (const account of [self.account, ...present, ...fellows.all()]) {
			if (called.has(account) || !isCalled(account)) continue
			called.add(account)
			links.call(account)
		}
	}

	function recheck(): void {
		fellows.changed()
		links.recheck()
		nearby.recheck()
		if (isRelayed !== privacy.now().relayed) {
			isRelayed = !isRelayed
			links.reset()
			called.clear()
		}
		callAll()
	}

	const stop = [
		connection.listen({
			status: () => {
				for (const { moved } of sessions) moved()
				changed()
			},
		}),
		logs.onChange(() => {
			recheck()
			sessions.forEach(({ renew }) => renew())
		}),
		friends.onChange(recheck),
		accounts.onChange(recheck),
		keepReceivedNowAndThen(context),
		entries.onChange(() => {
			recheck()
			sessions.forEach(({ renew }) => renew())
		}),
	]

	return {
		reach: (conversation) => reachOf(conversation).length,
		count: () => devicesOf(sessions).length,
		news: (rows, from) => {
			for (const [conversation, here] of Map.groupBy(rows.filter(isSaid), (row) => row.conversation))
				for (const session of reachOf(conversation))
					if (session.peer.device !== from && (!isOnline() || session.isAlone())) session.tell(conversation, here)
		},
		sources,
		pages,
		nearby,
		holds: (blob) => sessions.forEach(({ blobs }) => blobs.moved(blob)),
		heard,
		close: () => {
			for (const end of stop) end()
			ways.close()
			nearby.close()
			links.close()
		},
	}
}

/**
 * Where there are too many: those who stand next in the ring of all device ids, on either side. Both ends choose alike where they see
 * the same devices, and nobody is left out, as who comes last would be.
 */
function neighbours(self: DeviceId, all: readonly PeerSession[]): readonly PeerSession[] {
	if (all.length <= PEERS_PER_CONVERSATION) return all
	const sorted = all.toSorted((a, b) => (a.peer.device < b.peer.device ? -1 : 1))
	const at = sorted.findIndex(({ peer }) => peer.device > self)
	const ring = at < 0 ? sorted : [...sorted.slice(at), ...sorted.slice(0, at)]
	return [...ring.slice(0, PEERS_PER_CONVERSATION / 2), ...ring.slice(-PEERS_PER_CONVERSATION / 2)]
}
