/** What a proven client asks over the hub. Who may hear a page is asked before it is opened, and once more after. */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { parseGuid, type PageAddress } from '#protocol/guid.ts'
import { textToId } from '#protocol/ids.ts'
import { checkPage } from '#server/domain/events/api.ts'
import type { LiveMessage } from './connection-state.ts'
import type { Connection } from './connection.ts'
import { pageFrame } from './frames.ts'
import { isForGuests } from './guests.ts'
import { passOn } from './peer-signals.ts'
import { expel, noLongerPresent } from './presence.ts'
import type { SyncNode } from './node.ts'
import type { Channel, Listener } from './rooms.ts'

export async function answerHub(connection: Connection, message: LiveMessage): Promise<void> {
	if (connection.isGuest && !isForGuests(message)) return connection.tell({ t: 'error', code: 'forbidden' })
	switch (message.t) {
		case 'open':
			return open(connection, message.guid)
		case 'close':
			return close(connection, message.guid)
		case 'follow':
			return follow(connection, message.conversation)
		case 'unfollow':
			return unfollow(connection, message.conversation)
		case 'marker':
			return marker(connection, message)
		case 'stream':
			return stream(connection, message)
		case 'presence':
			return connection.node.presence.said(connection, message.away)
		case 'online':
			return online(connection, message)
		case 'fellows':
			connection.fellowGroups = new Set(message.conversations)
			return
		case 'signal':
			return passOn(connection, message)
		case 'rooms':
			return message.watch ? connection.node.directory.watch(connection) : connection.node.directory.unwatch(connection)
	}
}

/** A member hears his conversations, a guest the open rooms. */
async function mayHear({ node, account, isGuest }: Connection, conversation: Bytes): Promise<boolean> {
	if (isGuest) return node.domain.guests.mayRead(conversation)
	const state = await node.domain.conversationStates.get(conversation)
	return state?.members.has(account) === true
}

/** A guest is not told whether there is such a conversation. */
function noHearing({ isGuest }: Connection): 'not-member' | 'not-found' {
	return isGuest ? 'not-found' : 'not-member'
}

/** Asked again when the connection is listed: an entry that removed it meanwhile is not missed. */
async function stays(connection: Connection, conversation: Bytes): Promise<boolean> {
	if (!connection.isLive) return false
	if (await mayHear(connection, conversation)) return connection.isLive
	const room = connection.node.rooms.room(bytesToBase64url(conversation))
	if (room !== null) expel(connection.node, connection, { room, code: noHearing(connection) })
	return false
}

async function open(connection: Connection, guid: string): Promise<void> {
	const { domain, rooms } = connection.node
	const address = parseGuid(guid)
	if (address === null) return connection.tell({ t: 'closed', guid, code: 'not-found' })
	const { conversation } = address
	if (!(await mayHear(connection, conversation)))
		return connection.tell({ t: 'closed', guid, code: noHearing(connection) })
	const open = checkPage(address, await domain.pages.summary(conversation))
	if (!open.ok) return connection.tell({ t: 'closed', guid, code: open.error.type })
	if (!connection.isLive) return
	const channel = rooms.open(connection, address)
	connection.conversations.add(channel.room.key)
	// In the same breath as the listing: a frame of the page may be the next thing sent.
	connection.tell({ t: 'opened', guid, channel: channel.number })
	if (await stays(connection, conversation)) await greet({ node: connection.node, listener: connection }, channel)
}

/** What opens a page's conversation: the server's state vector, and who is here. */
export async function greet(
	{ node, listener }: { node: SyncNode; listener: Listener },
	channel: Channel,
): Promise<void> {
	const { number, address, awareness } = channel
	const vector = await node.domain.pages.stateVector(address)
	listener.hear(pageFrame(number, { type: 'step1', vector }))
	const states = listener.isGuest ? [] : (awareness?.states() ?? [])
	if (states.length > 0) listener.hear(pageFrame(number, { type: 'awareness', states }))
}

function close(connection: Connection, guid: string): void {
	const channel = connection.node.rooms.close(connection, guid)
	if (channel === null) return
	noLongerPresent(connection.node, [channel], connection)
	forgetConversation(connection, channel.room.key)
}

function forgetConversation(connection: Connection, conversation: string): void {
	const room = connection.node.rooms.room(conversation)
	const heard = room !== null && connection.node.rooms.listeners(room).has(connection)
	if (!heard) connection.conversations.delete(conversation)
}

async function follow(connection: Connection, key: string): Promise<void> {
	const { domain, rooms } = connection.node
	const conversation = textToId('conversation', key)
	const refused = { t: 'error', code: noHearing(connection), about: key } as const
	if (conversation === null || !(await mayHear(connection, conversation))) return connection.tell(refused)
	const { current } = await domain.pages.summary(conversation)
	if (!connection.isLive) return
	const channel = rooms.follow(connection, { conversation, page: current, part: 0 })
	// The room's own text, which all its followers share.
	connection.conversations.add(channel.room.key)
	tellFollowing(connection, channel)
	for (const other of channel.room.channels.values()) {
		if (other.announced && other !== channel) connection.tell({ t: 'opened', guid: other.guid, channel: other.number })
	}
	if (!(await stays(connection, conversation))) return
	await greet({ node: connection.node, listener: connection }, channel)
	// The page may have turned between the question and the listing.
	const { current: now } = await domain.pages.summary(conversation)
	if (now !== current) tellFollowing(connection, rooms.follow(connection, { conversation, page: now, part: 0 }))
}

export function tellFollowing(connection: Pick<Connection, 'tell'>, { guid, number, address, room }: Channel): void {
	connection.tell({ t: 'following', conversation: room.key, current: address.page, guid, channel: number })
}

function unfollow(connection: Connection, key: string): void {
	const room = connection.node.rooms.unfollow(connection, key)
	if (room === null) return
	noLongerPresent(connection.node, room.channels.values(), connection)
	forgetConversation(connection, key)
}

async function marker(connection: Connection, message: { conversation: string; marker: string }): Promise<void> {
	const conversation = textToId('conversation', message.conversation)
	const bytes = base64urlToBytes(message.marker)
	if (conversation === null || bytes === null) {
		return connection.tell({ t: 'error', code: 'malformed', about: message.conversation })
	}
	// Not awaited: markers of several conversations go into one transaction.
	const stored = connection.node.domain.markers.put(connection.uploader, conversation, bytes)
	stored.then(
		(outcome) => {
			if (!outcome.ok) connection.tell({ t: 'error', code: outcome.error.type, about: message.conversation })
		},
		(error: unknown) => connection.fail(error),
	)
}

async function stream(connection: Connection, { guid, clientId }: { guid: string; clientId: number }): Promise<void> {
	const address: PageAddress | null = parseGuid(guid)
	if (address === null) return connection.tell({ t: 'error', code: 'not-found', about: guid })
	const end = await connection.node.domain.pages.streamEnd(connection.uploader, address, clientId)
	if (!end.ok) return connection.tell({ t: 'error', code: end.error.type, about: guid })
	const { next, lastEventId } = end.value
	connection.tell({ t: 'stream', guid, clientId, next, lastEventId: lastEventId && bytesToBase64url(lastEventId) })
}

async function online(
	connection: Connection,
	{ conversation, watch }: { conversation: string; watch: boolean },
): Promise<void> {
	const { roomPresence } = connection.node
	if (watch) return roomPresence.watch(connection, conversation)
	roomPresence.unwatch(connection, conversation)
}
