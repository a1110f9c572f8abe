/** Who is at the other end of a socket: the access token says, the device's signature over both nonces proves it. */
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { ok } from '#protocol/result.ts'
import { checkDeviceProof } from '#server/domain/device-proof.ts'
import type { Access, Domain } from '#server/domain/domain.ts'
import type { GuestAccess } from '#server/domain/guest-sessions.ts'
import { refuse, type Decided } from '#server/domain/refusal.ts'
import type { Peer, ProofClaim } from './connection-state.ts'

/** Who holds a token: a device of an account, or a guest. */
export type Holder = Access | GuestAccess

/** Refused: unauthenticated, session-ended, disabled; no-guests, guest-ended. */
export async function holderOf(domain: Domain, accessToken: string): Promise<Decided<Holder>> {
	const access = await domain.sessions.verifyAccess(accessToken)
	// What opens nothing of an account's is the token of a guest (GST2).
	return access.ok || access.error.type !== 'forbidden' ? access : domain.guests.verifyAccess(accessToken)
}

/** Refused: as `holderOf`, bad-device-proof, device-ended. */
export async function prove(domain: Domain, claim: ProofClaim): Promise<Decided<Holder>> {
	const holder = await holderOf(domain, claim.accessToken)
	if (!holder.ok) return holder
	const proven = await checkProof(domain, holder.value, claim)
	return proven.ok ? holder : proven
}

function checkProof(domain: Domain, holder: Holder, claim: ProofClaim): Promise<Decided<null>> {
	const { clientNonce, serverNonce, signature } = claim
	if (holder.role === 'guest') return domain.guests.checkProof(holder, { clientNonce, serverNonce, signature })
	const { account, device, sid } = holder
	const subject = { use: 'socket', account, sid: base64urlToBytes(sid) as Bytes, serverNonce } as const
	return checkDeviceProof(domain, { device, clientNonce, signature }, subject)
}

/** A later token for the same session and device; answers when it ends. */
export async function renew(domain: Domain, accessToken: string, peer: Peer): Promise<Decided<number>> {
	const access = await holderOf(domain, accessToken)
	if (!access.ok) return access
	const { account, device, sid, expiresAt } = access.value
	const same = sid === peer.sid && isId('account', peer.account, account) && isId('device', peer.device, device)
	return same ? ok(expiresAt) : refuse('unauthenticated')
}

function isId(kind: 'account' | 'device', text: string, id: Bytes): boolean {
	const known = textToId(kind, text)
	return known !== null && equalBytes(known, id)
}
