/**
 * Who can read what is written from now on: whoever holds the key of the newest epoch (row C6). Told from the verified log:
 * every member at its head is due a box of that key (SPEC EPO6), and who was one when the epoch was made has had his.
 * Exact states; the words are the screen's.
 */
import { accountSeqAt } from '#protocol/conversation-lookups.ts'
import type { MemberRef } from '#protocol/conversation-log.ts'
import { isUsable } from '#protocol/conversation-member-rules.ts'
import type { AccountLookup, ConversationState } from '#protocol/conversation-state.ts'
import type { AccountId, ReadersView } from './api.ts'

export interface ReadersFrom {
	readonly self: AccountId
	/** Verified account logs; a log that is not here tells of no revoked device. */
	readonly accounts: AccountLookup
	/** ms: a link that has expired lets nobody in. */
	readonly now: number
}

export function toReaders(state: ConversationState, { self, accounts, now }: ReadersFrom): ReadersView {
	const madeAt = state.epochs.at(-1)?.seq ?? 0
	const left = [...state.roles].flatMap(([account, changes]) => {
		const last = changes.at(-1)
		return last !== undefined && last.role === null && last.seq > madeAt ? [account] : []
	})
	const revoking = [...state.members.values()].filter((member) => hasRevokedSince(member, madeAt, { state, accounts }))
	return { who: whoReads(state, self, now), past: { people: left, devicesOf: revoking.length } }
}

function whoReads(
	{ kind, members, links, policy }: ConversationState,
	self: AccountId,
	now: number,
): ReadersView['who'] {
	// The server keeps the secret by which anybody here joins.
	const people = [...members.keys()]
	if (kind === 'room-open') return { type: 'server', people }
	const others = people.filter((account) => account !== self)
	const [other] = others
	// Nobody can be added, and no link be made.
	const growsNever = kind === 'dm' || kind === 'notice' || kind === 'notes'
	if (growsNever && other === undefined) return { type: 'only-you' }
	if (growsNever && other !== undefined && others.length === 1) return { type: 'pair', other }
	const joiners = policy.history === 'shared' ? 'see-earlier' : 'see-later'
	return { type: 'members', people, joiners, links: [...links.values()].filter((link) => isUsable(link, now)).length }
}

/** The epoch was made for the devices that this member had at the head that it names. */
function hasRevokedSince(
	{ idHash }: MemberRef,
	madeAt: number,
	{ state, accounts }: { readonly state: ConversationState; readonly accounts: AccountLookup },
): boolean {
	const named = accountSeqAt(state, idHash, madeAt)
	const devices = [...(accounts(idHash)?.devices.values() ?? [])]
	return devices.some(({ revokedAt }) => revokedAt !== null && revokedAt > named)
}
