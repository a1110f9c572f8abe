/**
 * Signed heads: the instance signs every log head that it gives out, and clients take no entry without one over it.
 * A fork is two such heads, of one instance epoch, that cannot lie on one chain; nothing else is (SPEC LOG).
 */
import { equalBytes, type Bytes } from './bytes.ts'
import { encode, fixed, list, struct, u32, type Decoded } from './codec.ts'
import { FORK_PATH_MAX } from './limits.ts'
import { chainBodyHash } from './log-entry.ts'
import type { Hash, Verify } from './ports.ts'
import { claimOver } from './tags.ts'

const headFields = {
	/** Changes when a backup is restored: heads of two epochs never make a fork. */
	instanceEpoch: fixed(16),
	/** idHash, or convId padded with zeros. */
	subject: fixed(32),
	seq: u32,
	hash: fixed(32),
}
const headBody = struct(headFields)
export type HeadBody = Decoded<typeof headBody>

/** Ed25519 by the instance's key, purpose head, over the fields before. */
export const signedHead = struct({ ...headFields, signature: fixed(64) })
export type SignedHead = Decoded<typeof signedHead>

/** What the instance signs. */
export function encodeHeadBody(head: HeadBody): Bytes {
	return encode(headBody, head)
}

export function headClaim(hash: Hash, head: SignedHead, serverKey: Bytes) {
	return claimOver(hash, 'head', { key: serverKey, body: encodeHeadBody(head), signature: head.signature })
}

/** A log as far as it is known: h_s at index s. */
export interface KnownLog {
	/** idHash, or convId padded with zeros. */
	readonly subject: Bytes
	readonly hashes: readonly Bytes[]
}

/**
 * What a signed head says of a known log (SPEC LOG8): it covers the entries up to its seq; it lies beyond what is known;
 * or it contradicts it, which with another signed head makes a fork. Entries that no head covers are not taken.
 */
export function standingOfHead(head: HeadBody, log: KnownLog): 'covers' | 'beyond' | 'contradicts' | 'other-log' {
	if (!equalBytes(head.subject, log.subject)) return 'other-log'
	const known = log.hashes[head.seq]
	if (known === undefined) return 'beyond'
	return equalBytes(known, head.hash) ? 'covers' : 'contradicts'
}

/** Two heads, and the way from `lower.seq` to `higher`: the chain hash there and the body hashes after it. */
export const forkProof = struct({
	lower: signedHead,
	higher: signedHead,
	/** h at lower.seq on the branch of `higher`. */
	at: fixed(32),
	/** SHA-256 of the bodies at lower.seq + 1 … higher.seq. */
	path: list(fixed(32), FORK_PATH_MAX),
})
export type ForkProof = Decoded<typeof forkProof>

/**
 * Do the two heads contradict each other? Because only one chain leads to a hash, a path that ends in `higher.hash` and
 * stood at another hash than `lower.hash` proves it. Signatures are checked by `verifyFork`.
 */
export function isFork(proof: ForkProof, hash: Hash): boolean {
	const { lower, higher } = proof
	if (!equalBytes(lower.instanceEpoch, higher.instanceEpoch) || !equalBytes(lower.subject, higher.subject)) return false
	if (higher.seq - lower.seq !== proof.path.length || equalBytes(proof.at, lower.hash)) return false
	const end = proof.path.reduce(
		(h, bodyHash, index) => chainBodyHash(hash, h, { seq: lower.seq + 1 + index, bodyHash }),
		proof.at,
	)
	return equalBytes(end, higher.hash)
}

/** A fork that everybody can be shown: contradicting heads, both signed by the instance. */
export async function verifyFork(
	proof: ForkProof,
	ports: { serverKey: Bytes; hash: Hash; verify: Verify },
): Promise<boolean> {
	if (!isFork(proof, ports.hash)) return false
	const claims = [proof.lower, proof.higher].map((head) => headClaim(ports.hash, head, ports.serverKey))
	return (await ports.verify(claims)).every(Boolean)
}
