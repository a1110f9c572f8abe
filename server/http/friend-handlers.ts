/** People and friends over HTTP. */
import type { Bytes } from '#protocol/bytes.ts'
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, idOf, textOf } from './request-context.ts'

const friends = api.friends

export const friendHandlers = {
	resolve: friends.resolve.handler(async ({ input, context }) => {
		const account = valueOf(await context.domain.friends.resolve(await accessOf(context), input.name))
		return { account: textOf(account) }
	}),
	list: friends.list.handler(async ({ input, context }) => {
		const query = { since: input.since ?? 0, state: input.state ?? null }
		const { items, gone, version, whole } = await context.domain.friends.list(await accessOf(context), query)
		const form = items.map(({ account, request, accept, closing, profile, ...item }) => ({
			...{ ...item, account: textOf(account), request: textOrNull(request) },
			...{ accept: textOrNull(accept), closing: textOrNull(closing), profile: textOrNull(profile) },
		}))
		return { friends: form, gone: gone.map(textOf), version, whole }
	}),
	request: friends.request.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.friends.request(access, idOf('account', input.account), bytesOf(input.request)))
		return { state: 'outgoing' as const }
	}),
	inviteByEmail: friends.inviteByEmail.handler(async ({ input, context }) => {
		valueOf(await context.domain.friends.inviteByEmail(await accessOf(context), input.address))
		return {}
	}),
	accept: friends.accept.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.friends.accept(access, idOf('account', input.account), bytesOf(input.accept)))
		return {}
	}),
	decline: friends.decline.handler(async ({ input, context }) => {
		valueOf(await context.domain.friends.decline(await accessOf(context), idOf('account', input.account)))
		return {}
	}),
	cancel: friends.cancel.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.friends.cancel(access, idOf('account', input.account), bytesOf(input.cancel)))
		return {}
	}),
	end: friends.end.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.friends.end(access, idOf('account', input.account), bytesOf(input.end)))
		return {}
	}),
	block: friends.block.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const step = input.step === null ? null : bytesOf(input.step)
		valueOf(await context.domain.friends.block(access, idOf('account', input.account), step))
		return {}
	}),
	unblock: friends.unblock.handler(async ({ input, context }) => {
		valueOf(await context.domain.friends.unblock(await accessOf(context), idOf('account', input.account)))
		return {}
	}),
}

function textOrNull(bytes: Bytes | null): string | null {
	return bytes === null ? null : textOf(bytes)
}
