/** Signals of the cluster → frames for those whom they concern, and nobody else. Each frame is built once. */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { parseGuid, type PageAddress } from '#protocol/guid.ts'
import type { HubFromServer } from '#protocol/hub.ts'
import { padConversationId } from '#protocol/ids.ts'
import { endFor } from '#protocol/conversation-lookups.ts'
import type { Signals } from '#server/domain/signals.ts'
import type { Connection } from './connection.ts'
import { hubFrame, itemsFrame, pageFrame } from './frames.ts'
import { cutGuests, guestsIn } from './guests.ts'
import { tellFollowing } from './hub-requests.ts'
import type { SyncNode } from './node.ts'
import { expel, partFriends } from './presence.ts'
import type { Channel, Room } from './rooms.ts'

/** The answer stops listening. */
export function listenToSignals(node: SyncNode): () => void {
	const { cluster, log } = node.domain
	const later = (work: Promise<void>): void => {
		work.catch((error: unknown) => log.error('push-failed', { error }))
	}
	const subscriptions = [
		cluster.subscribe('events-stored', (signal) => eventsStored(node, signal)),
		cluster.subscribe('page-opened', (signal) => pageOpened(node, signal)),
		cluster.subscribe('session-ended', ({ sid, code }) => {
			for (const connection of node.live.inSession(sid)) connection.dispatch({ type: 'ended', code })
			for (const client of node.stock.inSession(sid)) client.end(code)
		}),
		cluster.subscribe('friends-changed', ({ accounts }) => {
			tellAccounts(node, accounts, { t: 'friends' })
			later(partFriends(node, accounts))
		}),
		cluster.subscribe('entries-changed', ({ account }) => tellAccounts(node, [account], { t: 'entries' })),
		cluster.subscribe('marker', ({ members, ...marker }) => tellAccounts(node, members, { t: 'marker', ...marker })),
		cluster.subscribe('conversation-log', (signal) => {
			expelStrangers(node, signal)
			later(cutGuests(node, signal.conversation).then(() => conversationLog(node, signal)))
		}),
		cluster.subscribe('room-listed', ({ conversation }) => later(cutGuests(node, conversation))),
		cluster.subscribe('conversation-boxes', (signal) => later(boxesMoved(node, signal))),
		cluster.subscribe('account-log', (signal) => later(accountLog(node, signal))),
	]
	return () => subscriptions.forEach((unsubscribe) => unsubscribe())
}

function tellAccounts(node: SyncNode, accounts: readonly string[], message: HubFromServer): void {
	const connections = accounts.flatMap((account) => node.live.of(account)).filter(({ isLive }) => isLive)
	if (connections.length === 0) return
	const bytes = hubFrame(message)
	for (const connection of connections) connection.send(bytes)
}

/** Announced to followers before the first frame, whatever page it is. */
export function announced(node: SyncNode, room: Room, address: PageAddress): Channel {
	const { channel, isNew, withdrawn } = node.rooms.announce(room, address)
	for (const gone of withdrawn) tellFollowers(gone, { t: 'closed', guid: gone.guid })
	if (isNew) tellFollowers(channel, { t: 'opened', guid: channel.guid, channel: channel.number })
	return channel
}

/** Whoever opened the page by name knows its number, and keeps it. */
function tellFollowers({ room, openers }: Channel, message: HubFromServer): void {
	const bytes = hubFrame(message)
	for (const follower of room.followers) if (!openers.has(follower)) follower.send(bytes)
}

function eventsStored(node: SyncNode, { conversation, guid, items, origin }: Signals['events-stored']): void {
	const room = node.rooms.room(conversation)
	const address = parseGuid(guid)
	if (room === null || address === null) return
	const channel = room.followers.size > 0 ? announced(node, room, address) : room.channels.get(guid)
	if (channel === undefined) return
	const frame = itemsFrame(channel.number, 'update', items)
	let heard = 0
	for (const listener of node.rooms.audience(channel)) {
		if (listener.id === origin) continue
		listener.hear(frame)
		heard++
	}
	node.domain.meter.delivered(heard * items.length)
}

