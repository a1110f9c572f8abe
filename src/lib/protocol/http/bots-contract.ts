/** Bots: accounts of programs, made and ended by the people who own them. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { accountId, name, none, time } from './schemas.ts'

const scopes = z.array(z.enum(['read', 'write', 'manage'])).check(z.maxLength(3))

export const botsContract = {
	/** token: shown in this answer and never again; its program signs up with it, once. */
	create: oc
		.route({
			method: 'POST',
			path: '/bots',
			summary: 'Makes a bot of yours, and shows its token once',
			successStatus: 201,
		})
		.input(z.object({ name, scopes }))
		.output(z.object({ id: z.string(), token: z.string() })),
	list: oc.route({ method: 'GET', path: '/bots', summary: 'Your bots' }).output(
		z.object({
			bots: z.array(
				z.object({
					id: z.string(),
					name,
					scopes,
					createdAt: time,
					/** Null until its program has come with the token. */
					account: z.nullable(accountId),
				}),
			),
		}),
	),
	end: oc
		.route({
			method: 'DELETE',
			path: '/bots/{id}',
			summary: 'Ends a bot of yours: its sessions end at once, and for good',
		})
		.input(z.object({ id: z.string().check(z.maxLength(64)) }))
		.output(none),
	look: oc
		.route({
			method: 'POST',
			path: '/bots/look',
			summary: 'What a token is for that was not used yet, for the program',
		})
		.input(z.object({ token: z.string().check(z.maxLength(64)) }))
		.output(z.object({ name, scopes, owner: accountId, ownerName: name })),
}
