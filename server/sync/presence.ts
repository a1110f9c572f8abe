/** Leaving: pages, conversations, or everything; those who stay hear that an awareness clientID is gone. */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { AwarenessState } from '#protocol/page-messages.ts'
import { pageFrame, type PageFrame } from './frames.ts'
import type { SyncNode } from './node.ts'
import type { Channel, Listener, Room } from './rooms.ts'

/** Who is here, told to all who hear the channel but one, and to no guest. */
export function broadcast(
	{ rooms }: SyncNode,
	channel: Channel,
	{ frame, except }: { readonly frame: PageFrame; readonly except: Listener | null },
): void {
	for (const listener of rooms.audience(channel)) if (listener !== except && !listener.isGuest) listener.hear(frame)
}

/** What a device says here is heard on the other nodes (elsewhere.ts). */
export function tellElsewhere(
	{ domain, name }: SyncNode,
	{ guid, room }: Channel,
	{ device, states }: { readonly device: string; readonly states: readonly AwarenessState[] },
): void {
	domain.cluster.publish('awareness', { node: name, device, conversation: room.key, guid, states })
}

/** Whoever no longer hears a page is not present in it. */
export function noLongerPresent(node: SyncNode, channels: Iterable<Channel>, listener: Listener): void {
	for (const channel of channels) {
		if (channel.awareness === null || node.rooms.hears(listener, channel)) continue
		leaveChannel(node, channel, listener)
	}
}

function leaveChannel(node: SyncNode, channel: Channel, listener: Listener): void {
	const states = channel.awareness?.leave(listener) ?? []
	if (states.length === 0) return
	broadcast(node, channel, { frame: pageFrame(channel.number, { type: 'awareness', states }), except: listener })
	tellElsewhere(node, channel, { device: listener.device, states })
}

/** Two who are friends no longer are not present to each other any more, in pages that are open. */
export async function partFriends(node: SyncNode, accounts: readonly string[]): Promise<void> {
	const { conversationStates, friendships } = node.domain
	const connections = accounts.flatMap((account) => node.live.of(account))
	for (const key of new Set(connections.flatMap(({ conversations }) => [...conversations]))) {
		const state = await conversationStates.get(base64urlToBytes(key) as Bytes)
		if (state === null || (await friendships.standing(state)).friends) continue
		const room = node.rooms.room(key)
		for (const channel of room?.channels.values() ?? []) {
			for (const listener of node.rooms.audience(channel)) leaveChannel(node, channel, listener)
		}
	}
}

export function leaveAll(node: SyncNode, listener: Listener): void {
	for (const conversation of listener.conversations) {
		const room = node.rooms.room(conversation)
		if (room !== null) noLongerPresent(node, node.rooms.expel(listener, room), listener)
	}
	listener.conversations.clear()
}

/** Out of one conversation, and told why. */
export function expel(
	node: SyncNode,
	listener: Listener,
	{ room, code }: { readonly room: Room; readonly code: WireErrorCode },
): void {
	const heard = node.rooms.expel(listener, room)
	listener.conversations.delete(room.key)
	listener.expelled(heard, code)
	noLongerPresent(node, heard, listener)
}
