/** What must hold of an SDP, ours or another's, whoever wrote it: nothing of it is left to how a browser reads it. */
import type { Bytes } from '#protocol/bytes.ts'

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
