/**
 * Bodies of an account log: who may act for an account, and since when (SPEC ACC, DEV, UNL). A body begins
 * v1 ‖ type1 ‖ seq4 ‖ h at seq−1 (zeros for the first) ‖ time8. Whether an entry is valid where it stands is
 * account-state.ts's question; here is only what the bytes say.
 */
import type { Bytes } from './bytes.ts'
import {
	decode,
	encode,
	fixed,
	list,
	optional,
	set,
	struct,
	time8,
	u32,
	union,
	versioned,
	type Decoded,
	type DecodeError,
} from './codec.ts'
import { ACCOUNT_BODY_MAX, FORK_HEADS_MAX, REVOKED_AT_ONCE_MAX } from './limits.ts'
import { logHead } from './log-entry.ts'
import { fail, type Result } from './result.ts'
import { methodSet } from './unlock.ts'

/** A device's public keys; its deviceId follows from the first. */
export const deviceKeys = struct({
	/** Ed25519 public key. */
	signingKey: fixed(32),
	/** SHA-256 of the X-Wing public key. */
	kemHash: fixed(32),
})
export type DeviceKeys = Decoded<typeof deviceKeys>

/** Signed by the device itself, purpose dev: this key belongs to this account. */
export const certificateBody = struct({ idHash: fixed(32), signingKey: fixed(32), kemHash: fixed(32) })
export type CertificateBody = Decoded<typeof certificateBody>

/** Which VK is in force: gen counts from 1, commit = SHA-256("kith/vk/1" ‖ gen4 ‖ VK). */
export const vaultKeyRef = struct({ gen: u32, commit: fixed(32) })
export type VaultKeyRef = Decoded<typeof vaultKeyRef>

/** New AK_g, VK and SK_{g+1}: after it whoever knew the old keys reads nothing new. */
export const rekey = struct({ g: u32, akHash: fixed(32), vk: vaultKeyRef })
export type Rekey = Decoded<typeof rekey>

/** What setMethods does to the keys: nothing, a new VK, or a rekey. */
const renewal = union('renew', { nothing: [0, struct({})], vault: [1, struct({ vk: vaultKeyRef })], all: [2, rekey] })

const setMethods = struct({ methods: methodSet, keys: renewal })
const revokeDevice = struct({ devices: set(fixed(16), REVOKED_AT_ONCE_MAX), rekey })
const end = struct({})

/** What may be proposed; the same fields stand in the entry that carries it out. */
const proposedAction = union('type', { setMethods: [3, setMethods], revokeDevice: [4, revokeDevice], end: [6, end] })

const header = { seq: u32, previous: fixed(32), time: time8 }
/** seq of the proposal that this entry carries out; null when its signer acts by his own right. */
const proposal = optional(u32)

const accountBody = versioned(
	1,
	union('type', {
		create: [
			1,
			struct({
				...header,
				/** SHA-256 of AK_0's X-Wing public key. */
				akHash: fixed(32),
				methods: methodSet,
				device: deviceKeys,
				vk: vaultKeyRef,
				random: fixed(16),
			}),
		],
		/** `boxHash` = SHA-256 of the VK box for the new device, which lies beside the entry. */
		addDevice: [2, struct({ ...header, device: deviceKeys, boxHash: fixed(32) })],
		setMethods: [3, struct({ ...header, action: setMethods, proposal })],
		revokeDevice: [4, struct({ ...header, action: revokeDevice, proposal })],
		retireDevice: [5, struct({ ...header, device: fixed(16) })],
		end: [6, struct({ ...header, action: end, proposal })],
		propose: [7, struct({ ...header, action: proposedAction })],
		/** Ends a fork: the heads that do not stay are named, the entry itself follows the one that does. */
		resolveFork: [8, struct({ ...header, dropped: list(logHead, FORK_HEADS_MAX) })],
	}),
)
export type AccountBody = Decoded<typeof accountBody>
export type AccountBodyOf<T extends AccountBody['type']> = Extract<AccountBody, { type: T }>

export function encodeAccountBody(body: AccountBody): Bytes {
	return encode(accountBody, body)
}

export function decodeAccountBody(bytes: Uint8Array): Result<AccountBody, DecodeError> {
	if (bytes.length > ACCOUNT_BODY_MAX) return fail({ type: 'malformed', reason: 'longer than an account entry' })
	return decode(accountBody, bytes)
}

export function encodeCertificateBody(body: CertificateBody): Bytes {
	return encode(certificateBody, body)
}
