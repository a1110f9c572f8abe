/** Invitations, and what this server is, over HTTP. */
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, textOf } from './request-context.ts'

const invites = api.invites

export const inviteHandlers = {
	create: invites.create.handler(async ({ input, context }) =>
		valueOf(await context.domain.invites.create(await accessOf(context), input)),
	),
	list: invites.list.handler(async ({ context }) => {
		const { invites: rows, left } = await context.domain.invites.list(await accessOf(context))
		const open = rows.map(({ id, usesLeft, expiresAt, createdAt }) => ({ id, usesLeft, expiresAt, createdAt }))
		return { invites: open, left }
	}),
	revoke: invites.revoke.handler(async ({ input, context }) => {
		valueOf(await context.domain.invites.revoke(await accessOf(context), input.id))
		return {}
	}),
}

export const instanceHandlers = {
	get: api.instance.get.handler(async ({ context: { domain } }) => ({
		name: domain.policy.name,
		version: domain.policy.version,
		serverKey: textOf(domain.instance.serverKey),
		instanceEpoch: textOf(domain.instance.epoch),
		rooms: domain.policy.rooms,
		signUp: (await domain.accounts.isSetUp()) ? domain.policy.signUp : ('setup' as const),
		stretching: domain.policy.stretching,
		serverTime: domain.clock(),
		mail: domain.mailer !== null,
		guests: domain.policy.guests,
		relay: domain.iceServers.isRelayed,
		fileMax: domain.policy.fileMax,
	})),
}
