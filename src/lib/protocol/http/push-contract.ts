/** Web push: where a device can be woken. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { base64url, conversationId, none, time } from './schemas.ts'

/** As a browser's PushSubscription says it: `p256dh` and `auth` of RFC 8291. */
const target = {
	endpoint: z.string().check(z.maxLength(1024)),
	p256dh: base64url(65),
	auth: base64url(16),
}

export const pushContract = {
	get: oc
		.route({ method: 'GET', path: '/account/push', summary: 'The key to subscribe for, and whether this device has' })
		.output(z.object({ key: base64url(65), subscribed: z.boolean() })),
	/** quiet: conversations that do not wake this device, until a time or (null) for ever. */
	subscribe: oc
		.route({
			method: 'PUT',
			path: '/account/push',
			summary: 'Says where this device can be woken, in the place of what it said before',
		})
		.input(
			z.object({
				...target,
				quiet: z.array(z.object({ conversation: conversationId, until: z.nullable(time) })).check(z.maxLength(2000)),
			}),
		)
		.output(none),
	unsubscribe: oc
		.route({ method: 'DELETE', path: '/account/push', summary: 'This device is woken no more' })
		.output(none),
	/** was: what was told before. Who knows its `auth` is that browser, or this server. An answer says nothing of whether it was known. */
	renew: oc
		.route({
			method: 'POST',
			path: '/push/renewals',
			summary: 'Says where a browser can be woken from now on that has renewed its subscription by itself',
		})
		.input(z.object({ was: z.object({ endpoint: target.endpoint, auth: target.auth }), now: z.object(target) }))
		.output(none),
	/** sent: the push service took it · gone, refused: subscribe anew · away: it does not answer this server now. */
	test: oc
		.route({ method: 'POST', path: '/account/push/test', summary: 'Wakes this device now, to try it' })
		.output(z.object({ outcome: z.enum(['sent', 'gone', 'refused', 'away']) })),
}
