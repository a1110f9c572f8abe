/** Invite tokens of the instance. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { none, seq, time } from './schemas.ts'

export const invitesContract = {
	create: oc
		.route({
			method: 'POST',
			path: '/invites',
			summary: 'A new invite token (members: within their quota)',
			successStatus: 201,
		})
		.input(
			z.object({
				uses: z.int().check(z.minimum(1), z.maximum(1000)),
				days: z.int().check(z.minimum(1), z.maximum(365)),
			}),
		)
		.output(z.object({ id: z.string(), token: z.string(), expiresAt: time })),
	list: oc
		.route({ method: 'GET', path: '/invites', summary: 'Open invites: of everybody for admins, else the own' })
		.output(
			z.object({
				invites: z.array(z.object({ id: z.string(), usesLeft: seq, expiresAt: time, createdAt: time })),
				/** New people whom the account may still bring in; null: as many as it likes. */
				left: z.nullable(seq),
			}),
		),
	revoke: oc
		.route({ method: 'DELETE', path: '/invites/{id}', summary: 'Revokes an invite: an own one; of anybody for admins' })
		.input(z.object({ id: z.string().check(z.maxLength(64)) }))
		.output(none),
}
