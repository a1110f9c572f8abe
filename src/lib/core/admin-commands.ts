/** Commands of `KithApi` about the administration, each a call of the server's, and those about notices and reports. */
import { ok, fail, type Result } from '#protocol/result.ts'
import type { Api, CallError } from '#sync/http-client.ts'
import type { AdminCommands, KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import type { SignedIn } from './signed-in.ts'

export function adminCommands(signedIn: SignedIn): AdminCommands {
	const ask = <T>(call: (api: Api) => Promise<T>): Promise<Result<T, KithError>> =>
		signedIn(async ({ http }) => answered(await http.call(call)))
	const done = async (call: (api: Api) => Promise<unknown>): Promise<Result<null, KithError>> => {
		const answer = await ask(call)
		return answer.ok ? ok(null) : answer
	}
	return {
		openNotice: ({ account }) => signedIn(({ conversations }) => conversations.openNotice(account)),
		serverUsers: ({ search, after }) => ask((api) => api.admin.users({ search, ...(after === null ? {} : { after }) })),
		setUserDisabled: ({ account, disabled }) =>
			done((api) => (disabled ? api.admin.disable({ account }) : api.admin.enable({ account }))),
		setUserRole: ({ account, role }) => done((api) => api.admin.setRole({ account, role })),
		serverRooms: () => ask((api) => api.admin.rooms()),
		serverFigures: () => ask((api) => api.admin.figures()),
		serverAudit: ({ before }) => ask((api) => api.admin.audit(before === null ? {} : { before })),
		serverInvites: () => ask(async (api) => (await api.invites.list()).invites),
		revokeInvite: ({ id }) => done((api) => api.invites.revoke({ id })),
		previewReport: (about) => signedIn(async ({ reports }) => (await reports.open()).preview(about)),
		reportMessage: (wish) => signedIn(async ({ reports }) => (await reports.open()).send(wish)),
		reports: ({ conversation }) => signedIn(async ({ reports }) => (await reports.open()).list(conversation)),
		dismissReport: ({ conversation, id }) =>
			signedIn(async ({ reports }) => (await reports.open()).dismiss(conversation, id)),
	}
}

function answered<T>(answer: Result<T, CallError>): Result<T, KithError> {
	return answer.ok ? answer : fail(toKithError(answer.error))
}
