/**
 * The transcript of a peer connection, signed by each side's device, purpose dtls: whoever relays the signalling cannot
 * put himself between, because the fingerprints of both DTLS certificates are in it (SPEC PEER; RFC 8827 §5.6).
 */
import type { Bytes } from './bytes.ts'
import { encode, fixed, set, struct, versioned, type Decoded } from './codec.ts'
import { PEER_CONVERSATIONS_MAX } from './limits.ts'

const side = struct({
	idHash: fixed(32),
	device: fixed(16),
	/** SHA-256 fingerprint of the DTLS certificate. */
	fingerprint: fixed(32),
})

const peerTranscript = versioned(
	1,
	struct({
		/** Who made the offer. */
		offerer: side,
		answerer: side,
		sessionNonce: fixed(32),
		/** What both may sync. */
		conversations: set(fixed(16), PEER_CONVERSATIONS_MAX),
	}),
)
export type PeerTranscript = Decoded<typeof peerTranscript>

export function encodePeerTranscript(transcript: PeerTranscript): Bytes {
	return encode(peerTranscript, transcript)
}
