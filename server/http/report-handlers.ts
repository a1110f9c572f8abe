/** Signed reports over HTTP. */
import { boxesOf } from './conversation-handlers.ts'
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, idOf, textOf } from './request-context.ts'

export const reportHandlers = {
	send: api.reports.send.handler(async ({ input, context }) => {
		valueOf(await context.domain.reports.send(await accessOf(context), bytesOf(input.report)))
		return {}
	}),
	sendToAdmins: api.reports.sendToAdmins.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const conversation = idOf('conversation', input.conversation)
		const report = { conversation, sealed: bytesOf(input.sealed), boxes: boxesOf(input.boxes) }
		valueOf(await context.domain.reports.sendToAdmins(access, report))
		return {}
	}),
	list: api.reports.list.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const rows = valueOf(await context.domain.reports.sealedFor(access, idOf('conversation', input.conversation)))
		return {
			reports: rows.map(({ id, at, reporter, report, g, box }) => ({
				...{ id: textOf(id), at, reporter: textOf(reporter) },
				...{ sealed: textOf(report), g, box: textOf(box) },
			})),
		}
	}),
	dismiss: api.reports.dismiss.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const about = { conversation: idOf('conversation', input.conversation), id: bytesOf(input.id, 16) }
		valueOf(await context.domain.reports.dismiss(access, about))
		return {}
	}),
}
