/** Whose pages may speak to the API, and from which address a request came. */

/**
 * A browser names the origin of the page in every request that changes something. Bots name none.
 * `allowed` null: the page must come from the host that it speaks to.
 */
export function isAllowedOrigin(headers: Pick<Headers, 'get'>, allowed: string | null): boolean {
	const origin = headers.get('origin')
	if (origin === null) return headers.get('sec-fetch-site') !== 'cross-site'
	if (allowed !== null) return origin === allowed
	return URL.canParse(origin) && new URL(origin).host === headers.get('host')
}

/**
 * The address that limits count: the peer's, or with `hops` proxies of ours in front the last but `hops` of
 * X-Forwarded-For. IPv6 counts by /64, because whoever has one address has all of its network.
 */
export function callerIp(peer: string, forwarded: string | null, hops: number): string {
	const chain = [...(forwarded ?? '').split(',').map((part) => part.trim()), peer].filter((part) => part !== '')
	const address = hops === 0 ? peer : (chain.at(-1 - hops) ?? chain[0] ?? peer)
	const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
	return plain.includes(':') ? expand(plain).slice(0, 4).join(':') : plain
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2). */
function expand(address: string): string[] {
	const [head = '', tail] = address.split('::')
	const left = head === '' ? [] : head.split(':')
	const right = tail === undefined || tail === '' ? [] : tail.split(':')
	const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
	return [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
}
