/**
 * Where push messages may go. A browser names the address, so it is anybody's choice (SSRF): only HTTPS at its usual port, only at public
 * addresses, and no redirect is followed. Names are looked up and judged at the moment of connecting, so that none can change in
 * between. What the operator has listed (KITH_PUSH_SERVICES) is reached as it stands.
 */
import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'

/** Of IPv4: own, private, shared, link-local, documentation, multicast and reserved ranges (RFC 6890). */
const closedV4 = (
	[
		...[['0.0.0.0', 8] as const, ['10.0.0.0', 8] as const, ['100.64.0.0', 10] as const, ['127.0.0.0', 8] as const],
		...[['169.254.0.0', 16] as const, ['172.16.0.0', 12] as const, ['192.0.0.0', 24] as const],
		...[['192.0.2.0', 24] as const, ['192.88.99.0', 24] as const, ['192.168.0.0', 16] as const],
		...[['198.18.0.0', 15] as const, ['198.51.100.0', 24] as const, ['203.0.113.0', 24] as const],
		...[['224.0.0.0', 4] as const, ['240.0.0.0', 4] as const],
	] as const
).reduce((list, [net, prefix]) => {
	list.addSubnet(net, prefix, 'ipv4')
	return list
}, new BlockList())

/** Of IPv6 only global unicast (RFC 4291 §2.4) … */
const openV6 = new BlockList()
openV6.addSubnet('2000::', 3, 'ipv6')
/** … without documentation, and what carries an IPv4 address inside: Teredo and 6to4. */
const closedV6 = new BlockList()
for (const [net, prefix] of [['2001:db8::', 32] as const, ['2001::', 32] as const, ['2002::', 16] as const])
	closedV6.addSubnet(net, prefix, 'ipv6')

export function isPublicAddress(address: string): boolean {
	const version = isIP(address)
	if (version === 4) return !closedV4.check(address, 'ipv4')
	return version === 6 && openV6.check(address, 'ipv6') && !closedV6.check(address, 'ipv6')
}

/** The address of a push service; null where nothing is sent to. `listed`: origins that the operator allows as they stand. */
export function reachable(endpoint: string, listed: ReadonlySet<string>): URL | null {
	const url = URL.canParse(endpoint) ? new URL(endpoint) : null
	if (url === null || url.username !== '' || url.password !== '') return null
	if (listed.has(url.origin)) return url
	const host = url.hostname.replace(/^\[|\]$/g, '')
	if (url.protocol !== 'https:' || url.port !== '') return null
	return isIP(host) !== 0 && !isPublicAddress(host) ? null : url
}

/** The name leads to an address that is nobody's to ask for. */
export class NotPublic extends Error {
	override readonly name = 'NotPublic'
}

type Answered = Parameters<LookupFunction>[2]

/** As `dns.lookup`, and fails where any of the addresses is not public. */
export const publicLookup: LookupFunction = (hostname: string, options: LookupOptions, answered: Answered) => {
	lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
		if (error !== null) return answered(error, '', 0)
		if (!addresses.every(({ address }) => isPublicAddress(address))) return answered(new NotPublic(), '', 0)
		const [first] = addresses
		if (options.all === true || first === undefined) return answered(null, addresses)
		answered(null, first.address, first.family)
	})
}
