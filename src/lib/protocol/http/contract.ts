/**
 * The HTTP contract, under /api/v1: typed handlers, the typed client and /api/v1/openapi.json all come from here.
 * Errors are Problem Details (RFC 9457) from errors.ts.
 */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { GUID_MAX } from '../limits.ts'
import { accountBoxes, linkBoxes, roomsContract } from './rooms-contract.ts'
import {
	accountBundle,
	accountId,
	base64url,
	bind,
	box,
	conversationId,
	cutList,
	deviceId,
	emailAddress,
	kemKey,
	log,
	name,
	nonce,
	position,
	seq,
	session,
	signature,
	signedEntry,
	signedHead,
	time,
	transport,
	vault,
	vkBox,
} from './schemas.ts'

const none = z.object({})
/** `SignedAccountEntry` of account-entry.ts. */
const accountEntry = base64url(66 * 1024)

/** Who may sign up with this: the one-time set-up link, an invite token, or anybody where sign-up is open. */
const grant = z.discriminatedUnion('type', [
	z.object({ type: z.literal('setup'), token: z.string().check(z.maxLength(64)) }),
	z.object({ type: z.literal('invite'), token: z.string().check(z.maxLength(64)) }),
	z.object({ type: z.literal('open') }),
])

const instanceContract = {
	get: oc.route({ method: 'GET', path: '/instance', summary: 'What this server is' }).output(
		z.object({
			name: z.string(),
			version: z.string(),
			serverKey: base64url(32),
			instanceEpoch: base64url(16),
			signUp: z.enum(['setup', 'invite', 'open']),
			/** OPAQUE key stretching (argon2id); memory in KiB. */
			stretching: z.object({ version: z.int(), iterations: z.int(), memory: z.int(), parallelism: z.int() }),
			serverTime: time,
			/** Can it send e-mail? Else addresses are not taken. Servers of 0.1.0 do not say, and cannot. */
			mail: z.optional(z.boolean()),
		}),
	),
}

