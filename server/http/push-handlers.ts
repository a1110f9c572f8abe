/** Web push over HTTP. */
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, idOf, textOf } from './request-context.ts'

const { push } = api

export const pushHandlers = {
	get: push.get.handler(async ({ context }) => {
		const subscribed = await context.domain.push.isSubscribed(await accessOf(context))
		return { key: textOf(context.domain.push.publicKey), subscribed }
	}),
	subscribe: push.subscribe.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const to = { endpoint: input.endpoint, key: bytesOf(input.p256dh), auth: bytesOf(input.auth) }
		const quiet = input.quiet.map(({ conversation, until }) => ({
			conversation: idOf('conversation', conversation),
			until,
		}))
		valueOf(await context.domain.push.subscribe(access, to, quiet))
		return {}
	}),
	renew: push.renew.handler(async ({ input: { was, now }, context: { domain, caller } }) => {
		const known = { endpoint: was.endpoint, auth: bytesOf(was.auth) }
		const to = { endpoint: now.endpoint, key: bytesOf(now.p256dh), auth: bytesOf(now.auth) }
		valueOf(await domain.push.renew(caller, known, to))
		return {}
	}),
	unsubscribe: push.unsubscribe.handler(async ({ context }) => {
		await context.domain.push.unsubscribe(await accessOf(context))
		return {}
	}),
	test: push.test.handler(async ({ context }) => ({
		outcome: valueOf(await context.domain.push.test(await accessOf(context))),
	})),
}
