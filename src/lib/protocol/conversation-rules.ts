/**
 * What is valid in a conversation log, as a table of named predicates, the same at the server and at every client
 * (SPEC CNV, EPO). An entry is valid iff its author had the right at seq−1.
 */
import { accountKeyAt, deviceOf, standingOf } from './account-lookups.ts'
import type { AccountState } from './account-state.ts'
import { bytesToBase64url, equalBytes, type Bytes } from './bytes.ts'
import {
	canAdminister,
	canWrite,
	isNextEpoch,
	isSoundBack,
	type ConversationCase,
	type ConversationRule,
	isDirectPolicy,
	isLifetime,
} from './conversation-case.ts'

export { directPolicy } from './conversation-case.ts'
import type {
	ConversationBody,
	ConversationBodyOf,
	ConversationEntryType,
	ConversationKind,
} from './conversation-log.ts'
import { memberRules } from './conversation-member-rules.ts'
import { isStoppedByArchive, roomRules } from './conversation-room-rules.ts'

/** Entries whose behaviour is built, by kind of conversation; the others are decoded and answered `unsupported-entry`. */
export type Supported = (kind: ConversationKind, type: ConversationEntryType) => boolean

const notice = ['create', 'rotate', 'cut'] as const
const direct = [...notice, 'policy'] as const
const ofMany = [
	...notice,
	...(['add', 'join', 'leave', 'remove', 'role'] as const),
	...(['link', 'linkEnd', 'policy', 'archive', 'restore', 'title'] as const),
] as const
export type BuiltEntry = (typeof ofMany)[number]
export type BuiltBody = ConversationBodyOf<BuiltEntry>

const built: Readonly<Record<ConversationKind, readonly BuiltEntry[]>> = {
	dm: direct,
	notes: direct,
	notice,
	group: ofMany,
	'room-open': ofMany,
	'room-private': ofMany,
}

export function isBuilt(kind: ConversationKind, type: ConversationEntryType): boolean {
	return (built[kind] as readonly string[]).includes(type)
}

export function isBuiltBody(body: ConversationBody): body is BuiltBody {
	return (ofMany as readonly string[]).includes(body.type)
}

/** Never valid between two people, friends or not, nor alone (SPEC CNV6). */
const notInDirect: ReadonlySet<ConversationEntryType> = new Set(['add', 'join', 'link', 'linkEnd', 'remove', 'role'])

export function isNeverInDirect(kind: ConversationKind, type: ConversationEntryType): boolean {
	return (kind === 'dm' || kind === 'notes' || kind === 'notice') && notInDirect.has(type)
}

type CreateBody = ConversationBodyOf<'create'>
type CreateRule = { readonly rule: string; readonly sentence: string; readonly holds: (body: CreateBody) => boolean }

const authorIsMember: CreateRule = {
	rule: 'CNV2',
	sentence: 'Who creates a conversation is one of its members.',
	holds: ({ author, members }) => members.some(({ idHash }) => equalBytes(idHash, author)),
}

const hasDirectPolicy: CreateRule = {
	rule: 'CNV4',
	sentence: 'Direct conversations, notices and notes share their history, invite nobody and hear no knock.',
	holds: ({ policy }) => isDirectPolicy(policy),
}

const hasLifetime: CreateRule = {
	rule: 'CNV40',
	sentence: 'A lifetime of messages is a second at least, and 366 days at most.',
	holds: ({ policy }) => isLifetime(policy.expiry),
}

const namesMembersOnly = (count: number): CreateRule => ({
	rule: 'CNV4',
	sentence: 'A direct conversation names exactly two accounts, notes exactly one, all as members.',
	holds: ({ members }) => members.length === count && members.every(({ role }) => role === 'member'),
})

const namesUserBesideOperator: CreateRule = {
	rule: 'CNV5',
	sentence: 'A notice names the operator who creates it and one user, both as members.',
	holds: ({ members }) => members.length === 2 && members.every(({ role }) => role === 'member'),
}

const hasOwner: CreateRule = {
	rule: 'CNV23',
	sentence: 'A group or room has an owner, and is created by one.',
	holds: ({ author, members }) => members.some(({ idHash, role }) => role === 'owner' && equalBytes(idHash, author)),
}

const sharesHistory: CreateRule = {
	rule: 'CNV25',
	sentence: 'An open room shares its history.',
	holds: ({ policy }) => policy.history === 'shared',
}

