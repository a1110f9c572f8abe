/**
 * The HTTP API: a Request in, a Response out, whatever server carries them. Origin, body size, then the contract's handler;
 * errors leave as Problem Details, and one log line says route, status and time.
 */
import { utf8ToBytes } from '#protocol/bytes.ts'
import { doctorHeaders } from '#protocol/http/doctor.ts'
import { OpenAPIHandler } from '@orpc/openapi/fetch'
import { ORPCError } from '@orpc/server'
import { isDoctorQuestion } from '../domain/doctor-question.ts'
import type { Domain } from '../domain/domain.ts'
import { accountHandlers } from './account-handlers.ts'
import { adminHandlers } from './admin-handlers.ts'
import { answerOnce } from './asked-once.ts'
import { authHandlers } from './auth-handlers.ts'
import { blobHandlers } from './blob-handlers.ts'
import { botHandlers } from './bot-handlers.ts'
import { bodyLimit, readBody } from './body-limit.ts'
import { conversationHandlers } from './conversation-handlers.ts'
import { isKnown, tagOf, withTag } from './entity-tags.ts'
import { friendHandlers } from './friend-handlers.ts'
import { guestHandlers } from './guest-handlers.ts'
import { api } from './implementer.ts'
import { instanceHandlers, inviteHandlers } from './invite-handlers.ts'
import { createLargeBodies } from './large-bodies.ts'
import { openApiDocument } from './openapi.ts'
import { callerIp, isAllowedOrigin } from './origin.ts'
import { codeOf, encodeProblem, problemResponse, problemType, setRetryAfter } from './problem.ts'
import { pushHandlers } from './push-handlers.ts'
import { reportHandlers } from './report-handlers.ts'
import { refreshCookieOf } from './refresh-cookie.ts'
import { roomHandlers } from './room-handlers.ts'
import { syncHandlers } from './sync-handlers.ts'
import { bearerOf, type RequestContext } from './request-context.ts'

export interface ApiOptions {
	/** The one origin whose pages may write; null: that of the request's own host. */
	readonly origin: string | null
	readonly proxyHops: number
}

/** `peer`: the address of the other end of the connection. */
export type Api = (request: Request, peer: string) => Promise<Response>

const prefix = '/api/v1'
/** Of a piece of a file (tus 1.0, PATCH). */
const pieceType = 'application/offset+octet-stream'
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD'])

const router = api.router({
	instance: instanceHandlers,
	auth: authHandlers,
	accounts: accountHandlers,
	friends: friendHandlers,
	conversations: conversationHandlers,
	blobs: blobHandlers,
	rooms: roomHandlers,
	guests: guestHandlers,
	invites: inviteHandlers,
	bots: botHandlers,
	push: pushHandlers,
	sync: syncHandlers,
	reports: reportHandlers,
	admin: adminHandlers,
})

export function createApi(domain: Domain, { origin, proxyHops }: ApiOptions): Api {
	const handler = createHandler(domain)
	const document = servedDocument(domain)
	const large = createLargeBodies()
	return async (request, peer) => {
		const { method, headers } = request
		const startedAt = performance.now()
		const context = contextOf(domain, headers, callerIp(peer, headers.get('x-forwarded-for'), proxyHops))
		const isSafe = safeMethods.has(method)
		const answer = async (): Promise<Response> => {
			const path = new URL(request.url).pathname
			if (path === `${prefix}/openapi.json`) return documentFor(headers, await document)
			if (!isSafe && !isAllowedOrigin(headers, origin)) return problemResponse('wrong-origin')
			const room = isSafe ? null : await large.enter(request, context)
			if (room?.ok === false) return problemResponse(room.error.type, room.error.retryAfterMs)
			const body = isSafe ? undefined : await readBody(request, bodyLimit(path)).finally(room?.value)
			if (body === null) return problemResponse('too-large')
			if (body !== undefined && !isExpected(body, headers)) return problemResponse('malformed')
			const whole = new Request(request.url, body === undefined ? { method, headers } : { method, headers, body })
			const handled = async () => {
				const answered = await handler.handle(whole, { prefix, context })
				return answered.matched ? answered.response : problemResponse('not-found')
			}
			if (body === undefined) return withTag(request, domain.hash, await handled())
			return answerOnce({ method, path, headers, body }, context, handled)
		}
		const response = finish(await answer(), context)
		const ms = performance.now() - startedAt
		domain.log.info('request', { method, route: context.route, status: response.status, ms })
		return response
	}
}

/** JSON, or the bytes of a piece: a form, which a page elsewhere may send without being asked, is nothing that we take. */
function isExpected(body: Uint8Array, headers: Headers): boolean {
	const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
	return body.length === 0 || type === 'application/json' || type === pieceType
}

/** The same for everybody, and 100 KB: whoever has it is told so. */
function documentFor(headers: Headers, { text, tag }: ServedDocument): Response {
	// Kept by caches, and asked for each time; answers to somebody are kept by nobody but who asked.
	const kept = { etag: tag, 'cache-control': 'no-cache' }
	if (isKnown(headers, tag)) return new Response(null, { status: 304, headers: kept })
	return new Response(text, { headers: { 'content-type': 'application/json', ...kept } })
}

interface ServedDocument {
	readonly text: string
	readonly tag: string
}

async function servedDocument({ policy, hash }: Domain): Promise<ServedDocument> {
	const text = JSON.stringify(await openApiDocument(policy))
	return { text, tag: tagOf(hash, utf8ToBytes(text)) }
}

function contextOf(domain: Domain, headers: Headers, ip: string): RequestContext {
	const tokens = { bearer: bearerOf(headers), refreshCookie: refreshCookieOf(headers) }
	const question = headers.get(doctorHeaders.question)
	const isDoctor = question !== null && isDoctorQuestion(domain.secrets.hmac, question, domain.clock())
	const answer = new Headers(isDoctor ? { [doctorHeaders.answer]: ip } : {})
	return { domain, caller: { ip }, ...tokens, answer, route: '-' }
}

function createHandler({ log }: Domain) {
	return new OpenAPIHandler(router, {
		customErrorResponseBodyEncoder: encodeProblem,
		clientInterceptors: [
			async ({ context, procedure, next }) => {
				const { method, path } = procedure['~orpc'].route
				context.route = `${method} ${path}`
				try {
					return await next()
				} catch (error) {
					note(log, context, error)
					throw error
				}
			},
		],
	})
}

/** Expected refusals are one code in one line; anything else is a bug and gets its stack. */
function note(log: Domain['log'], { route, answer }: RequestContext, error: unknown): void {
	if (!(error instanceof ORPCError)) return log.error('request failed', { route, error })
	const code = codeOf(error)
	setRetryAfter(answer, encodeProblem(error))
	if (code === 'internal') log.error('request failed', { route, error })
	else log.debug('request refused', { route, code })
}

function finish(response: Response, { answer }: RequestContext): Response {
	for (const [name, value] of answer) response.headers.append(name, value)
	if (response.status >= 400) response.headers.set('content-type', problemType)
	if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store')
	return response
}