const authContract = {
	checkSignUp: oc
		.route({
			method: 'POST',
			path: '/auth/registration/check',
			summary: 'Would this name, grant and e-mail address be taken?',
		})
		.input(z.object({ name, grant, email: z.optional(emailAddress) }))
		.output(none),
	startRegistration: oc
		.route({ method: 'POST', path: '/auth/registration/start', summary: 'Start of OPAQUE registration' })
		.input(z.object({ name, grant, registrationRequest: z.string().check(z.maxLength(4096)) }))
		.output(z.object({ registrationId: z.string(), registrationResponse: z.string() })),
	finishRegistration: oc
		.route({
			method: 'POST',
			path: '/auth/registration/finish',
			summary: 'Creates account, vault, boxes and first session in one transaction',
		})
		.input(
			z.object({
				registrationId: z.string().check(z.maxLength(64)),
				registrationRecord: z.string().check(z.maxLength(4096)),
				create: signedEntry,
				/** X-Wing keys that stand in the create body as hashes: AK_0, methods, first device. */
				kemKeys: z.array(kemKey).check(z.maxLength(8)),
				binds: z.array(bind).check(z.maxLength(8)),
				vault,
				vkBoxes: z.array(vkBox).check(z.maxLength(32)),
				profile: base64url(1024),
				/** Gets a confirmation, once the account is there. */
				email: z.optional(emailAddress),
				transport,
			}),
		)
		.output(session),
	startLogin: oc
		.route({ method: 'POST', path: '/auth/login/start', summary: 'Start of OPAQUE sign-in' })
		.input(z.object({ name, startLoginRequest: z.string().check(z.maxLength(4096)) }))
		.output(z.object({ loginId: z.string(), loginResponse: z.string() })),
	/** methodToken: 5 minutes, proves an unlock method; opens a session or certifies a device, nothing else. */
	finishLogin: oc
		.route({ method: 'POST', path: '/auth/login/finish', summary: 'End of OPAQUE sign-in' })
		.input(
			z.object({ loginId: z.string().check(z.maxLength(64)), finishLoginRequest: z.string().check(z.maxLength(4096)) }),
		)
		.output(z.object({ methodToken: z.string(), serverNonce: nonce, bundle: accountBundle })),
	startRecovery: oc
		.route({ method: 'POST', path: '/auth/recovery/start', summary: 'Start of sign-in by recovery code' })
		.input(z.object({ name }))
		.output(z.object({ recoveryId: z.string(), account: accountId, serverNonce: nonce })),
	/** signature: the method key over auth use 4. */
	finishRecovery: oc
		.route({ method: 'POST', path: '/auth/recovery/finish', summary: 'End of sign-in by recovery code' })
		.input(
			z.object({
				recoveryId: z.string().check(z.maxLength(64)),
				methodKey: base64url(32),
				clientNonce: nonce,
				signature,
			}),
		)
		.output(z.object({ methodToken: z.string(), serverNonce: nonce, bundle: accountBundle })),
	/** For a device that is certified already; signature: the device over auth use 2 with sid of 16 zero bytes and the serverNonce given with the methodToken. */
	openSession: oc
		.route({ method: 'POST', path: '/auth/sessions', summary: 'A session for a certified device', successStatus: 201 })
		.input(z.object({ methodToken: z.string(), deviceId, clientNonce: nonce, signature, transport }))
		.output(session),
	/** signature: the device over auth use 2 with the refreshNonce given with the answer before. */
	refresh: oc
		.route({ method: 'POST', path: '/auth/refresh', summary: 'A new access token for a single-use refresh token' })
		.input(
			z.object({
				refreshToken: z.optional(z.string().check(z.maxLength(256))),
				deviceId,
				clientNonce: nonce,
				signature,
				transport,
			}),
		)
		.output(session),
	signOut: oc
		.route({ method: 'POST', path: '/auth/sign-out', summary: 'Ends this session and its refresh tokens' })
		.input(none)
		.output(none),
}

