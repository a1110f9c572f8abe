/** Verified states of conversation logs, cached: see state-cache.ts. */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { accountsNamed, decodeConversationBody } from '#protocol/conversation-log.ts'
import { verifyConversationLog, type AccountLookup } from '#protocol/conversation-state.ts'
import type { AccountState } from '#protocol/account-state.ts'
import type { SignedEntry } from '#protocol/log-entry.ts'
import { storedEntry, verifiedBefore } from './account-states.ts'
import type { AccountStates, ConversationStates, DomainPorts } from './domain.ts'
import { stateCache } from './state-cache.ts'

/** What is spoken in, not what is followed: a state of five members is 8 KB here, and read again in 0.2 ms. */
const statesMax = 1_000

export function createConversationStates(
	{ repositories, cluster, hash }: DomainPorts,
	accountStates: AccountStates,
): ConversationStates {
	const cache = stateCache(statesMax, async (conversation) => {
		const stored = await repositories.conversations.entries(conversation, 0)
		if (stored.length === 0) return null
		const entries = stored.map(storedEntry)
		const accounts = await accountsIn(accountStates, entries)
		const state = await verifyConversationLog({ entries, accounts, hash, verify: verifiedBefore })
		if (!state.ok) throw new Error(`a stored conversation log does not hold: ${state.error.type}`)
		return state.value
	})
	cluster.subscribe('conversation-log', ({ conversation }) => cache.drop(conversation))
	cluster.subscribe('stale', (stale) => {
		if (stale.of === 'conversation') cache.drop(stale.id)
		if (stale.of === 'everything') cache.dropAll()
	})
	return { get: cache.get }
}

/** The states of all accounts that these entries speak of: what is needed to judge them. */
export async function accountsIn(states: AccountStates, entries: readonly SignedEntry[]): Promise<AccountLookup> {
	const ids = new Map<string, Bytes>()
	for (const entry of entries) {
		const body = decodeConversationBody(entry.body)
		if (body.ok) for (const id of accountsNamed(body.value)) ids.set(bytesToBase64url(id), id)
	}
	const known = new Map<string, AccountState | null>()
	for (const [key, id] of ids) known.set(key, await states.get(id))
	return (id) => known.get(bytesToBase64url(id)) ?? null
}
