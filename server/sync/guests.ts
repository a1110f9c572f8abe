/** Guests over the socket (SPEC GST5 to GST7): what they may ask, who of them follows a room, and the end of it. */
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import type { Connection } from './connection.ts'
import type { LiveMessage } from './connection-state.ts'
import type { SyncNode } from './node.ts'
import { expel } from './presence.ts'
import type { Follower } from './rooms.ts'

const asked: ReadonlySet<LiveMessage['t']> = new Set(['open', 'close', 'follow', 'unfollow'])

/** Markers, presence and streams are of accounts. */
export function isForGuests({ t }: LiveMessage): boolean {
	return asked.has(t)
}

/** Those who hear of the room's log. */
export function guestsIn(node: SyncNode, conversation: string): Follower[] {
	return [...(node.rooms.room(conversation)?.followers ?? [])].filter(({ isGuest }) => isGuest)
}

/** Where a room is not for guests any more, they hear nothing of it from now on. */
export async function cutGuests(node: SyncNode, conversation: string): Promise<void> {
	const room = node.rooms.room(conversation)
	const guests = room === null ? [] : [...node.rooms.listeners(room)].filter(({ isGuest }) => isGuest)
	if (room === null || guests.length === 0) return
	if (await node.domain.guests.mayRead(base64urlToBytes(conversation) as Bytes)) return
	for (const guest of guests) expel(node, guest, { room, code: 'not-found' })
}

/** Every 20 s: is his time over, and are the rooms that he follows still open? A link may have run out without a word. */
export function stillVisits({ node, sid, conversations }: Connection): boolean {
	for (const conversation of conversations) {
		cutGuests(node, conversation).catch((error: unknown) => node.domain.log.error('push-failed', { error }))
	}
	return node.domain.guests.heard(sid)
}