const accountsContract = {
	me: oc
		.route({ method: 'GET', path: '/account', summary: 'The own account, to open the vault on this device' })
		.output(accountBundle),
	log: oc
		.route({
			method: 'GET',
			path: '/accounts/{account}/log',
			summary: 'Account log of yourself, a friend, a requester or a fellow member',
		})
		.input(z.object({ account: accountId, from: z.optional(position) }))
		.output(z.object({ name, log, ak: z.object({ g: seq, key: kemKey }), profile: z.nullable(base64url(1024)) })),
	addDevice: oc
		.route({
			method: 'POST',
			path: '/account/devices',
			summary: 'Certifies a new device and opens its session',
			successStatus: 201,
		})
		.input(z.object({ methodToken: z.string(), entry: signedEntry, kemKey, vkBox, transport }))
		.output(session),
	retireDevice: oc
		.route({
			method: 'POST',
			path: '/account/devices/retire',
			summary: 'Retires the device that signs, and ends its sessions',
		})
		.input(z.object({ entry: signedEntry }))
		.output(none),
	/** X-Wing keys that the log names by hash: of methods and live devices, to box a new VK to each. */
	kemKeys: oc
		.route({ method: 'GET', path: '/account/kem-keys', summary: 'Public keys of the own methods and devices' })
		.output(z.object({ keys: z.array(kemKey) })),
	/** The entry is signed by an unlock method; kemKey is the new AK; one box of the new VK for each method and device that stays. */
	revokeDevices: oc
		.route({
			method: 'POST',
			path: '/account/devices/revoke',
			summary: 'Revokes devices: new account key, new vault key, and their sessions end at once',
		})
		.input(z.object({ entry: signedEntry, kemKey, vault, vkBoxes: z.array(vkBox).check(z.maxLength(32)) }))
		.output(none),
	putVault: oc
		.route({ method: 'PUT', path: '/account/vault', summary: 'A new vault version; refused when another came first' })
		.input(z.object({ vault }))
		.output(none),
	putProfile: oc
		.route({ method: 'PUT', path: '/account/profile', summary: 'The signed profile: name shown' })
		.input(z.object({ profile: base64url(1024) }))
		.output(none),
	/** Account entries (SPEC ENT): settings and the like, sealed by the account's own devices for each other. */
	entries: oc
		.route({
			method: 'GET',
			path: '/account/entries',
			summary: 'Sealed settings: all, or what changed since a version',
		})
		.input(z.object({ since: z.optional(position) }))
		.output(z.object({ entries: z.array(accountEntry), version: seq, more: z.boolean() })),
	putEntry: oc
		.route({ method: 'PUT', path: '/account/entries', summary: 'One sealed setting; the newest under its name stays' })
		.input(z.object({ entry: accountEntry }))
		.output(none),
	presence: oc
		.route({ method: 'GET', path: '/account/presence', summary: 'May friends see whether you are here?' })
		.output(z.object({ shown: z.boolean() })),
	setPresence: oc
		.route({
			method: 'PUT',
			path: '/account/presence',
			summary: 'Lets friends see whether you are here, or not; who is not seen sees nobody',
		})
		.input(z.object({ shown: z.boolean() }))
		.output(none),
	email: oc
		.route({
			method: 'GET',
			path: '/account/email',
			summary: 'The own e-mail address, and the one that waits to be confirmed',
		})
		.output(z.object({ address: z.nullable(z.string()), pending: z.nullable(z.string()) })),
	/** Nothing in the answer tells whether somebody else has the address. */
	setEmail: oc
		.route({ method: 'PUT', path: '/account/email', summary: 'Sends a confirmation to an address; null forgets both' })
		.input(z.object({ address: z.nullable(emailAddress) }))
		.output(none),
	confirmEmail: oc
		.route({
			method: 'POST',
			path: '/account/email/confirm',
			summary: 'The token of the link in a confirmation, once, by the account that asked for it',
		})
		.input(z.object({ token: z.string().check(z.maxLength(64)) }))
		.output(none),
	sessions: oc.route({ method: 'GET', path: '/account/sessions', summary: 'Live sessions, one per device' }).output(
		z.object({
			sessions: z.array(
				z.object({ sid: z.string(), deviceId, createdAt: time, lastUsedAt: time, current: z.boolean() }),
			),
		}),
	),
	endSession: oc
		.route({ method: 'DELETE', path: '/account/sessions/{sid}', summary: 'Ends a session at once, open sockets too' })
		.input(z.object({ sid: z.string().check(z.maxLength(64)) }))
		.output(none),
}

/** incoming and outgoing are pending requests; blocked is the blocker's own: nobody else is told. */
const friendState = z.enum(['incoming', 'outgoing', 'accepted', 'declined', 'cancelled', 'ended', 'blocked'])
/** A signed step of friendship.ts. */
const friendStep = base64url(1024)

