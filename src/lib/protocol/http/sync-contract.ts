/** Tickets for stock y-websocket clients. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { GUID_MAX } from '../limits.ts'
import { base64url, nonce, signature, time } from './schemas.ts'

export const syncContract = {
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
