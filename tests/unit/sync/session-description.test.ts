import { expect, test } from 'vitest'
import { bytesToUtf8 } from '#protocol/bytes.ts'
import { PEER_DESCRIPTION_MAX } from '#protocol/limits.ts'
import { fingerprintOf, fitting, isForData, withoutOwnAddresses } from '#sync/peers/session-description.ts'

const certificate = Array.from({ length: 32 }, (_, i) => i * 7)
const spell = (bytes: readonly number[]) =>
	bytes.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')
const said = (value: string) => `a=fingerprint:sha-256 ${value}`
const ours = said(spell(certificate))
const another = said(spell(certificate.toReversed()))

const sdp = (...lines: readonly string[]) =>
	['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', ...lines, ''].join('\r\n')
const data = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel'

test('the fingerprint of a description is told, wherever it stands, and once where it stands twice', () => {
	for (const lines of [
		[data, ours],
		[ours, data],
		[ours, data, ours],
	])
		expect([...(fingerprintOf(sdp(...lines)) ?? [])]).toEqual(certificate)
	expect(fingerprintOf(sdp(data, ours.toLowerCase()))).toHaveLength(32)
})

test('a description with a fingerprint that could be read in two ways has none', () => {
	const value = spell(certificate)
	for (const lines of [
		[data],
		[data, ours, another],
		[another, data, ours],
		[data, ours, `a=fingerprint:sha-1 ${spell(certificate.slice(0, 20))}`],
		[data, ours, ` ${another}`],
		[data, ours, another.replace('a=fingerprint', 'a=Fingerprint')],
		[data, ours, another.replace(':sha', ': sha')],
		[data, said(value.slice(3))],
		[data, said(`${value}:00`)],
		[data, said(`${value} ${value}`)],
		[data, `a=fingerprint:sha-512 ${value}`],
	])
		expect(fingerprintOf(sdp(...lines)), lines.join('\n')).toBeNull()
	expect(fingerprintOf(undefined)).toBeNull()
	// A browser that ends a line at a bare CR or LF reads a second one here.
	for (const end of ['\r', '\n']) expect(fingerprintOf(sdp(data, `${ours}${end}${another}`))).toBeNull()
})

test('a description is for one data channel, or refused', () => {
	expect(isForData(sdp(data, ours))).toBe(true)
	const sound = 'm=audio 9 UDP/TLS/RTP/SAVPF 111'
	for (const lines of [
		[],
		[ours],
		[sound],
		[data, sound],
		[sound, data],
		[data, data],
		[data, ` ${sound}`],
		[`${data}\r${sound}`],
		[data, sound.replace('m=', 'M =')],
	])
		expect(isForData(sdp(...lines)), lines.join('\n')).toBe(false)
})

test('where only relays may be used, no address of this device is in a description', () => {
	const relay = 'a=candidate:3 1 udp 33562623 203.0.113.5 61000 typ relay raddr'
	const own = [
		'a=candidate:1 1 udp 2113937151 192.0.2.7 40470 typ host generation 0',
		'a=candidate:2 1 udp 1677729535 198.51.100.9 40470 typ srflx raddr 192.0.2.7 rport 40470',
		'a=candidate:4 1 udp 1 192.0.2.7 40470 typ hostrelay',
	]
	const told = withoutOwnAddresses(sdp(data, ...own, `${relay} 192.0.2.7 rport 40470 generation 0`, ours))
	expect(told).toBe(sdp(data, `${relay} 0.0.0.0 rport 0 generation 0`, ours))
})

test('of more candidates than a signal carries the last are left out, and nothing else', () => {
	const candidates = (count: number) =>
		Array.from({ length: count }, (_, i) => `a=candidate:${i} 1 udp 2113937151 ${i}.example.local 40470 typ host`)
	const few = sdp(data, ...candidates(4), ours)
	expect(bytesToUtf8(fitting(few))).toBe(few)
	const cut = bytesToUtf8(fitting(sdp(data, ...candidates(400), ours)))
	expect(cut.length).toBeLessThanOrEqual(PEER_DESCRIPTION_MAX)
	expect(cut.length).toBeGreaterThan(PEER_DESCRIPTION_MAX - 100)
	expect(cut).toBe(sdp(data, ...candidates(cut.match(/candidate:/g)?.length ?? 0), ours))
	expect(() => fitting(sdp(data, 'x'.repeat(PEER_DESCRIPTION_MAX)))).toThrow(TypeError)
})
