/** Bots over HTTP. */
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, textOf } from './request-context.ts'

const { bots } = api

export const botHandlers = {
	create: bots.create.handler(async ({ input, context }) =>
		valueOf(await context.domain.bots.create(await accessOf(context), input)),
	),
	list: bots.list.handler(async ({ context }) => {
		const rows = await context.domain.bots.list(await accessOf(context))
		return {
			bots: rows.map(({ id, name, scopes, createdAt, account }) => ({
				...{ id, name, scopes: [...scopes], createdAt },
				account: account === null ? null : textOf(account),
			})),
		}
	}),
	end: bots.end.handler(async ({ input, context }) => {
		valueOf(await context.domain.bots.end(await accessOf(context), input.id))
		return {}
	}),
	look: bots.look.handler(async ({ input, context }) => {
		const { owner, scopes, ...rest } = valueOf(await context.domain.bots.look(input.token, context.caller))
		return { ...rest, scopes: [...scopes], owner: textOf(owner) }
	}),
}
