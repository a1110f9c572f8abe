import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesToUtf8, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { NEARBY_WAYS_MAX, NEARBY_WHOLE_MAX } from '#protocol/limits.ts'
import { decodeNearbyCode, encodeNearbyCode, type NearbyCode } from '#protocol/nearby-code.ts'
import { fingerprintOf, isForData } from '#sync/peers/session-description.ts'
import { lengthened, shortened } from '#sync/peers/short-description.ts'

const certificate = Uint8Array.from({ length: 32 }, (_, i) => i * 7)
const hex = [...certificate].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')

/** As Chromium 156 says it. */
const sdp = (...candidates: readonly string[]) =>
	[
		...['v=0', 'o=- 4611731400430051336 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
		...['a=extmap-allow-mixed', 'a=msid-semantic: WMS', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel'],
		'c=IN IP4 0.0.0.0',
		...candidates,
		...['a=ice-ufrag:EsAw', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1', 'a=ice-options:trickle'],
		`a=fingerprint:sha-256 ${hex}`,
		...['a=setup:actpass', 'a=mid:0', 'a=sctp-port:5000', 'a=max-message-size:262144', ''],
	].join('\r\n')

const host = (address: string, port: number) =>
	`a=candidate:1467250027 1 udp 2122260223 ${address} ${port} typ host generation 0 network-id 1`

const both = (text: string) => {
	const short = shortened(utf8ToBytes(text))
	if (short === null) throw new Error('too large')
	return { short, again: bytesToUtf8(lengthened(short, 'offer')) }
}

const addressesOf = (text: string) => [...text.matchAll(/ udp \d+ (\S+ \d+) typ host/g)].map(([, way]) => way)

test('what differs between two data channels survives: how it is reached, the words of ICE and the certificate', () => {
	const { short, again } = both(
		sdp(
			host('2001:db8::7:1', 50001),
			host('192.168.1.7', 50000),
			host('8a5d3a3e-6c0e-4a8e-9f0d-0c4a5b6c7d8e.local', 50002),
			'a=candidate:2 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active',
			'a=candidate:3 1 udp 1686052607 203.0.113.9 50003 typ srflx raddr 192.168.1.7 rport 50000',
		),
	)
	expect(short.t).toBe('short')
	expect(isForData(again)).toBe(true)
	expect(fingerprintOf(again)).toEqual(certificate)
	expect(again).toContain('a=ice-ufrag:EsAw\r\n')
	expect(again).toContain('a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n')
	expect(again).toContain('a=setup:active\r\n')
	expect(addressesOf(again)).toEqual([
		'192.168.1.7 50000',
		'8a5d3a3e-6c0e-4a8e-9f0d-0c4a5b6c7d8e.local 50002',
		'2001:0db8:0000:0000:0000:0000:0007:0001 50001',
	])
	expect(bytesToUtf8(lengthened(short, 'answer'))).toContain('a=setup:passive\r\n')
})

test('of many addresses those come along that are reached most, and a code stays coarse enough for a camera', () => {
	const { short, again } = both(
		sdp(...[...'abcdef'].map((end) => host(`fd00::${end}`, 1)), host('10.0.0.1', 2), host('10.0.0.2', 3)),
	)
	expect(addressesOf(again)).toHaveLength(NEARBY_WAYS_MAX)
	expect(addressesOf(again).slice(0, 2)).toEqual(['10.0.0.1 2', '10.0.0.2 3'])
	const [session, idHash, device] = [8, 32, 16].map((length) => new Uint8Array(length)) as [Bytes, Bytes, Bytes]
	// Version 12 of a QR code at level M holds 287 bytes; the address before it needs some.
	expect(encodeNearbyCode({ t: 'offer', session, idHash, device, description: short }).length).toBeLessThan(250)
})

test('no address is read out of what is none', () => {
	for (const address of [
		'1.2.3',
		'1.2.3.256',
		'a::b::c',
		'1:2:3:4:5:6:7',
		'1:2:3:4:5:6:7:8:9',
		'x::',
		'localhost',
		'::g',
	])
		expect(addressesOf(both(sdp(host(address, 1))).again), address).toEqual([])
	expect(addressesOf(both(sdp(host('::1', 7))).again)).toEqual(['0000:0000:0000:0000:0000:0000:0000:0001 7'])
})

test('the words of another transport are carried as they are, up to what a code holds', () => {
	const words = utf8ToBytes('17')
	expect(lengthened(shortened(words) as never, 'offer')).toEqual(words)
	expect(shortened(new Uint8Array(NEARBY_WHOLE_MAX).fill(97))).not.toBeNull()
	expect(shortened(new Uint8Array(NEARBY_WHOLE_MAX + 1).fill(97))).toBeNull()
})

test('whatever a code says, what the browser is given has one data channel and one certificate', () => {
	const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }) as fc.Arbitrary<Bytes>
	const port = fc.integer({ min: 0, max: 65535 })
	const word = (least: number, most: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9+/]{${least},${most}}$`))
	const way = fc.oneof(
		fc.record({ t: fc.constant('v4' as const), address: bytes(4), port }),
		fc.record({ t: fc.constant('v6' as const), address: bytes(16), port }),
		fc.record({ t: fc.constant('name' as const), uuid: bytes(16), port }),
	)
	const code: fc.Arbitrary<NearbyCode> = fc.record({
		t: fc.constantFrom('offer' as const, 'answer' as const),
		...{ session: bytes(8), idHash: bytes(32), device: bytes(16) },
		description: fc.record({
			t: fc.constant('short' as const),
			...{ ufrag: word(4, 32), password: word(22, 64), fingerprint: bytes(32) },
			ways: fc.array(way, { maxLength: NEARBY_WAYS_MAX }),
		}),
	})
	fc.assert(
		fc.property(code, (said) => {
			const read = decodeNearbyCode(encodeNearbyCode(said))
			expect(read).toEqual(said)
			const given = bytesToUtf8(lengthened(said.description, said.t))
			expect(isForData(given)).toBe(true)
			if (said.description.t === 'short') expect(fingerprintOf(given)).toEqual(said.description.fingerprint)
			expect(shortened(utf8ToBytes(given))).toMatchObject({ t: 'short', ways: { length: addressesOf(given).length } })
		}),
	)
})

test('what is no code is none, and no word of ICE breaks out of its line', () => {
	for (const said of ['', 'AA', 'hello', 'https://kith.example/settings/nearby'])
		expect(decodeNearbyCode(said), said).toBeNull()
	const [session, idHash, device, fingerprint] = [8, 32, 16, 32].map((length) => new Uint8Array(length)) as [
		Bytes,
		Bytes,
		Bytes,
		Bytes,
	]
	const evil = { ufrag: 'abcd\r\nm=audio', password: 'x'.repeat(22), fingerprint, ways: [] }
	expect(() => encodeNearbyCode({ t: 'offer', session, idHash, device, description: { t: 'short', ...evil } })).toThrow(
		'ICE',
	)
})
