/**
 * Channel 0 of the multiplexed socket (SPEC WIRE): JSON messages, each with a shape.
 * Bytes are canonical base64url. Nothing here is secret from the server; nothing here is message content.
 *
 * client: hello → server: challenge → client: auth → server: welcome, then everything else in any order.
 */
import { isWireErrorCode, type WireErrorCode } from './errors.ts'
import {
	base64url,
	boolean,
	count,
	list,
	nullable,
	object,
	oneOf,
	strict,
	tagged,
	text,
	type Read,
	type Shape,
} from './json-shapes.ts'
import { PEER_GROUPS_MAX, PEER_SIGNAL_MAX } from './limits.ts'

const guid = text(64)
const accessToken = text(2048)
const code: Shape<WireErrorCode> = (value) => (typeof value === 'string' && isWireErrorCode(value) ? value : undefined)

const conversation = base64url(16)
const account = base64url(32)
const eventId = base64url(16)

/** Signed log head as in head.ts, at most 200 bytes. */
const signedHead = base64url(256)
const entry = base64url(512 * 1024)
/** As long as a frame at most. */
const anyText = text(Infinity)

export const hubFromClient = tagged('t', {
	hello: object({ v: oneOf(1), clientNonce: base64url(32) }),
	/** signature: purpose auth, use 1 (socket), over the body in auth.ts with both nonces. */
	auth: object({ accessToken, signature: base64url(64) }),
	/** A new access token for the same sid, before the old one expires. */
	token: object({ accessToken }),
	/** Opens the channel of one page. */
	open: object({ guid }),
	close: object({ guid }),
	/** Opens the channel of the current page, and of each next one before its first frame. */
	follow: object({ conversation }),
	unfollow: object({ conversation }),
	/** Read or delivered marker: the signed bytes of marker.ts. */
	marker: object({ conversation, marker: base64url(1024) }),
	/** Asks which item the server holds last in a stream (own streams, at first contact after a start). */
	stream: object({ guid, clientId: count }),
	/** Does somebody look here now? The first is answered with the presence of all friends, and changes follow. */
	presence: strict({ away: boolean }),
	/** Who is online in a group or room of ours: answered, and told again when it changes, until it is watched no more. */
	online: strict({ conversation, watch: boolean }),
	/** Has the directory of open rooms changed? Answered, and told again when it does, until it is watched no more. */
	rooms: strict({ watch: boolean }),
	/** Groups in which this device may be reached directly by members who are no friends: all of them, each time. */
	fellows: strict({ conversations: list(conversation, PEER_GROUPS_MAX) }),
	/** For another device of ours, of a friend or of a fellow member, or for all of the account: passed on as it is, kept nowhere (peer-signals.ts). */
	signal: strict({ account, device: nullable(base64url(16)), signal: base64url(PEER_SIGNAL_MAX) }),
})
export type HubFromClient = Read<typeof hubFromClient>

const place = { guid, clientId: count, clock: count }
/** recv: recvSeq of the stored row. */
const placed = { ...place, eventId, recv: count, at: count }

const ack = tagged('verdict', {
	accept: object(placed),
	have: object(placed),
	/** The first place is where the event counts. */
	duplicate: object({ ...placed, first: object({ ...place, recv: count }) }),
	hold: object({ ...place, code, retryAfter: count }),
	refuse: object({ ...place, code }),
})
export type Ack = Read<typeof ack>

const friend = strict({
	account,
	state: oneOf('online', 'away', 'offline', 'hidden'),
	lastSeen: nullable(count),
})

export const hubFromServer = tagged('t', {
	challenge: object({
		serverNonce: base64url(32),
		serverKey: base64url(32),
		instanceEpoch: base64url(16),
		time: count,
	}),
	welcome: object({ time: count }),
	/** The channel numbers are the node's: one per guid for all connections. */
	opened: object({ guid, channel: count }),
	closed: object({ guid }, { code }),
	/** current: page that takes posts now. */
	following: object({ conversation, current: count, guid, channel: count }),
	acks: object({ acks: list(ack) }),
	stream: object({ guid, clientId: count, next: count, lastEventId: nullable(eventId) }),
	/** A conversation's log grew, or a conversation appeared (seq 0 and 1 come together). */
	conversation: object({ conversation, from: count, entries: list(entry), head: signedHead }),
	/** An account's log grew: own, a friend's or a fellow member's. */
	account: object({ account, from: count, entries: list(entry), head: signedHead }),
	/** Something changed in the friend list: fetch it with `since`. */
	friends: object({}),
	/** Friends who let themselves be seen; `whole`: all of them. lastSeen: of who is offline, to the minute. hidden: nothing to know any more. */
	presence: strict({ whole: boolean, people: list(friend) }),
	/** Each person once. `people`: null where there are more than 50 members; `online`: null for who shows nothing himself. */
	online: strict({ conversation, online: nullable(strict({ count, people: nullable(list(account)) })) }),
	/** Something changed in the directory of open rooms: fetch it. */
	rooms: strict({}),
	/** Account entries changed, by another device of ours: fetch them with `since`. */
	entries: strict({}),
	marker: object({ conversation, account, marker: base64url(1024) }),
	/** From a device of ours, of a friend or of a fellow member. */
	signal: strict({ account, device: base64url(16), signal: base64url(PEER_SIGNAL_MAX) }),
	error: object({ code }, { about: anyText }),
})
export type HubFromServer = Read<typeof hubFromServer>
