/** Every HTTP request of the one port: headers first, then health and the API's documentation, then the web app, or the API alone where there is none. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Api } from './api.ts'
import { eventsPath, type EventStreams } from './event-streams.ts'
import { sendResponse, toRequest } from './node-bridge.ts'
import { problemResponse } from './problem.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { isSwagger, swaggerResponse } from './swagger.ts'

/** As adapter-node's handler: calls `next` for what it does not have. */
export type WebHandler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

export interface RequestListener {
	readonly handle: (request: IncomingMessage, response: ServerResponse) => void
	mountWeb(handler: WebHandler): void
	/** From now on not ready: a balancer sends nobody here any more. */
	stop(): void
}

interface ListenerParts {
	readonly api: Api
	/** What is written as it comes. */
	readonly eventStreams: EventStreams
	readonly isHttps: boolean
	/** Rejects when the database cannot be written. */
	readonly checkReady: () => Promise<void>
	/** What Prometheus reads; it answers null to whoever may not. Null: there is none. */
	readonly metrics: ((authorization: string | undefined) => Promise<string | null>) | null
}

export function createRequestListener({
	api,
	eventStreams,
	isHttps,
	checkReady,
	metrics,
}: ListenerParts): RequestListener {
	let web: WebHandler | null = null
	let stopping = false

	const readiness = async (): Promise<Response> => {
		if (stopping) return problemResponse('stopping')
		const ready = await checkReady().then(
			() => true,
			() => false,
		)
		return ready ? text('ready') : problemResponse('internal')
	}

	const metricsFor = async (request: IncomingMessage): Promise<Response> => {
		if (metrics === null || !isRead(request)) return problemResponse('not-found')
		const written = await metrics(request.headers.authorization)
		return written === null ? problemResponse('unauthenticated') : text(written, 'text/plain; version=0.0.4')
	}

	const answer = async (request: IncomingMessage, path: string): Promise<Response> => {
		if (path === '/healthz') return text('alive')
		if (path === '/readyz') return readiness()
		if (path === '/metrics') return metricsFor(request)
		if (isSwagger(path)) {
			const found = isRead(request) ? await swaggerResponse(path, request.headers['accept-encoding']) : null
			return found ?? problemResponse('not-found')
		}
		if (!path.startsWith('/api/')) return problemResponse('not-found')
		return api(toRequest(request), request.socket.remoteAddress ?? '')
	}

	const respond = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
		if (path === eventsPath && request.method === 'GET')
			return eventStreams.handle(request, response).catch(() => sendResponse(problemResponse('internal'), response))
		const answered = await answer(request, path).catch(() => problemResponse('internal'))
		// What was not read would be taken for the next request.
		if (!request.complete) response.setHeader('connection', 'close')
		await sendResponse(answered, response)
	}

	return {
		handle: (request, response) => {
			const path = (request.url ?? '/').split('?', 1)[0] as string
			setSecurityHeaders(response, { path, isHttps })
			// SvelteKit asks for the protocol by this header (see config.ts); what a client says there is overwritten.
			request.headers[protocolHeader] = isHttps ? 'https' : 'http'
			if (web === null || isServedHere(path)) void respond(request, response, path)
			else web(request, response, () => void respond(request, response, path))
		},
		mountWeb: (handler) => {
			web = handler
		},
		stop: () => {
			stopping = true
			eventStreams.close()
		},
	}
}

/** By the server itself, whether there is a web app or not. */
export function isServedHere(path: string): boolean {
	return path === '/healthz' || path === '/readyz' || path === '/metrics' || path === eventsPath || isSwagger(path)
}

function isRead({ method }: IncomingMessage): boolean {
	return method === 'GET' || method === 'HEAD'
}

export const protocolHeader = 'x-kith-protocol'

function text(body: string, type = 'text/plain'): Response {
	return new Response(body, { headers: { 'content-type': type, 'cache-control': 'no-store' } })
}
