/** Markers (SPEC MRK): how far a device has read or received, readable by members only. */
import { decode, encode } from '#protocol/codec.ts'
import type { Bytes } from '#protocol/bytes.ts'
import {
	encodeMarkerBody,
	markerAad,
	markerPlaintext,
	type MarkerSubject,
	type SignedMarker,
} from '#protocol/marker.ts'
import type { SignatureClaim } from '#protocol/ports.ts'
import { claimOver } from '#protocol/tags.ts'
import { aeadOpen, aeadSeal, nonceLength } from './aead.ts'
import type { DeviceKeys } from './device-keys.ts'
import type { EpochKeys } from './epoch.ts'
import type { Crypto } from './suite.ts'

export interface MarkerInput {
	/** The device's account. */
	readonly idHash: Bytes
	readonly kind: SignedMarker['kind']
	readonly hlc: bigint
	/** Others' posts up to here. */
	readonly recvSeq: number
}

function subjectOf(epoch: EpochKeys, idHash: Bytes): MarkerSubject {
	return { conversation: epoch.conversation, idHash }
}

export async function sealMarker(
	crypto: Crypto,
	by: { readonly epoch: EpochKeys; readonly device: DeviceKeys },
	input: MarkerInput,
): Promise<SignedMarker> {
	const { epoch, device } = by
	const about = subjectOf(epoch, input.idHash)
	const placement = { kind: input.kind, device: device.deviceId, hlc: input.hlc, epoch: epoch.n }
	const nonce = crypto.random(nonceLength)
	const plaintext = encode(markerPlaintext, { recvSeq: input.recvSeq })
	const ct = await aeadSeal(crypto.subtle, epoch.marker(device.deviceId), {
		nonce,
		aad: markerAad(about, placement),
		plaintext,
	})
	const unsigned = { ...placement, nonce, ct }
	return { ...unsigned, signature: await device.signing.sign('marker', encodeMarkerBody(about, unsigned)) }
}

export function markerClaim(
	crypto: Crypto,
	marker: SignedMarker,
	by: MarkerSubject & { readonly signingKey: Bytes },
): SignatureClaim {
	const body = encodeMarkerBody(by, marker)
	return claimOver(crypto.hash, 'marker', { key: by.signingKey, body, signature: marker.signature })
}

/** recvSeq; null when it does not open under this epoch and account. */
export async function openMarker(
	crypto: Crypto,
	by: { readonly epoch: EpochKeys; readonly idHash: Bytes },
	marker: SignedMarker,
): Promise<number | null> {
	if (marker.epoch !== by.epoch.n) return null
	const input = { nonce: marker.nonce, aad: markerAad(subjectOf(by.epoch, by.idHash), marker), ciphertext: marker.ct }
	const plaintext = await aeadOpen(crypto.subtle, by.epoch.marker(marker.device), input)
	const decoded = plaintext === null ? null : decode(markerPlaintext, plaintext)
	return decoded?.ok === true ? decoded.value.recvSeq : null
}
