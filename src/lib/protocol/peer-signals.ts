/**
 * What two devices say to each other over the hub before they are connected directly (SPEC WIRE16, PEER2). The server passes it
 * on, sees it, and can neither forge nor use it: the transcript (peer.ts) is signed over what the connection then really is.
 */
import type { Bytes } from './bytes.ts'
import { bool, bytes, decode, encode, fixed, struct, union, versioned, type Decoded } from './codec.ts'
import type { DecodeError } from './codec.ts'
import { PEER_DESCRIPTION_MAX } from './limits.ts'
import type { Result } from './result.ts'

/** `session`: begins with the offerer's `runMark`, so that the answerer knows whose an offer is when that device has begun anew. */
const description = { session: fixed(16), description: bytes(PEER_DESCRIPTION_MAX) }

const peerSignal = versioned(
	1,
	union('t', {
		/** A device that is here and would be connected. The device with the lower id makes the offer, so that two never cross. */
		here: [
			1,
			struct({
				/** Another after each start: a link to a device that has begun anew is none. */
				run: fixed(16),
				/** To one device: nothing is left here of a link to it. */
				lost: bool,
			}),
		],
		/** `description`: whole, with every way to be reached, in the words of the transport. */
		offer: [2, struct(description)],
		answer: [3, struct(description)],
		/** What was offered so is given up, or over, at the other end. Devices of 0.2.0 neither say nor understand it. */
		ended: [4, struct({ session: fixed(16) })],
	}),
)
export type PeerSignal = Decoded<typeof peerSignal>

/** What stands for a run in the sessions that it offers. */
export const runMark = (run: Bytes): Bytes => run.subarray(0, 8) as Bytes

export function encodePeerSignal(signal: PeerSignal): Bytes {
	return encode(peerSignal, signal)
}

export function decodePeerSignal(raw: Uint8Array): Result<PeerSignal, DecodeError> {
	return decode(peerSignal, raw)
}
