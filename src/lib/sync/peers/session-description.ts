/** What must hold of an SDP, ours or another's, whoever wrote it: nothing of it is left to how a browser reads it. */
import { utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { PEER_DESCRIPTION_MAX } from '#protocol/limits.ts'

const linesOf = (sdp: string) => sdp.split(/[\r\n]+/)

/** One data channel and nothing else: no sound, no picture. */
export function isForData(sdp: string): boolean {
	const media = linesOf(sdp).filter((line) => /^\s*m\s*=/i.test(line))
	return media.length === 1 && media[0]?.startsWith('m=application ') === true
}

/** The SHA-256 of the certificate, 32 bytes. With several, DTLS would take any of them: null. */
export function fingerprintOf(sdp: string | undefined): Bytes | null {
	const said = new Set(linesOf(sdp ?? '').filter((line) => /fingerprint/i.test(line)))
	const [only] = said
	const match = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i.exec(only ?? '')
	if (said.size !== 1 || match === null) return null
	return Uint8Array.from((match[1] as string).split(':'), (byte) => Number.parseInt(byte, 16))
}

/** Where only relays may be used: no other way to be reached, and of a relay's not where it was asked from. Chromium says it so itself. */
export function withoutOwnAddresses(sdp: string): string {
	const isRelayed = (line: string) => !line.startsWith('a=candidate:') || / typ relay( |$)/.test(line)
	return sdp
		.split('\r\n')
		.filter(isRelayed)
		.map((line) =>
			line.startsWith('a=candidate:') ? line.replace(/ raddr \S+ rport \S+/, ' raddr 0.0.0.0 rport 0') : line,
		)
		.join('\r\n')
}

/** Of a device with very many networks the candidates that were found last are left out. */
export function fitting(sdp: string): Bytes {
	const lines = sdp.split('\r\n')
	let bytes = utf8ToBytes(sdp)
	while (bytes.length > PEER_DESCRIPTION_MAX) {
		const last = lines.findLastIndex((line) => line.startsWith('a=candidate:'))
		if (last < 0) throw new TypeError('a description larger than any')
		lines.splice(last, 1)
		bytes = utf8ToBytes(lines.join('\r\n'))
	}
	return bytes
}
