/** Who asks for a socket, and for which: read from the request alone. */
import type { IncomingMessage } from 'node:http'
import type { Bytes } from '#protocol/bytes.ts'
import { parseGuid, type PageAddress } from '#protocol/guid.ts'
import { ticketOf } from '#protocol/ticket.ts'

export const muxProtocol = 'kith.mux.1'
const path = '/sync'

export interface StockVisit {
	readonly type: 'stock'
	readonly guid: string
	readonly address: PageAddress
	readonly ticket: Bytes
}

export type Visit = { readonly type: 'mux' } | StockVisit

/** The visit, or the HTTP status of its refusal. */
export function visitOf(
	{ url = '', headers: sent }: Pick<IncomingMessage, 'url' | 'headers'>,
	isAllowedOrigin: (headers: { get(name: string): string | null }) => boolean,
): Visit | string {
	const headers = { get: (name: string) => sent[name]?.toString() ?? null }
	const pathname = url.split('?', 1)[0] as string
	const guid = pathname.startsWith(`${path}/`) ? pathname.slice(path.length + 1) : null
	if (guid === null && pathname !== path) return '404 Not Found'
	if (!isAllowedOrigin(headers)) return '403 Forbidden'
	const offered = (headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim())
	return guid === null ? muxVisit(offered) : stockVisit(guid, offered)
}

function muxVisit(offered: readonly string[]): Visit | string {
	return offered.includes(muxProtocol) ? { type: 'mux' } : '400 Bad Request'
}

function stockVisit(guid: string, offered: readonly string[]): Visit | string {
	const address = parseGuid(guid)
	if (address === null) return '404 Not Found'
	const [ticket, ...more] = offered.map(ticketOf).filter((found) => found !== null)
	return ticket === undefined || more.length > 0 ? '401 Unauthorized' : { type: 'stock', guid, address, ticket }
}
