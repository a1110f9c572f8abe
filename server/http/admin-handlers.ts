/** The administration of the instance over HTTP. */
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, idOf, textOf } from './request-context.ts'

const admin = api.admin
/** Accounts of a page where the request does not say. */
const pageOfUsers = 50
/** The same of acts. */
const pageOfActs = 50

export const adminHandlers = {
	users: admin.users.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const { search = '', after = '', limit = pageOfUsers } = input
		const { users, total, next } = valueOf(await context.domain.administration.users(access, { search, after, limit }))
		return { users: users.map(({ account, ...person }) => ({ account: textOf(account), ...person })), total, next }
	}),
	disable: admin.disable.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.administration.disable(access, idOf('account', input.account)))
		return {}
	}),
	enable: admin.enable.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.administration.enable(access, idOf('account', input.account)))
		return {}
	}),
	setRole: admin.setRole.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.administration.setRole(access, idOf('account', input.account), input.role))
		return {}
	}),
	rooms: admin.rooms.handler(async ({ context }) => {
		const found = valueOf(await context.domain.administration.rooms(await accessOf(context)))
		const open = found.open.map(({ conversation, ...room }) => ({ conversation: textOf(conversation), ...room }))
		return { open, private: found.private }
	}),
	figures: admin.figures.handler(async ({ context }) =>
		valueOf(await context.domain.administration.figures(await accessOf(context))),
	),
	audit: admin.audit.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const { before = null, limit = pageOfActs } = input
		const { entries, next } = valueOf(await context.domain.administration.audit(access, { before, limit }))
		const written = entries.map(({ by, subject, ...entry }) => ({
			...entry,
			by: by === null ? null : textOf(by),
			subject: subject === null ? null : textOf(subject),
		}))
		return { entries: written, next }
	}),
	reports: admin.reports.handler(async ({ context }) => {
		const rows = valueOf(await context.domain.administration.reports(await accessOf(context)))
		return { reports: rows.map(({ id, at, report }) => ({ id: textOf(id), at, report: textOf(report) })) }
	}),
	dismissReport: admin.dismissReport.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		valueOf(await context.domain.administration.dismissReport(access, bytesOf(input.id, 16)))
		return {}
	}),
}