/** Followers get the channel of the next page now, with an empty state vector: what they have for it, they may send. */
function pageOpened(node: SyncNode, { conversation, page }: Signals['page-opened']): void {
	const room = node.rooms.room(conversation)
	const id = base64urlToBytes(conversation)
	if (room === null || id === null || room.followers.size === 0) return
	const { channel } = node.rooms.announce(room, { conversation: id, page, part: 0 })
	const step1 = pageFrame(channel.number, { type: 'step1', vector: new Map() })
	for (const follower of room.followers) {
		tellFollowing(follower as Connection, channel)
		follower.hear(step1)
	}
}

function expelStrangers(node: SyncNode, { conversation, members }: Signals['conversation-log']): void {
	const room = node.rooms.room(conversation)
	if (room === null) return
	const stay = new Set(members)
	for (const listener of node.rooms.listeners(room)) {
		if (!listener.isGuest && !stay.has(listener.account)) expel(node, listener, { room, code: 'not-member' })
	}
}

async function conversationLog(
	node: SyncNode,
	{ conversation, from, members, parted }: Signals['conversation-log'],
): Promise<void> {
	const guests = guestsIn(node, conversation)
	const isHeard = guests.length > 0 || [...members, ...parted].some((account) => node.live.of(account).length > 0)
	if (!isHeard) return
	const { repositories, conversationStates, instance } = node.domain
	const id = base64urlToBytes(conversation) as Bytes
	const state = await conversationStates.get(id)
	if (state === null) return
	const stored = await repositories.conversations.entries(id, from)
	const entries = stored.slice(0, Math.max(0, state.head.seq + 1 - from)).map(bytesToBase64url)
	const head = bytesToBase64url(instance.signHead({ subject: padConversationId(id), ...state.head }))
	const grown = { t: 'conversation', conversation, from, entries, head } as const
	tellAccounts(node, members, grown)
	const bytes = hubFrame(grown)
	for (const guest of guests) guest.send(bytes)
	for (const account of parted) {
		const end = endFor(state, base64urlToBytes(account) as Bytes)
		const last = bytesToBase64url(instance.signHead({ subject: padConversationId(id), ...end }))
		const told = entries.slice(0, Math.max(0, end.seq + 1 - from))
		tellAccounts(node, [account], { t: 'conversation', conversation, from, entries: told, head: last })
	}
}

/** A push without entries: the log stands where it stood, what lies beside it has changed. */
async function boxesMoved(node: SyncNode, { conversation, accounts }: Signals['conversation-boxes']): Promise<void> {
	const { conversationStates, instance } = node.domain
	const id = base64urlToBytes(conversation) as Bytes
	const state = await conversationStates.get(id)
	if (state === null) return
	const head = bytesToBase64url(instance.signHead({ subject: padConversationId(id), ...state.head }))
	tellAccounts(node, accounts, { t: 'conversation', conversation, from: state.head.seq + 1, entries: [], head })
}

async function accountLog(node: SyncNode, { account, from }: Signals['account-log']): Promise<void> {
	const { repositories, accountStates, friends, instance } = node.domain
	const id = base64urlToBytes(account) as Bytes
	const state = await accountStates.get(id)
	if (state === null) return
	endDevices(node, account, (device) => state.devices.get(device)?.ended !== null)
	const audience = (await friends.audienceOf(id)).filter((reader) => node.live.of(reader).length > 0)
	if (audience.length === 0) return
	const stored = await repositories.accountLogs.entries(id, from)
	const entries = stored.slice(0, Math.max(0, state.head.seq + 1 - from)).map(bytesToBase64url)
	const head = bytesToBase64url(instance.signHead({ subject: id, ...state.head }))
	tellAccounts(node, audience, { t: 'account', account, from, entries, head })
}

/** Whatever became of its session: a device that the log ends is not served. */
function endDevices(node: SyncNode, account: string, isEnded: (device: string) => boolean): void {
	for (const connection of node.live.of(account)) {
		if (isEnded(connection.device)) connection.dispatch({ type: 'ended', code: 'device-ended' })
	}
	for (const client of node.stock.of(account)) if (isEnded(client.device)) client.end('device-ended')
}
