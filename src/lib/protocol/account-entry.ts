/**
 * Account entries: settings, drafts, mutes, own markers, verified heads; one value per name, last writer wins by hlc
 * (SPEC ENT). The server knows neither names nor values.
 */
import { deviceOf, hasEndedBy } from './account-lookups.ts'
import type { AccountState } from './account-state.ts'
import { compareBytes, utf8ToBytes, type Bytes } from './bytes.ts'
import { bytes, encode, fixed, struct, u32, u64, versioned, type Decoded } from './codec.ts'
import { hlcTime } from './hlc.ts'
import { ACCOUNT_ENTRY_MAX } from './limits.ts'
import { aadTags, keyTags, tagged } from './tags.ts'

const place = {
	idHash: fixed(32),
	/** HMAC-SHA256(K_name, `entryNameInput`)[0..16]. */
	name: fixed(16),
	hlc: u64,
	/** Generation of SK that seals it. */
	v: u32,
}
const sealing = { device: fixed(16), nonce: fixed(12), ct: bytes(ACCOUNT_ENTRY_MAX) }
const entryPlace = struct(place)
const entryBody = versioned(1, struct({ ...place, ...sealing }))

/** Signed by `device`, certified and not revoked, purpose entry, over everything before the signature. */
export const signedAccountEntry = versioned(1, struct({ ...place, ...sealing, signature: fixed(64) }))
export type SignedAccountEntry = Decoded<typeof signedAccountEntry>

export function encodeAccountEntryBody(entry: Omit<SignedAccountEntry, 'signature'>): Bytes {
	return encode(entryBody, entry)
}

export function accountEntryAad(entry: Pick<SignedAccountEntry, 'idHash' | 'name' | 'hlc' | 'v'>): Bytes {
	return tagged(aadTags.entry, encode(entryPlace, entry))
}

/** MAC input for a name such as `draft/<convId>`. */
export function entryNameInput(name: string): Bytes {
	return tagged(keyTags.entryName, utf8ToBytes(name))
}

/** Does `a` replace `b` under one name: the later hlc, at equal hlc the higher device, so that all devices agree. */
export function replacesEntry(a: SignedAccountEntry, b: SignedAccountEntry): boolean {
	return a.hlc === b.hlc ? compareBytes(a.device, b.device) > 0 : a.hlc > b.hlc
}

/**
 * Is an entry to be ignored (SPEC ENT4): written under an older SK after the rekey that replaced it, by a device that had
 * ended by then, or by none that the log certifies. So what a thief writes with keys of before changes nothing.
 */
export function isIgnoredEntry(entry: SignedAccountEntry, account: AccountState): boolean {
	const time = hlcTime(entry.hlc)
	const device = deviceOf(account, entry.device)
	const replaced = account.aks[entry.v]
	if (device === null || hasEndedBy(account, device, time)) return true
	return entry.v < 1 || entry.v > account.aks.length || (replaced !== undefined && time > replaced.time)
}
