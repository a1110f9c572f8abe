/** Node's request and response as the standard ones, where no SvelteKit stands between (tests, a server without the app). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

export function toRequest(incoming: IncomingMessage): Request {
	const headers = new Headers()
	for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
		headers.append(incoming.rawHeaders[i] as string, incoming.rawHeaders[i + 1] as string)
	}
	const method = incoming.method ?? 'GET'
	const url = new URL(incoming.url ?? '/', 'http://localhost')
	if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers })
	// `duplex` is due with a stream (Fetch standard, RequestInit), and only some of the typings know it.
	const init = { method, headers, body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' as const }
	return new Request(url, init)
}

export async function sendResponse(response: Response, outgoing: ServerResponse): Promise<void> {
	outgoing.statusCode = response.status
	for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
	const cookies = response.headers.getSetCookie()
	if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
	outgoing.end(Buffer.from(await response.arrayBuffer()))
}
