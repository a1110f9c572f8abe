/** Finding people, requests, friends, blocks. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { accountId, emailAddress, name, none, position, seq, time, base64url } from './schemas.ts'

/** incoming and outgoing are pending requests; blocked is the blocker's own: nobody else is told. */
const friendState = z.enum(['incoming', 'outgoing', 'accepted', 'declined', 'cancelled', 'ended', 'blocked'])
/** A signed step of friendship.ts. */
const friendStep = base64url(1024)

export const friendsContract = {
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
