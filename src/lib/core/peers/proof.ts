/**
 * Who is at the other end of a channel (SPEC PEER1, PEER2): both say hello, the offerer proves itself first, the answerer once that
 * holds. What is signed names both devices, both certificates, and a nonce of each: it fits this channel and no other.
 */
import { deviceOf } from '#protocol/account-lookups.ts'
import type { AccountState } from '#protocol/account-state.ts'
import { concatBytes, type Bytes } from '#protocol/bytes.ts'
import { encodePeerTranscript } from '#protocol/peer.ts'
import type { PeerFrame } from '#protocol/peer-frames.ts'
import { claimOver } from '#protocol/tags.ts'
import type { PeerLink } from '#sync/peers/links.ts'
import type { ConversationContext } from '../context.ts'

export type Hello = Extract<PeerFrame, { t: 'hello' }>
export type Proof = Extract<PeerFrame, { t: 'proof' }>

export interface Parties {
	readonly link: Pick<PeerLink, 'channel' | 'offered'>
	readonly ours: Hello
	readonly theirs: Hello
}

function transcript({ link, ours, theirs }: Parties, conversations: readonly Bytes[]): Bytes {
	const { fingerprints } = link.channel
	const us = { idHash: ours.idHash, device: ours.device, fingerprint: fingerprints.ours }
	const them = { idHash: theirs.idHash, device: theirs.device, fingerprint: fingerprints.theirs }
	return encodePeerTranscript({
		offerer: link.offered ? us : them,
		answerer: link.offered ? them : us,
		sessionNonce: link.offered ? concatBytes(ours.nonce, theirs.nonce) : concatBytes(theirs.nonce, ours.nonce),
		conversations,
	})
}

export async function prove(
	{ self }: Pick<ConversationContext, 'self'>,
	parties: Parties,
	conversations: readonly Bytes[],
): Promise<Proof> {
	const signature = await self.keys.signing.sign('dtls', transcript(parties, conversations))
	return { t: 'proof', conversations, signature }
}

/** `account`: as its verified log says now. A device that has ended proves nothing. */
export async function isProven(
	{ crypto }: Pick<ConversationContext, 'crypto'>,
	parties: Parties,
	{ proof, account }: { readonly proof: Proof; readonly account: AccountState },
): Promise<boolean> {
	const device = deviceOf(account, parties.theirs.device)
	if (device === null || device.ended !== null) return false
	const body = transcript(parties, proof.conversations)
	const claim = claimOver(crypto.hash, 'dtls', { key: device.signingKey, body, signature: proof.signature })
	return (await crypto.verify([claim]))[0] === true
}
