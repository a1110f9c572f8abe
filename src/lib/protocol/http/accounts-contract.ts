/** The own account: log, devices, vault, profile, settings, e-mail address, sessions. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { ACCOUNTS_ASKED_MAX } from '../limits.ts'
import {
	accountBundle,
	accountId,
	deviceId,
	emailAddress,
	kemKey,
	log,
	name,
	none,
	position,
	seq,
	session,
	signedEntry,
	time,
	transport,
	vault,
	vkBox,
	base64url,
} from './schemas.ts'

const publicAccount = z.object({
	name,
	/** A program, and no person. */
	bot: z.optional(z.boolean()),
	log,
	ak: z.object({ g: seq, key: kemKey }),
	profile: z.nullable(base64url(1024)),
})

/** `SignedAccountEntry` of account-entry.ts. */
const accountEntry = base64url(66 * 1024)

export const accountsContract = {
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
		.output(publicAccount),
	/** For who meets a room of hundreds: one after the other they would be as many round trips. */
	logs: oc
		.route({
			method: 'POST',
			path: '/accounts/logs',
			summary: 'Whole account logs of up to 100 whom you may see; of others nothing',
		})
		.input(z.object({ accounts: z.array(accountId).check(z.maxLength(ACCOUNTS_ASKED_MAX)) }))
		.output(z.object({ accounts: z.array(z.extend(publicAccount, { account: accountId })) })),
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
	iceServers: oc
		.route({
			method: 'GET',
			path: '/account/ice-servers',
			summary:
				'STUN and TURN servers by which devices reach each other, with a name and password that hold for a while',
		})
		.output(
			z.object({
				servers: z.array(
					z.object({
						urls: z.array(z.string()),
						username: z.nullable(z.string()),
						credential: z.nullable(z.string()),
					}),
				),
				until: time,
			}),
		),
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