const friendsContract = {
	resolve: oc
		.route({ method: 'POST', path: '/people/resolve', summary: 'The account that has exactly this name' })
		.input(z.object({ name }))
		.output(z.object({ account: accountId })),
	list: oc
		.route({
			method: 'GET',
			path: '/friends',
			summary: 'Friends, requests and blocked people: all, those in one state, or what changed since a version',
		})
		.input(z.object({ state: z.optional(friendState), since: z.optional(position) }))
		.output(
			z.object({
				friends: z.array(
					z.object({
						account: accountId,
						name,
						state: friendState,
						/** When the state began. */
						since: time,
						/** Null where somebody is blocked with whom there never was anything. */
						request: z.nullable(friendStep),
						/** Null until accepted. */
						accept: z.nullable(friendStep),
						/** What withdrew the request or ended the friendship. */
						closing: z.nullable(friendStep),
						profile: z.nullable(base64url(1024)),
					}),
				),
				/** Changed since, and not in the answer any more. */
				gone: z.array(accountId),
				/** For `since` next time. */
				version: seq,
				/** This is everything, and not only what changed: also where the server knows less than `since`. */
				whole: z.boolean(),
			}),
		),
	request: oc
		.route({ method: 'POST', path: '/friends/requests', summary: 'Asks somebody to be friends', successStatus: 201 })
		.input(z.object({ account: accountId, request: friendStep }))
		.output(z.object({ state: friendState })),
	/** The answer is one and the same, whether an account has confirmed this address or none has. */
	inviteByEmail: oc
		.route({
			method: 'POST',
			path: '/friends/email-invitations',
			summary: 'Sends an invitation to who has confirmed this address here, if anybody has',
		})
		.input(z.object({ address: emailAddress }))
		.output(none),
	accept: oc
		.route({ method: 'POST', path: '/friends/{account}/accept', summary: 'Accepts a pending request' })
		.input(z.object({ account: accountId, accept: friendStep }))
		.output(none),
	decline: oc
		.route({ method: 'POST', path: '/friends/{account}/decline', summary: 'Declines a pending request' })
		.input(z.object({ account: accountId }))
		.output(none),
	cancel: oc
		.route({ method: 'POST', path: '/friends/{account}/cancel', summary: 'Withdraws the own pending request' })
		.input(z.object({ account: accountId, cancel: friendStep }))
		.output(none),
	end: oc
		.route({ method: 'POST', path: '/friends/{account}/end', summary: 'Ends a friendship; either of the two may' })
		.input(z.object({ account: accountId, end: friendStep }))
		.output(none),
	/** step: signed end of the friendship, or withdrawal of the own request, where there is one. */
	block: oc
		.route({ method: 'PUT', path: '/friends/{account}/block', summary: 'Blocks somebody, who is not told' })
		.input(z.object({ account: accountId, step: z.nullable(friendStep) }))
		.output(none),
	unblock: oc
		.route({ method: 'DELETE', path: '/friends/{account}/block', summary: 'Unblocks somebody' })
		.input(z.object({ account: accountId }))
		.output(none),
}

const pageHead = z.object({ page: seq, part: seq, version: seq, posts: seq, digest: base64url(16) })

const conversationsContract = {
	list: oc
		.route({ method: 'GET', path: '/conversations', summary: 'Conversations of this account, newest activity first' })
		.output(
			z.object({
				conversations: z.array(
					z.object({ conversation: conversationId, headSeq: seq, recv: seq, current: seq, lastAt: time }),
				),
			}),
		),
	create: oc
		.route({
			method: 'POST',
			path: '/conversations',
			summary: 'Creates a conversation: create, rotate and boxes in one transaction',
			successStatus: 201,
		})
		.input(
			z.object({
				create: signedEntry,
				rotate: signedEntry,
				boxes: accountBoxes,
			}),
		)
		.output(z.object({ conversation: conversationId, head: signedHead })),
	log: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/log',
			summary: 'Log of a conversation, and the boxes for this account',
		})
		.input(z.object({ conversation: conversationId, from: z.optional(position) }))
		.output(
			z.object({
				log,
				boxes: z.array(z.object({ epoch: seq, g: seq, box })),
				/** Lists that cut entries name by hash (cut.ts). */
				cutLists: z.array(cutList),
				/** X-Wing keys of links. Servers of 0.1.0 know none, and no missing boxes. */
				linkKeys: z.optional(z.array(z.object({ link: base64url(16), key: kemKey }))),
				/** Members who wait for a box. */
				missing: z.optional(z.array(z.object({ account: accountId, epoch: seq }))),
			}),
		),
	append: oc
		.route({
			method: 'POST',
			path: '/conversations/{conversation}/log',
			summary: 'Appends one entry, with boxes where it rotates',
		})
		.input(
			z.object({
				conversation: conversationId,
				entry: signedEntry,
				boxes: accountBoxes,
				/** One for each live link, with an entry that makes an epoch; with a link the one for it. */
				linkBoxes: z.optional(linkBoxes),
				/** With an entry that ends a right to write, and with nothing else: the list that it names by hash. */
				cutList: z.optional(cutList),
				/** With a link, and with nothing else: the X-Wing key whose hash it names. */
				linkKey: z.optional(kemKey),
			}),
		)
		.output(z.object({ head: signedHead })),
	heads: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/heads',
			summary: 'Pages with their digests, changed since a version',
		})
		.input(z.object({ conversation: conversationId, since: z.optional(position) }))
		.output(z.object({ version: seq, current: seq, recv: seq, pages: z.array(pageHead) })),
	/** update: a Yjs v1 update with every row of the page; recv: one recvSeq per item in its order. */
	rows: oc
		.route({
			method: 'GET',
			path: '/conversations/{conversation}/pages/{page}/{part}',
			summary: 'All rows of a page, where digests differ',
		})
		.input(z.object({ conversation: conversationId, page: position, part: position }))
		.output(z.object({ update: base64url(4 * 1024 * 1024), recv: z.array(seq) })),
	markers: oc
		.route({ method: 'GET', path: '/conversations/{conversation}/markers', summary: 'Newest markers of every member' })
		.input(z.object({ conversation: conversationId }))
		.output(z.object({ markers: z.array(z.object({ account: accountId, marker: base64url(1024) })) })),
}

