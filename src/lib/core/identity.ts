/**
 * The seam between the two halves of the core: who we are and whom we know (accounts, friends, session) on one side,
 * what is said (conversations) on the other. The second half sees the first only through these types.
 */
import type { DeviceKeys } from '#crypto/device-keys.ts'
import type { AccountState } from '#protocol/account-state.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { SignedHead } from '#protocol/head.ts'
import type { LinkFragmentOf } from '#protocol/link.ts'
import type { SignedEntry } from '#protocol/log-entry.ts'
import type { Result } from '#protocol/result.ts'
import type { Challenge } from '#sync/connection-state.ts'
import type { Proof } from '#sync/connection.ts'
import type { PersonRow } from './account-rows.ts'
import type { AccountId, DeviceId, FriendState, KithError, PersonView } from './api.ts'

/** The signed-in account on this device. */
export interface Self {
	readonly account: AccountId
	/** 32 bytes. */
	readonly idHash: Bytes
	readonly device: DeviceId
	/** 16 bytes. */
	readonly deviceId: Bytes
	/** Of this device: signing and receiving. */
	readonly keys: DeviceKeys
	/** Secret of AK_g (X-Wing seed, 32 bytes), to open boxes; null when the vault does not hold it. */
	readonly accountKey: (g: number) => Bytes | null
	/** A visitor without an account: no log names it, and it reads what is open to all. */
	readonly isGuest: boolean
	/** Ed25519 key of the server, 32 bytes: checks signed heads. */
	readonly serverKey: Bytes
}

/** A log as it goes over the wire, base64url, with a head that the server signed and the newest account key. */
export interface ToldLog {
	readonly log: { readonly from: number; readonly entries: readonly string[]; readonly head: string }
	readonly ak: { readonly g: number; readonly key: string }
}

/** Verified account logs: the only source of anybody's keys. */
export interface Accounts {
	/** What is verified and in memory now. */
	readonly known: (account: AccountId) => AccountState | null
	/** From memory, store or server; verified in any case. */
	readonly load: (account: AccountId) => Promise<Result<AccountState, KithError>>
	/** All of them who are not known yet, together. Who cannot be had, or is not verified, stays unknown. */
	readonly loadAll: (accounts: readonly AccountId[]) => Promise<void>
	/** Asks the server for what is newer than we know. */
	readonly refresh: (account: AccountId) => Promise<Result<AccountState, KithError>>
	/** By another device, of somebody who is known: judged like what the server says, with the head that it signed. */
	readonly told: (account: AccountId, log: ToldLog) => Promise<void>
	/** Verified entries from the first on, and what goes with them. */
	readonly kept: (
		account: AccountId,
	) => Promise<{ readonly entries: readonly SignedEntry[]; readonly person: PersonRow | null }>
	/** The newest account key to seal boxes to: checked against the hash in the log. X-Wing, 1,216 bytes. */
	readonly boxKey: (account: AccountId) => Promise<Result<{ g: number; key: Bytes }, KithError>>
	readonly person: (account: AccountId) => PersonView
	/** Called after each verified change of anybody's log. */
	readonly onChange: (listener: (account: AccountId) => void) => () => void
	/** A push from the hub. */
	readonly pushed: (message: { account: AccountId; from: number; entries: readonly string[]; head: string }) => void
}

export interface Friends {
	readonly stateOf: (account: AccountId) => FriendState | null
	/** Who asks us. */
	readonly incoming: () => readonly AccountId[]
	readonly request: (
		to: { name: string } | { link: LinkFragmentOf<'friend'> },
	) => Promise<Result<{ account: AccountId; state: FriendState }, KithError>>
	readonly accept: (account: AccountId) => Promise<Result<null, KithError>>
	readonly onChange: (listener: () => void) => () => void
	/** The hub says that something changed, or we are online again. */
	readonly refresh: () => Promise<void>
}

export interface Tokens {
	/** A live access token; null code while offline. */
	readonly access: () => Promise<Result<string, WireErrorCode | null>>
	/** What the socket's challenge asks for. */
	readonly prove: (challenge: Challenge, clientNonce: Bytes) => Promise<Result<Proof, WireErrorCode | null>>
}

/** Server time by our clock: `clock() + offset`, kept from the newest answer. */
export interface ServerTime {
	readonly now: () => number
	readonly observe: (serverTime: number) => void
}

/** True when the server at our `serverKey` signed this head. */
export type CheckHead = (head: SignedHead, subject: Bytes) => Promise<boolean>
