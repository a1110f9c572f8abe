/**
 * What a device shows another as a QR code, to be connected with it where there is no server (SPEC PEER17): who it is, and how it is
 * reached. A person carries it from screen to camera; whoever else sees it learns an address in the own network, and can forge
 * nothing: both devices prove themselves over the fingerprints, as everywhere.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from './bytes.ts'
import {
	bytes,
	decode,
	encode,
	fixed,
	list,
	refine,
	struct,
	text,
	u16,
	union,
	versioned,
	type Decoded,
} from './codec.ts'
import { NEARBY_WAYS_MAX, NEARBY_WHOLE_MAX } from './limits.ts'

/** RFC 8839 §5.4: ice-ufrag and ice-pwd are of these characters. */
const iceWord = (least: number, most: number) =>
	refine(text(most), (word) => word.length >= least && /^[A-Za-z0-9+/]+$/.test(word), 'not of the characters of ICE')

/** Where it is reached in the own network. */
const way = union('t', {
	/** mDNS: the UUID of `….local`, which stands for an address that a page may not know. */
	name: [1, struct({ uuid: fixed(16), port: u16 })],
	v4: [4, struct({ address: fixed(4), port: u16 })],
	v6: [6, struct({ address: fixed(16), port: u16 })],
})
export type NearbyWay = Decoded<typeof way>

const description = union('t', {
	/** All that differs between descriptions of one data channel. */
	short: [
		1,
		struct({
			ufrag: iceWord(4, 32),
			password: iceWord(22, 64),
			/** SHA-256 of the certificate for DTLS. */
			fingerprint: fixed(32),
			ways: list(way, NEARBY_WAYS_MAX, 1),
		}),
	],
	/** In the words of a transport that has others. */
	whole: [2, struct({ description: bytes(NEARBY_WHOLE_MAX) })],
})
export type NearbyDescription = Decoded<typeof description>

const from = { session: fixed(8), idHash: fixed(32), device: fixed(16), description }

const nearbyCode = versioned(
	1,
	union('t', {
		offer: [1, struct(from)],
		/** `session`: of the offer that it answers. */
		answer: [2, struct(from)],
	}),
)
export type NearbyCode = Decoded<typeof nearbyCode>

/** As text for a link: base64url. */
export function encodeNearbyCode(code: NearbyCode): string {
	return bytesToBase64url(encode(nearbyCode, code))
}

/** Null: nothing that a device shows. */
export function decodeNearbyCode(said: string): NearbyCode | null {
	const raw: Bytes | null = base64urlToBytes(said)
	const decoded = raw === null ? null : decode(nearbyCode, raw)
	return decoded?.ok === true ? decoded.value : null
}
