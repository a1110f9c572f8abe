/**
 * Servers that help devices find a way to each other, as they stand in the configuration: `stun:` and `turn:` (RFC 7064, RFC 7065).
 * Read by hand into named parts: what browsers are given is written anew from these.
 */
import * as z from 'zod'

export interface IceServer {
	readonly scheme: 'stun' | 'stuns' | 'turn' | 'turns'
	/** A name or an address, without brackets. */
	readonly host: string
	readonly port: number
	readonly transport: 'udp' | 'tcp'
}

export interface IceConfig {
	readonly stun: readonly IceServer[]
	/** With the secret that it shares with us (coturn's `static-auth-secret`); null: no TURN server. */
	readonly turn: { readonly servers: readonly IceServer[]; readonly secret: string } | null
}

/** Browsers slow down with more than a few. */
const serversMax = 8

const form = /^(stuns?|turns?):(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/

export const iceUrls = z.string().transform((value, context): readonly IceServer[] => {
	const servers = value.split(',').map((url) => iceServerOf(url.trim()))
	const known = servers.filter((server) => server !== null)
	if (known.length === servers.length && servers.length <= serversMax) return known
	context.addIssue('no servers')
	return z.NEVER
})

function iceServerOf(url: string): IceServer | null {
	const [, scheme, host, port, transport] = form.exec(url) ?? []
	if (scheme === undefined || host === undefined) return null
	const isTls = scheme.endsWith('s')
	const isTurn = scheme.startsWith('turn')
	const at = port === undefined ? (isTls ? 5349 : 3478) : Number(port)
	if (at < 1 || at > 65_535 || (transport !== undefined && !isTurn) || (isTls && transport === 'udp')) return null
	return {
		scheme: scheme as IceServer['scheme'],
		host: host.replace(/^\[|\]$/g, ''),
		port: at,
		transport: isTls || transport === 'tcp' ? 'tcp' : 'udp',
	}
}

/** As browsers take it. */
export function iceUrl({ scheme, host, port, transport }: IceServer): string {
	const named = `${scheme}:${host.includes(':') ? `[${host}]` : host}:${port}`
	return scheme.startsWith('turn') ? `${named}?transport=${transport}` : named
}
