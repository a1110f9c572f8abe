/** What a guest may ask, over HTTP. */
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { bytesOf, guestOf, idOf, textOf } from './request-context.ts'
import { pieceForm } from './blob-handlers.ts'
import { headsForm, logForm, rowsForm } from './wire-forms.ts'

const guests = api.guests

export const guestHandlers = {
	enter: guests.enter.handler(async ({ input, context: { domain, caller } }) => {
		const visit = valueOf(await domain.guests.enter(bytesOf(input.signingKey, 32), caller))
		const { account, device, sid, accessToken, expiresAt } = visit
		const ids = { account: textOf(account), device: textOf(device), sid }
		return { ...ids, accessToken, expiresAt, serverTime: domain.clock() }
	}),
	leave: guests.leave.handler(async ({ context }) => {
		await context.domain.guests.leave((await guestOf(context)).sid)
		return {}
	}),
	rooms: guests.rooms.handler(async ({ context }) => {
		const rooms = valueOf(await context.domain.guests.rooms(await guestOf(context)))
		return { rooms: rooms.map(({ conversation, ...shown }) => ({ conversation: textOf(conversation), ...shown })) }
	}),
	log: guests.log.handler(async ({ input, context }) => {
		const conversation = idOf('conversation', input.conversation)
		const asked = await context.domain.guests.log(await guestOf(context), conversation, input.from ?? 0)
		const { log, cutLists, link } = valueOf(asked)
		return {
			log: logForm(log),
			cutLists: cutLists.map(textOf),
			link: { secret: textOf(link.secret), epoch: link.epoch, box: textOf(link.box) },
		}
	}),
	account: guests.account.handler(async ({ input, context }) => {
		const who = { conversation: idOf('conversation', input.conversation), account: idOf('account', input.account) }
		const asked = await context.domain.guests.account(await guestOf(context), { ...who, from: input.from ?? 0 })
		const { log, name, profile } = valueOf(asked)
		return { log: logForm(log), name, profile: profile === null ? null : textOf(profile) }
	}),
	heads: guests.heads.handler(async ({ input, context }) => {
		const conversation = idOf('conversation', input.conversation)
		return headsForm(valueOf(await context.domain.guests.heads(await guestOf(context), conversation, input.since ?? 0)))
	}),
	rows: guests.rows.handler(async ({ input, context }) => {
		const address = { conversation: idOf('conversation', input.conversation), page: input.page, part: input.part }
		return rowsForm(valueOf(await context.domain.guests.rows(await guestOf(context), address)))
	}),
	blob: guests.blob.handler(async ({ input: { params, query }, context }) => {
		const about = { conversation: idOf('conversation', params.conversation), blob: bytesOf(params.blob, 16) }
		const guest = await guestOf(context)
		return pieceForm(valueOf(await context.domain.guests.blob(guest, { ...about, from: query.from ?? 0 })))
	}),
}
