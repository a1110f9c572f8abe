/** Signed reports over HTTP. */
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf } from './request-context.ts'

export const reportHandlers = {
	send: api.reports.send.handler(async ({ input, context }) => {
		valueOf(await context.domain.reports.send(await accessOf(context), bytesOf(input.report)))
		return {}
	}),
}
