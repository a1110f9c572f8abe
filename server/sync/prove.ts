/** Who is at the other end of a socket: the access token says, the device's signature over both nonces proves it. */
import { base64urlToBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { textToId } from '#protocol/ids.ts'
import { ok } from '#protocol/result.ts'
import { checkDeviceProof } from '#server/domain/device-proof.ts'
import type { Access, Domain } from '#server/domain/domain.ts'
import { refuse, type Decided } from '#server/domain/refusal.ts'
import type { Peer, ProofClaim } from './connection-state.ts'

/** Refused: unauthenticated, session-ended, disabled, bad-device-proof, device-ended. */
export async function prove(domain: Domain, claim: ProofClaim): Promise<Decided<Access>> {
	const access = await domain.sessions.verifyAccess(claim.accessToken)
	if (!access.ok) return access
	const { account, device, sid } = access.value
	const { clientNonce, serverNonce, signature } = claim
	const subject = { use: 'socket', account, sid: base64urlToBytes(sid) as Bytes, serverNonce } as const
	const proven = await checkDeviceProof(domain, { device, clientNonce, signature }, subject)
	return proven.ok ? access : proven
}

/** A later token for the same session and device; answers when it ends. */
export async function renew(domain: Domain, accessToken: string, peer: Peer): Promise<Decided<number>> {
	const access = await domain.sessions.verifyAccess(accessToken)
	if (!access.ok) return access
	const { account, device, sid, expiresAt } = access.value
	const same = sid === peer.sid && isId('account', peer.account, account) && isId('device', peer.device, device)
	return same ? ok(expiresAt) : refuse('unauthenticated')
}

function isId(kind: 'account' | 'device', text: string, id: Bytes): boolean {
	const known = textToId(kind, text)
	return known !== null && equalBytes(known, id)
}
