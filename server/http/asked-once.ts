/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): of the calls that make something, one with the same key is done once.
 * The header is a quoted string (RFC 9651), or the same without quotes. Elsewhere it is passed over: what those calls write has a name
 * of its own (api-guide.ts).
 */
import { bytesToUtf8, concatBytes, utf8ToBytes } from '#protocol/bytes.ts'
import { routes, type Route } from '#protocol/http/routes.ts'
import type { KeptAnswersApi } from '../domain/kept-answers.ts'
import { problemResponse } from './problem.ts'
import type { RequestContext } from './request-context.ts'

const { bots, conversations, friends, invites, reports } = routes

/** Their answers are small, and open no session. */
export const onceRoutes: readonly Route[] = [
	...[invites.create, bots.create, friends.request, friends.inviteByEmail],
	...[conversations.create, conversations.append, reports.send, reports.sendToAdmins],
]

const keyHeader = 'idempotency-key'

/** Short ones are guessed, and come twice by chance. */
const keyForm = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{16,64})"|([\w.:-]{16,64}))$/

interface OnceRequest {
	readonly method: string
	readonly path: string
	readonly headers: Headers
	readonly body: Uint8Array
}

const patterns = onceRoutes.map((route) => {
	const [method = '', template = ''] = route.split(' ')
	return { route, method, path: new RegExp(`^/api/v1${template.replace(/\{\w+\}/g, '[^/]+')}$`) }
})

/** `answer` answers the request; it is not called where it was before. */
export async function answerOnce(
	request: OnceRequest,
	context: RequestContext,
	answer: () => Promise<Response>,
): Promise<Response> {
	const { method, path, headers, body } = request
	const header = headers.get(keyHeader)
	const route = patterns.find((one) => one.method === method && one.path.test(path))?.route
	if (header === null || route === undefined) return answer()
	const { domain, bearer } = context
	const access = bearer === null ? null : await domain.sessions.verifyAccess(bearer)
	// Refused below, with its reason.
	if (access?.ok !== true) return answer()
	const match = keyForm.exec(header)
	const key = match?.[1] ?? match?.[2]
	if (key === undefined) return problemResponse('malformed')
	context.route = route
	const asked = { account: access.value.account, key, request: concatBytes(utf8ToBytes(`${method} ${path}\n`), body) }
	return firstOrKept(domain.keptAnswers, asked, answer)
}

async function firstOrKept(
	keptAnswers: KeptAnswersApi,
	asked: Parameters<KeptAnswersApi['begin']>[0],
	answer: () => Promise<Response>,
): Promise<Response> {
	const begun = await keptAnswers.begin(asked)
	if (!begun.ok) return problemResponse(begun.error.type, begun.error.retryAfterMs)
	if (begun.value.type === 'answered') return toResponse(bytesToUtf8(begun.value.answer))
	const { keep, letGo } = begun.value
	const response = await answer().catch(async (error: unknown) => {
		await letGo()
		throw error
	})
	if (response.ok) await keep(utf8ToBytes(await toText(response.clone())))
	else await letGo()
	return response
}

interface Kept {
	readonly status: number
	readonly body: string
}

async function toText(response: Response): Promise<string> {
	return JSON.stringify({ status: response.status, body: await response.text() } satisfies Kept)
}

function toResponse(text: string): Response {
	const { status, body } = JSON.parse(text) as Kept
	return new Response(body, { status, headers: { 'content-type': 'application/json' } })
}
