/** A device proves its key: a signature, purpose auth, over a body that both sides build (protocol.md §5). */
import { encodeAuthBody, type AuthBody } from '#protocol/auth.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { AccountStates, DomainPorts, Instance } from './domain.ts'
import { refuse, type Decided } from './refusal.ts'

export interface DeviceProof {
	readonly device: Bytes
	/** 32 bytes. */
	readonly clientNonce: Bytes
	/** 64 bytes. */
	readonly signature: Bytes
}

export interface ProofSubject {
	readonly use: Extract<AuthBody['use'], 'socket' | 'refresh' | 'ticket'>
	readonly account: Bytes
	/** 16 bytes; zeros where there is no session yet. */
	readonly sid: Bytes
	/** The nonce that this server gave, 32 bytes. Its single use is the caller's to see to. */
	readonly serverNonce: Bytes
}

interface ProofContext extends Pick<DomainPorts, 'hash' | 'verify'> {
	readonly instance: Instance
	readonly accountStates: AccountStates
}

/** Refused: bad-device-proof; device-ended only to who holds the device's key. */
export async function checkDeviceProof(
	{ hash, verify, instance, accountStates }: ProofContext,
	proof: DeviceProof,
	{ use, account, sid, serverNonce }: ProofSubject,
): Promise<Decided<null>> {
	const state = await accountStates.get(account)
	const device = state?.devices.get(bytesToBase64url(proof.device))
	if (device === undefined) return refuse('bad-device-proof')
	const { clientNonce, signature } = proof
	const names = { server: instance.serverId, idHash: account, device: proof.device, sid }
	const body = encodeAuthBody({ use, ...names, clientNonce, serverNonce })
	const [proven] = await verify([claimOver(hash, 'auth', { key: device.signingKey, body, signature })])
	if (proven !== true) return refuse('bad-device-proof')
	return device.ended === null ? ok(null) : refuse('device-ended')
}
