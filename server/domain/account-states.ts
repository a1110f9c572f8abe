/** Verified states of account logs. Entries were verified before they were stored: loading them checks all but signatures. */
import { decode } from '#protocol/codec.ts'
import { verifyAccountLog } from '#protocol/account-state.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import type { Verify } from '#protocol/ports.ts'
import type { Bytes } from '#protocol/bytes.ts'
import type { AccountStates, DomainPorts } from './domain.ts'
import { stateCache } from './state-cache.ts'

/** A state is 3 KB here, and read again in 0.1 ms. */
const statesMax = 2_000

/** For what this server verified itself and then kept: a database that lies to its own server is not an attacker here. */
export const verifiedBefore: Verify = async (claims) => claims.map(() => true)

export function createAccountStates({ repositories, cluster, hash }: DomainPorts): AccountStates {
	const cache = stateCache(statesMax, async (account) => {
		const stored = await repositories.accountLogs.entries(account, 0)
		if (stored.length === 0) return null
		const state = await verifyAccountLog({ entries: stored.map(storedEntry), hash, verify: verifiedBefore })
		if (!state.ok) throw new Error(`a stored account log does not hold: ${state.error.type}`)
		return state.value
	})
	cluster.subscribe('account-log', ({ account }) => cache.drop(account))
	cluster.subscribe('stale', (stale) => {
		if (stale.of === 'account') cache.drop(stale.id)
		if (stale.of === 'everything') cache.dropAll()
	})
	return { get: cache.get, atHand: cache.atHand }
}

/** An entry that was decoded before it was stored. */
export function storedEntry(bytes: Bytes): SignedEntry {
	const entry = decode(signedEntry, bytes)
	if (!entry.ok) throw new Error(`a stored entry does not decode: ${entry.error.reason}`)
	return entry.value
}
