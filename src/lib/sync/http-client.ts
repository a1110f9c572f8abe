/**
 * The typed client of the HTTP contract. A call answers with a Result: the contract's output, or a code of the registry
 * (from Problem Details, RFC 9457), or `offline` where no answer came at all.
 */
import type { ContractRouterClient } from '@orpc/contract'
import type { Bytes } from '#protocol/bytes.ts'
import { isWireErrorCode, type WireErrorCode } from '#protocol/errors.ts'
import type { Contract } from '#protocol/http/contract.ts'
import { routes, type Route } from '#protocol/http/routes.ts'
import { fail, ok, type Result } from '#protocol/result.ts'

type Calls = ContractRouterClient<Contract>
/** What speaks by headers and bytes is asked by `transfer`. */
export type Api = Omit<Calls, 'blobs' | 'guests'> & {
	readonly blobs: Pick<Calls['blobs'], 'remove' | 'name'>
	readonly guests: Omit<Calls['guests'], 'blob'>
}

export type CallError =
	| { readonly type: 'offline' }
	| { readonly type: 'problem'; readonly code: WireErrorCode; readonly retryAfterMs?: number }

export interface HttpClient {
	/** One call: `http.call((api) => api.friends.list({}))`. */
	readonly call: <T>(ask: (api: Api) => Promise<T>) => Promise<Result<T, CallError>>
	/** One that carries bytes as they are. */
	readonly transfer: (transfer: Transfer) => Promise<Result<Transferred, CallError>>
}

export interface Transfer {
	readonly route: Route
	/** Of the path; of a GET the rest goes into the query. */
	readonly input: Readonly<Record<string, unknown>>
	readonly headers?: Readonly<Record<string, string>>
	readonly body?: Bytes | Blob
}

export interface Transferred {
	/** By its name in small letters. */
	readonly header: (name: string) => string | null
	readonly body: Bytes
}

export interface HttpRequest {
	readonly method: string
	readonly headers: Record<string, string>
	/** JSON, or bytes as they are. */
	readonly body?: string | Bytes | Blob
}

export interface HttpAnswer {
	readonly status: number
	readonly headers: { readonly get: (name: string) => string | null }
	readonly text: () => Promise<string>
	readonly arrayBuffer: () => Promise<ArrayBuffer>
}

/** The part of the runtime's `fetch` that is used; rejects where no answer came. */
export type Fetch = (url: string, request: HttpRequest) => Promise<HttpAnswer>

export interface HttpClientOptions {
	/** `https://host`, without a path. */
	readonly origin: string
	readonly fetch: Fetch
	/** Null: the call goes out without authorization. */
	readonly accessToken: () => Promise<string | null>
	/** Bytes of an answer, as they are read. */
	readonly received?: (bytes: number) => void
}

/** The server answered, and not with what was asked for. */
class ProblemAnswer extends Error {
	readonly body: string

	constructor(body: string) {
		super('the server refused')
		this.body = body
	}
}

/** Reads the extension members `code` and `retryAfterMs` of a problem; what is none (a proxy's page) counts as internal. */
function toCallError(error: unknown): CallError {
	if (!(error instanceof ProblemAnswer)) return { type: 'offline' }
	const { code, retryAfterMs } = readObject(error.body)
	const known = typeof code === 'string' && isWireErrorCode(code) ? code : 'internal'
	return { type: 'problem', code: known, ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}) }
}

function readObject(body: string): Readonly<Record<string, unknown>> {
	try {
		return (JSON.parse(body) as Readonly<Record<string, unknown>> | null) ?? {}
	} catch {
		return {}
	}
}

interface Target {
	readonly method: string
	readonly url: string
	/** What is neither in the path nor in the query. */
	readonly body: object | null
}

/** Input goes into the braces of the path first; the rest is query of a GET, JSON of the others. */
function targetOf(route: Route, base: string, input: Readonly<Record<string, unknown>>): Target {
	const [method = '', pattern = ''] = route.split(' ')
	const rest = { ...input }
	const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
		delete rest[name]
		return encodeURIComponent(String(input[name]))
	})
	const left = Object.entries(rest).filter(([, value]) => value !== undefined)
	const said = left.length > 0 || path === pattern
	if (method !== 'GET') return { method, url: base + path, body: said ? rest : null }
	const query = new URLSearchParams(Object.fromEntries(left.map(([name, value]) => [name, String(value)]))).toString()
	return { method, url: base + path + (query === '' ? '' : `?${query}`), body: null }
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
	const base = `${options.origin}/api/v1`

	async function ask(route: Route, input: Readonly<Record<string, unknown>>): Promise<unknown> {
		const { method, url, body } = targetOf(route, base, input)
		const token = await options.accessToken()
		const answer = await options.fetch(url, {
			method,
			headers: {
				...(token === null ? {} : { authorization: `Bearer ${token}` }),
				...(body === null ? {} : { 'content-type': 'application/json' }),
			},
			...(body === null ? {} : { body: JSON.stringify(body) }),
		})
		const text = await answer.text()
		options.received?.(text.length)
		if (answer.status >= 400) throw new ProblemAnswer(text)
		return text === '' ? undefined : JSON.parse(text)
	}

	async function carry({ route, input, headers = {}, body }: Transfer): Promise<Transferred> {
		const { method, url } = targetOf(route, base, input)
		const token = await options.accessToken()
		const answer = await options.fetch(url, {
			method,
			headers: { ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
			...(body === undefined ? {} : { body }),
		})
		if (answer.status >= 400) throw new ProblemAnswer(await answer.text())
		const bytes = new Uint8Array(await answer.arrayBuffer())
		options.received?.(bytes.length)
		return { header: (name) => answer.headers.get(name), body: bytes }
	}

	const settle = async <T>(work: () => Promise<T>): Promise<Result<T, CallError>> => {
		try {
			return ok(await work())
		} catch (error) {
			return fail(toCallError(error))
		}
	}

	const calls = (group: Readonly<Record<string, Route>>) =>
		Object.fromEntries(
			Object.entries(group).map(([name, route]) => [
				name,
				(input: Readonly<Record<string, unknown>> = {}) => ask(route, input),
			]),
		)
	const api = Object.fromEntries(Object.entries(routes).map(([name, group]) => [name, calls(group)])) as unknown as Api
	return {
		call: (ask) => settle(() => ask(api)),
		transfer: (transfer) => settle(() => carry(transfer)),
	}
}
