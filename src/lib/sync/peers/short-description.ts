/**
 * An SDP of one data channel as the few bytes in which it differs from any other (nearby-code.ts), and back. What is carried are host
 * candidates over UDP: two devices beside each other need no other. RFC 8866 (SDP), RFC 8839 (ICE in SDP), RFC 8841 (data channels).
 */
import { bytesToHex, bytesToUtf8, hexToBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { NEARBY_WAYS_MAX, NEARBY_WHOLE_MAX } from '#protocol/limits.ts'
import type { NearbyDescription, NearbyWay } from '#protocol/nearby-code.ts'
import { fingerprintOf } from './session-description.ts'

const candidate = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host\b/gim

/** Null: too large for a code. */
export function shortened(description: Bytes): NearbyDescription | null {
	const sdp = bytesToUtf8(description)
	const ufrag = /^a=ice-ufrag:([A-Za-z0-9+/]{4,32})\s*$/m.exec(sdp)?.[1]
	const password = /^a=ice-pwd:([A-Za-z0-9+/]{22,64})\s*$/m.exec(sdp)?.[1]
	const fingerprint = fingerprintOf(sdp)
	if (ufrag === undefined || password === undefined || fingerprint === null)
		return description.length > NEARBY_WHOLE_MAX ? null : { t: 'whole', description }
	const ways = [...sdp.matchAll(candidate)].flatMap(([, host = '', port = '0']) => wayTo(host, Number(port)) ?? [])
	// What is reached everywhere first: IPv4, then names, then IPv6.
	const rank = { v4: 0, name: 1, v6: 2 } as const
	const chosen = ways.toSorted((a, b) => rank[a.t] - rank[b.t]).slice(0, NEARBY_WAYS_MAX)
	return { t: 'short', ufrag, password, fingerprint, ways: chosen }
}

/**
 * As the other browser takes it. DTLS is begun by who offered (RFC 8842 §5.3), because he scans last: a browser that begins while nobody
 * answers gives up after some minutes, and one that waits does not.
 */
export function lengthened(description: NearbyDescription, kind: 'offer' | 'answer'): Bytes {
	if (description.t === 'whole') return description.description
	const { ufrag, password, fingerprint, ways } = description
	return utf8ToBytes(
		[
			'v=0',
			'o=- 1 1 IN IP4 127.0.0.1',
			's=-',
			't=0 0',
			'a=group:BUNDLE 0',
			'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
			'c=IN IP4 0.0.0.0',
			...ways.map((way, at) => {
				// RFC 8445 §5.1.2.1: type preference of a host candidate 126, component 1.
				const priority = 126 * 2 ** 24 + (0xffff - at) * 2 ** 8 + 255
				return `a=candidate:${at + 1} 1 udp ${priority} ${hostOf(way)} ${way.port} typ host`
			}),
			`a=ice-ufrag:${ufrag}`,
			`a=ice-pwd:${password}`,
			`a=fingerprint:sha-256 ${(bytesToHex(fingerprint).toUpperCase().match(/../g) ?? []).join(':')}`,
			`a=setup:${kind === 'offer' ? 'active' : 'passive'}`,
			'a=mid:0',
			'a=sctp-port:5000',
			'a=max-message-size:262144',
			'',
		].join('\r\n'),
	)
}

function wayTo(host: string, port: number): NearbyWay | null {
	const uuid = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.local$/i.exec(host)?.[1]
	if (uuid !== undefined) {
		const named = hexToBytes(uuid.replaceAll('-', '').toLowerCase())
		return named === null ? null : { t: 'name', uuid: named, port }
	}
	const v4 = host.split('.').map(Number)
	if (v4.length === 4 && v4.every((part) => Number.isInteger(part) && part >= 0 && part < 256))
		return { t: 'v4', address: Uint8Array.from(v4), port }
	const address = ipv6Of(host)
	return address === null ? null : { t: 'v6', address, port }
}

/** RFC 4291 §2.2, forms 1 and 2. */
function ipv6Of(host: string): Bytes | null {
	const [head = '', tail, more] = host.split('::')
	if (more !== undefined || !host.includes(':')) return null
	const groupsOf = (part: string) => (part === '' ? [] : part.split(':'))
	const [before, after] = [groupsOf(head), groupsOf(tail ?? '')]
	const missing = 8 - before.length - after.length
	if (tail === undefined ? missing !== 0 : missing < 1) return null
	const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
	if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
	return hexToBytes(groups.map((group) => group.padStart(4, '0').toLowerCase()).join(''))
}

function hostOf(way: NearbyWay): string {
	switch (way.t) {
		case 'name': {
			const hex = bytesToHex(way.uuid)
			const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
			return `${parts.join('-')}.local`
		}
		case 'v4':
			return way.address.join('.')
		case 'v6':
			return (bytesToHex(way.address).match(/..../g) ?? []).join(':')
	}
}
