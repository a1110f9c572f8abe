/**
 * What proves a connection or request: a signature, purpose auth, over a body that begins with its use and the instance,
 * so that no proof serves another use, instance or moment (SPEC AUTH). Both nonces are of single use.
 */
import type { Bytes } from './bytes.ts'
import { encode, fixed, struct, union, type Decoded } from './codec.ts'

const nonces = { clientNonce: fixed(32), serverNonce: fixed(32) }
/** Signed by the device; sid is the family of its session. */
const bySession = struct({ server: fixed(32), idHash: fixed(32), device: fixed(16), sid: fixed(16), ...nonces })

const authBody = union('use', {
	socket: [1, bySession],
	refresh: [2, bySession],
	ticket: [3, bySession],
	/** Recovery code or passkey: signed by the method's Ed25519 key. */
	method: [4, struct({ server: fixed(32), idHash: fixed(32), methodKey: fixed(32), ...nonces })],
	/** Whoever holds a link's secret, to be served its box: signed by the link's Ed25519 key. */
	link: [5, struct({ server: fixed(32), conversation: fixed(16), linkKey: fixed(32), ...nonces })],
})
export type AuthBody = Decoded<typeof authBody>

/** use1 ‖ serverId32 ‖ fixed fields ‖ clientNonce32 ‖ serverNonce32. Nobody sends it: both sides build it. */
export function encodeAuthBody(body: AuthBody): Bytes {
	return encode(authBody, body)
}
