/** What a rule of a conversation log is asked about, and what its tables have in common: rules are sentences (SPEC CNV). */
import type { AccountState } from './account-state.ts'
import { bytesToBase64url, type Bytes } from './bytes.ts'
import type { ConversationBody, Epoch, Policy, Role } from './conversation-log.ts'
import type { ConversationState } from './conversation-state.ts'
import { LIFETIME_MAX, LIFETIME_MIN } from './limits.ts'

export interface ConversationCase<B = ConversationBody> {
	/** As it was at seq − 1. */
	readonly state: ConversationState
	readonly seq: number
	readonly body: B
	/** The author's role at seq − 1; null only in a join. */
	readonly role: Role | null
	/** Verified logs of the accounts that the entry names in `acc`. */
	readonly accounts: ReadonlyMap<string, AccountState>
	/** Id of the link that the entry brings. */
	readonly link: string | null
}

export interface ConversationRule<B> {
	readonly rule: string
	readonly sentence: string
	readonly holds: (entry: ConversationCase<B>) => boolean
}

/** Who posts, and so may make epoch keys. */
export function canWrite(role: Role | null): boolean {
	return role === 'owner' || role === 'admin' || role === 'member'
}

export function canAdminister(role: Role | null): boolean {
	return role === 'owner' || role === 'admin'
}

const ranks: Readonly<Record<Role, number>> = { owner: 4, admin: 3, member: 2, reader: 1 }

export function rankOf(role: Role): number {
	return ranks[role]
}

/** Who adds members and makes links. */
export function mayInvite(policy: Policy, role: Role | null): boolean {
	if (policy.invite === 'nobody') return false
	return canAdminister(role) || (policy.invite === 'members' && role === 'member')
}

/** The one policy of direct conversations, notices and notes; the lifetime of messages is no part of it (SPEC CNV39). */
export const directPolicy: Policy = { history: 'shared', invite: 'nobody', knock: 'no', expiry: null }

export function isDirectPolicy({ history, invite, knock }: Policy): boolean {
	return history === directPolicy.history && invite === directPolicy.invite && knock === directPolicy.knock
}

/** Of messages that disappear, ms; null for those that stay (SPEC CNV40). */
export function isLifetime(expiry: number | null): boolean {
	return expiry === null || (expiry >= LIFETIME_MIN && expiry <= LIFETIME_MAX)
}

/** Between two, and with oneself, nobody administers: who writes says how long messages live. */
export function maySetPolicy({ kind }: Pick<ConversationState, 'kind'>, role: Role | null): boolean {
	return canAdminister(role) || ((kind === 'dm' || kind === 'notes') && role === 'member')
}

export function isMember({ members }: Pick<ConversationState, 'members'>, account: Bytes): boolean {
	return members.has(bytesToBase64url(account))
}

export function roleOf({ members }: Pick<ConversationState, 'members'>, account: Bytes): Role | null {
	return members.get(bytesToBase64url(account))?.role ?? null
}

/** The epoch after the newest, of which the first sequenced wins (SPEC EPO2). */
export function isNextEpoch(state: ConversationState, { n }: Epoch): boolean {
	return n === state.epochs.length + 1
}

/** A back link to an earlier epoch exactly where history is shared (SPEC EPO4). */
export function isSoundBack(policy: Policy, epoch: Epoch): boolean {
	if (epoch.n === 1 || policy.history === 'from-join') return epoch.back === null
	return epoch.back !== null && epoch.back.m >= 1 && epoch.back.m < epoch.n
}

/** Is there an owner left when these roles have changed (null: gone), or nobody at all? */
export function keepsOwner(
	{ members }: Pick<ConversationState, 'members'>,
	changes: ReadonlyMap<string, Role | null>,
): boolean {
	const roles = [...members].map(([key, { role }]) => (changes.has(key) ? changes.get(key) : role))
	const left = roles.filter((role) => role != null)
	return left.length === 0 || left.includes('owner')
}
