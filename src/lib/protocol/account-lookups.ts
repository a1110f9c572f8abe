/** Questions that the rest of the protocol asks of a verified account log. */
import type { AccountDevice, AccountKey, AccountState } from './account-state.ts'
import { bytesToBase64url, equalBytes, type Bytes } from './bytes.ts'

/** Null where the known log certifies no such device. */
export function deviceOf(state: AccountState, deviceId: Bytes): AccountDevice | null {
	return state.devices.get(bytesToBase64url(deviceId)) ?? null
}

/**
 * May this device author where the last `acc` for its account names `accSeq`? It must be certified anywhere in the known
 * log, and not ended at or before accSeq (SPEC DEV4). accSeq is −1 where nothing was named yet.
 */
export function mayAuthorAt(device: AccountDevice, accSeq: number): boolean {
	return device.ended === null || device.ended.seq > accSeq
}

/** The newest AK at a position of the log. */
export function accountKeyAt(state: AccountState, seq: number): AccountKey {
	return state.aks.findLast(({ since }) => since <= seq) ?? (state.aks[0] as AccountKey)
}

/** Is (seq, hash16) a position of this log; `beyond` = the known log is too short to say. */
export function standingOf(state: AccountState, head: { seq: number; hash16: Bytes }): 'in' | 'not-in' | 'beyond' {
	const known = state.hashes[head.seq]
	if (known === undefined) return 'beyond'
	return equalBytes(known.subarray(0, 16), head.hash16) ? 'in' : 'not-in'
}

/** Has this device ended by `time` (ms), by the signed times of the log. */
export function hasEndedBy(state: AccountState, device: AccountDevice, time: number): boolean {
	return device.ended !== null && (state.times[device.ended.seq] as number) <= time
}
