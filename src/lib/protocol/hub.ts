/**
 * Channel 0 of the multiplexed socket (SPEC WIRE): JSON messages, each with a schema.
 * Bytes are canonical base64url. Nothing here is secret from the server; nothing here is message content.
 *
 * client: hello → server: challenge → client: auth → server: welcome, then everything else in any order.
 */
import * as z from 'zod/mini'
import { isWireErrorCode, type WireErrorCode } from './errors.ts'

const base64url = (maxBytes: number) =>
	z.string().check(z.maxLength(Math.ceil((maxBytes * 4) / 3)), z.regex(/^[A-Za-z0-9_-]*$/))
const safeInteger = z.int().check(z.nonnegative())
const guid = z.string().check(z.maxLength(64))
const code = z.string().check(z.refine((value) => isWireErrorCode(value))) as unknown as z.ZodMiniType<
	WireErrorCode,
	WireErrorCode
>

const conversation = base64url(16)
const account = base64url(32)

/** Signed log head as in head.ts, at most 200 bytes. */
const signedHead = base64url(256)
const entry = base64url(512 * 1024)

export const hubFromClient = z.discriminatedUnion('t', [
	z.object({ t: z.literal('hello'), v: z.literal(1), clientNonce: base64url(32) }),
	/** signature: purpose auth, use 1 (socket), over the body in auth.ts with both nonces. */
	z.object({ t: z.literal('auth'), accessToken: z.string().check(z.maxLength(2048)), signature: base64url(64) }),
	/** A new access token for the same sid, before the old one expires. */
	z.object({ t: z.literal('token'), accessToken: z.string().check(z.maxLength(2048)) }),
	/** Opens the channel of one page. */
	z.object({ t: z.literal('open'), guid }),
	z.object({ t: z.literal('close'), guid }),
	/** Opens the channel of the current page, and of each next one before its first frame. */
	z.object({ t: z.literal('follow'), conversation }),
	z.object({ t: z.literal('unfollow'), conversation }),
	/** Read or delivered marker: the signed bytes of marker.ts. */
	z.object({ t: z.literal('marker'), conversation, marker: base64url(1024) }),
	/** Asks which item the server holds last in a stream (own streams, at first contact after a start). */
	z.object({ t: z.literal('stream'), guid, clientId: safeInteger }),
	/** Does somebody look here now? The first is answered with the presence of all friends, and changes follow. */
	z.strictObject({ t: z.literal('presence'), away: z.boolean() }),
	/** Who is online in a group or room of ours: answered, and told again when it changes, until it is watched no more. */
	z.strictObject({ t: z.literal('online'), conversation, watch: z.boolean() }),
	/** Has the directory of open rooms changed? Answered, and told again when it does, until it is watched no more. */
	z.strictObject({ t: z.literal('rooms'), watch: z.boolean() }),
])
export type HubFromClient = z.infer<typeof hubFromClient>

export const ackSchema = z.discriminatedUnion('verdict', [
	/** recv: recvSeq of the stored row. For `duplicate` the first place is where the event counts. */
	z.object({
		verdict: z.literal('accept'),
		guid,
		clientId: safeInteger,
		clock: safeInteger,
		eventId: base64url(16),
		recv: safeInteger,
		at: safeInteger,
	}),
	z.object({
		verdict: z.literal('have'),
		guid,
		clientId: safeInteger,
		clock: safeInteger,
		eventId: base64url(16),
		recv: safeInteger,
		at: safeInteger,
	}),
	z.object({
		verdict: z.literal('duplicate'),
		guid,
		clientId: safeInteger,
		clock: safeInteger,
		eventId: base64url(16),
		recv: safeInteger,
		at: safeInteger,
		first: z.object({ guid, clientId: safeInteger, clock: safeInteger, recv: safeInteger }),
	}),
	z.object({
		verdict: z.literal('hold'),
		guid,
		clientId: safeInteger,
		clock: safeInteger,
		code,
		retryAfter: safeInteger,
	}),
	z.object({ verdict: z.literal('refuse'), guid, clientId: safeInteger, clock: safeInteger, code }),
])
export type Ack = z.infer<typeof ackSchema>

export const hubFromServer = z.discriminatedUnion('t', [
	z.object({
		t: z.literal('challenge'),
		serverNonce: base64url(32),
		serverKey: base64url(32),
		instanceEpoch: base64url(16),
		time: safeInteger,
	}),
	z.object({ t: z.literal('welcome'), time: safeInteger }),
	/** The channel numbers are the node's: one per guid for all connections. */
	z.object({ t: z.literal('opened'), guid, channel: safeInteger }),
	z.object({ t: z.literal('closed'), guid, code: z.optional(code) }),
	/** current: page that takes posts now. */
	z.object({ t: z.literal('following'), conversation, current: safeInteger, guid, channel: safeInteger }),
	z.object({ t: z.literal('acks'), acks: z.array(ackSchema) }),
	z.object({
		t: z.literal('stream'),
		guid,
		clientId: safeInteger,
		next: safeInteger,
		lastEventId: z.nullable(base64url(16)),
	}),
	/** A conversation's log grew, or a conversation appeared (seq 0 and 1 come together). */
	z.object({
		t: z.literal('conversation'),
		conversation,
		from: safeInteger,
		entries: z.array(entry),
		head: signedHead,
	}),
	/** An account's log grew: own, a friend's or a fellow member's. */
	z.object({ t: z.literal('account'), account, from: safeInteger, entries: z.array(entry), head: signedHead }),
	/** Something changed in the friend list: fetch it with `since`. */
	z.object({ t: z.literal('friends') }),
	/** Friends who let themselves be seen; `whole`: all of them. lastSeen: of who is offline, to the minute. hidden: nothing to know any more. */
	z.strictObject({
		t: z.literal('presence'),
		whole: z.boolean(),
		people: z.array(
			z.strictObject({
				account,
				state: z.enum(['online', 'away', 'offline', 'hidden']),
				lastSeen: z.nullable(safeInteger),
			}),
		),
	}),
	/** Each person once. `people`: null where there are more than 50 members; `online`: null for who shows nothing himself. */
	z.strictObject({
		t: z.literal('online'),
		conversation,
		online: z.nullable(z.strictObject({ count: safeInteger, people: z.nullable(z.array(account)) })),
	}),
	/** Something changed in the directory of open rooms: fetch it. */
	z.strictObject({ t: z.literal('rooms') }),
	/** Account entries changed, by another device of ours: fetch them with `since`. */
	z.strictObject({ t: z.literal('entries') }),
	z.object({ t: z.literal('marker'), conversation, account, marker: base64url(1024) }),
	z.object({ t: z.literal('error'), code, about: z.optional(z.string()) }),
])
export type HubFromServer = z.infer<typeof hubFromServer>
