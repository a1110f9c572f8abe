/** Tickets for stock clients over HTTP. */
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, textOf } from './request-context.ts'

export const syncHandlers = {
	ticketNonce: api.sync.ticketNonce.handler(async ({ context }) => ({
		serverNonce: textOf(valueOf(await context.domain.tickets.nonce(await accessOf(context)))),
	})),
	createTicket: api.sync.createTicket.handler(async ({ input, context }) => {
		const wish = {
			guid: input.guid,
			clientNonce: bytesOf(input.clientNonce, 32),
			serverNonce: bytesOf(input.serverNonce, 32),
			signature: bytesOf(input.signature, 64),
		}
		const { ticket, expiresAt, serverNonce } = valueOf(await context.domain.tickets.give(await accessOf(context), wish))
		return { ticket: textOf(ticket), expiresAt, serverNonce: textOf(serverNonce) }
	}),
}