const reportsContract = {
	/** Only a bad signature (SPEC RPT2) is taken yet. */
	send: oc
		.route({ method: 'POST', path: '/reports', summary: 'A signed report: an item whose signature does not verify' })
		.input(z.object({ report: base64url(1024) }))
		.output(none),
}

const invitesContract = {
	create: oc
		.route({ method: 'POST', path: '/invites', summary: 'A new invite token (admins)', successStatus: 201 })
		.input(
			z.object({
				uses: z.int().check(z.minimum(1), z.maximum(1000)),
				days: z.int().check(z.minimum(1), z.maximum(365)),
			}),
		)
		.output(z.object({ id: z.string(), token: z.string(), expiresAt: time })),
	list: oc
		.route({ method: 'GET', path: '/invites', summary: 'Open invites (admins)' })
		.output(
			z.object({ invites: z.array(z.object({ id: z.string(), usesLeft: seq, expiresAt: time, createdAt: time })) }),
		),
	revoke: oc
		.route({ method: 'DELETE', path: '/invites/{id}', summary: 'Revokes an invite (admins)' })
		.input(z.object({ id: z.string().check(z.maxLength(64)) }))
		.output(none),
}

const syncContract = {
	ticketNonce: oc
		.route({
			method: 'POST',
			path: '/sync/tickets/nonce',
			summary: 'The server nonce that a ticket is signed over: for this session, once, for ten minutes',
		})
		.output(z.object({ serverNonce: nonce })),
	/** signature: the device over auth use 3 with both nonces. The answer holds the serverNonce of the next ticket. */
	createTicket: oc
		.route({
			method: 'POST',
			path: '/sync/tickets',
			summary: 'A ticket for one connection of a stock y-websocket client to one page',
			description:
				'For a WebsocketProvider at `/sync/<guid>`, as its one subprotocol `kith.ticket.<ticket>`. Good once, for 30 seconds, ' +
				'for this account, device, session and page, and only while session, device and membership last.',
			successStatus: 201,
		})
		.input(
			z.object({
				guid: z.string().check(z.maxLength(GUID_MAX)),
				clientNonce: nonce,
				serverNonce: nonce,
				signature,
			}),
		)
		.output(z.object({ ticket: base64url(32), expiresAt: time, serverNonce: nonce })),
}

export const contract = {
	instance: instanceContract,
	auth: authContract,
	accounts: accountsContract,
	friends: friendsContract,
	conversations: conversationsContract,
	rooms: roomsContract,
	invites: invitesContract,
	sync: syncContract,
	reports: reportsContract,
}
export type Contract = typeof contract