export const createRules: { readonly [K in ConversationKind]: readonly CreateRule[] } = {
	dm: [authorIsMember, namesMembersOnly(2), hasDirectPolicy, hasLifetime],
	notes: [authorIsMember, namesMembersOnly(1), hasDirectPolicy, hasLifetime],
	notice: [authorIsMember, namesUserBesideOperator, hasDirectPolicy, hasLifetime],
	group: [authorIsMember, hasOwner, hasLifetime],
	'room-open': [authorIsMember, hasOwner, sharesHistory, hasLifetime],
	'room-private': [authorIsMember, hasOwner, hasLifetime],
}

type EntryRules = {
	readonly [T in Exclude<BuiltEntry, 'create'>]: readonly ConversationRule<ConversationBodyOf<T>>[]
}

export const entryRules: EntryRules = {
	...memberRules,
	...roomRules,
	rotate: [
		{
			rule: 'EPO1',
			sentence: 'Who may write may rotate.',
			holds: ({ role }) => canWrite(role),
		},
		{
			rule: 'EPO2',
			sentence: 'A rotate makes the epoch after the newest.',
			holds: ({ state, body }) => isNextEpoch(state, body.epoch),
		},
		{
			rule: 'EPO3',
			sentence: 'Since the base of a rotate there were only add, join, link and raised roles.',
			holds: ({ state, body }) => body.base >= state.rotateBase,
		},
		{
			rule: 'EPO4',
			sentence: 'An epoch after the first has a back link to an earlier one exactly where history is shared.',
			holds: ({ state, body }) => isSoundBack(state.policy, body.epoch),
		},
		{
			rule: 'CNV3',
			sentence: 'The first rotate names every member in acc.',
			holds: ({ state, body }) => state.epochs.length > 0 || body.acc.length === state.members.size,
		},
		{
			rule: 'CNV12',
			sentence: 'A rotate names members only in acc.',
			holds: ({ state, body }) => body.acc.every(({ idHash }) => state.members.has(bytesToBase64url(idHash))),
		},
	],
	cut: [
		{
			rule: 'CNV14',
			sentence: 'Revoked devices are cut by another device of their account or by an admin.',
			holds: ({ body, role }) =>
				canAdminister(role) ||
				(equalBytes(body.author, body.account) && !body.devices.some((device) => equalBytes(device, body.device))),
		},
		{
			rule: 'CNV15',
			sentence: 'A cut names devices that ended at or before the head of their account that it names in acc.',
			holds: ({ body, accounts }) => body.devices.length > 0 && endedAtNamedHead(body, accounts),
		},
	],
}

/** The first rule that does not hold, or null. */
export function brokenEntryRule(entry: ConversationCase<Exclude<BuiltBody, CreateBody>>): string | null {
	if (isStoppedByArchive(entry.state, entry.body.type)) return 'CNV30'
	const rules = entryRules[entry.body.type] as readonly ConversationRule<typeof entry.body>[]
	return rules.find(({ holds }) => !holds(entry))?.rule ?? null
}

export function brokenCreateRule(body: CreateBody): string | null {
	return createRules[body.kind].find(({ holds }) => !holds(body))?.rule ?? null
}

/** One row of acc against the verified log of its account. */
export function judgeAccountRef(
	named: { readonly seq: number; readonly hash16: Bytes; readonly g: number },
	before: { readonly seq: number } | null,
	account: AccountState,
): 'ok' | 'hold' | 'CNV10' | 'CNV11' {
	if (before !== null && named.seq < before.seq) return 'CNV10'
	const standing = standingOf(account, named)
	if (standing === 'beyond') return 'hold'
	return standing === 'in' && accountKeyAt(account, named.seq).g === named.g ? 'ok' : 'CNV11'
}

/** `accounts` holds those that acc names: with one row, the account of the cut or none. */
function endedAtNamedHead(body: ConversationBodyOf<'cut'>, accounts: ReadonlyMap<string, AccountState>): boolean {
	const [named] = body.acc
	const account = accounts.get(bytesToBase64url(body.account))
	if (account === undefined || named === undefined || body.acc.length !== 1) return false
	return body.devices.every((device) => {
		const ended = deviceOf(account, device)?.ended
		return ended != null && ended.seq <= named.seq
	})
}
