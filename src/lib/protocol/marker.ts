/**
 * Markers say how far a device has read, or received: not events, kept by the server one per device and kind, merged by
 * the maximum of recvSeq (SPEC MRK). Only members can read them, and nobody can write another's.
 */
import type { Bytes } from './bytes.ts'
import { choice, encode, fixed, struct, time8, u32, u64, versioned, type Decoded } from './codec.ts'
import { aadTags, keyTags, tagged } from './tags.ts'

const placement = {
	kind: choice({ 1: 'read', 2: 'delivered' }),
	device: fixed(16),
	/** The server keeps the highest per device and kind. */
	hlc: u64,
	/** The epoch whose key seals it. */
	epoch: u32,
}
const sealing = { nonce: fixed(12), ct: fixed(24) }

/** As it is sent and stored; the signature is purpose marker over `encodeMarkerBody`. */
export const signedMarker = versioned(1, struct({ ...placement, ...sealing, signature: fixed(64) }))
export type SignedMarker = Decoded<typeof signedMarker>

/** What the reader of a marker must know besides: not sent. */
export interface MarkerSubject {
	readonly conversation: Bytes
	readonly idHash: Bytes
}

const subject = { conversation: fixed(16), idHash: fixed(32) }
const markerAadBody = versioned(1, struct({ ...subject, ...placement }))
const markerBody = versioned(1, struct({ ...subject, ...placement, ...sealing }))

export function encodeMarkerBody(about: MarkerSubject, marker: Omit<SignedMarker, 'signature'>): Bytes {
	return encode(markerBody, { ...marker, ...about })
}

export function markerAad(about: MarkerSubject, marker: Omit<SignedMarker, 'signature' | 'nonce' | 'ct'>): Bytes {
	return tagged(aadTags.marker, encode(markerAadBody, { ...marker, ...about }))
}

/** HKDF-Expand info under PRK_epoch: one key per device. */
export function markerKeyInfo(device: Bytes): Bytes {
	return tagged(keyTags.marker, device)
}

/** What `ct` holds: the recvSeq up to which others' posts are read or received. */
export const markerPlaintext = struct({ recvSeq: time8 })
