/** Who comes, goes and changes roles in a group or room: the rules of add, join, leave, remove and role (SPEC CNV). */
import { bytesToBase64url, equalBytes, type Bytes } from './bytes.ts'
import {
	canAdminister,
	canWrite,
	isMember,
	isNextEpoch,
	isSoundBack,
	keepsOwner,
	mayInvite,
	rankOf,
	roleOf,
	type ConversationRule,
} from './conversation-case.ts'
import type { AccountRef, ConversationBodyOf, MemberRef } from './conversation-log.ts'
import { epochAt } from './conversation-lookups.ts'
import type { ConversationState, LinkRecord } from './conversation-state.ts'
import { MEMBERS_MAX } from './limits.ts'

type Rules<T extends 'add' | 'join' | 'leave' | 'remove' | 'role'> = readonly ConversationRule<ConversationBodyOf<T>>[]

const addRules: Rules<'add'> = [
	{
		rule: 'CNV21',
		sentence: 'Who the policy lets invite adds, and gives no role above member, or as an admin none above his own.',
		holds: ({ state, body, role }) =>
			mayInvite(state.policy, role) && body.members.every((member) => mayGive(role, member)),
	},
	{
		rule: 'CNV24',
		sentence: 'An add names accounts that are no members, each of them in acc.',
		holds: ({ state, body }) =>
			body.members.length > 0 &&
			state.members.size + body.members.length <= MEMBERS_MAX &&
			body.members.every(({ idHash }) => !isMember(state, idHash) && names(body.acc, idHash)),
	},
	{
		rule: 'CNV25',
		sentence: 'Where members read from their joining on, an add makes an epoch; else it may give the newest.',
		holds: ({ state, body: { keys } }) =>
			keys.give === 'rotate' || (state.policy.history === 'shared' && keys.n === state.epochs.length),
	},
	{
		rule: 'EPO1',
		sentence: 'Who may write may rotate.',
		holds: ({ body, role }) => body.keys.give === 'current' || canWrite(role),
	},
	{
		rule: 'EPO2',
		sentence: 'A rotate makes the epoch after the newest.',
		holds: ({ state, body: { keys } }) => keys.give === 'current' || isNextEpoch(state, keys),
	},
	{
		rule: 'EPO4',
		sentence: 'An epoch after the first has a back link to an earlier one exactly where history is shared.',
		holds: ({ state, body: { keys } }) => keys.give === 'current' || isSoundBack(state.policy, keys),
	},
	{
		rule: 'CNV12',
		sentence: 'Acc names those who are members after the entry.',
		holds: ({ state, body }) =>
			body.acc.every(
				({ idHash }) => isMember(state, idHash) || body.members.some((member) => equalBytes(member.idHash, idHash)),
			),
	},
]

const joinRules: Rules<'join'> = [
	{
		rule: 'CNV26',
		sentence: 'Who is no member, and was not removed, joins by a link that is live, not expired and not used up.',
		holds: ({ state, body }) => {
			const link = state.links.get(bytesToBase64url(body.link))
			const account = bytesToBase64url(body.author)
			return (
				link !== undefined &&
				isUsable(link, body.time) &&
				!state.members.has(account) &&
				!state.removed.has(account) &&
				state.members.size < MEMBERS_MAX
			)
		},
	},
	{
		rule: 'CNV26',
		sentence: 'A join names the newest epoch at its base, and the joiner in acc and nobody else.',
		holds: ({ state, body }) =>
			epochAt(state, body.base)?.n === body.n && body.acc.length === 1 && names(body.acc, body.author),
	},
]

const leaveRules: Rules<'leave'> = [
	{
		rule: 'CNV23',
		sentence: 'The last owner leaves only as the last member.',
		holds: ({ state, body }) => keepsOwner(state, new Map([[bytesToBase64url(body.author), null]])),
	},
]

const removeRules: Rules<'remove'> = [
	{
		rule: 'CNV28',
		sentence: 'An owner or admin removes members other than himself.',
		holds: ({ state, body, role }) =>
			canAdminister(role) &&
			body.accounts.length > 0 &&
			body.accounts.every((account) => isMember(state, account) && !equalBytes(account, body.author)),
	},
	{
		rule: 'CNV22',
		sentence: 'Owners alone make and unmake owners.',
		holds: ({ state, body, role }) =>
			role === 'owner' || body.accounts.every((account) => roleOf(state, account) !== 'owner'),
	},
	{
		rule: 'EPO2',
		sentence: 'A rotate makes the epoch after the newest.',
		holds: ({ state, body }) => isNextEpoch(state, body.epoch),
	},
	{
		rule: 'EPO4',
		sentence: 'An epoch after the first has a back link to an earlier one exactly where history is shared.',
		holds: ({ state, body }) => isSoundBack(state.policy, body.epoch),
	},
	{
		rule: 'CNV12',
		sentence: 'Acc names those who are members after the entry.',
		holds: ({ state, body }) =>
			body.acc.every(
				({ idHash }) => isMember(state, idHash) && !body.accounts.some((gone) => equalBytes(gone, idHash)),
			),
	},
]

const roleRules: Rules<'role'> = [
	{
		rule: 'CNV29',
		sentence: 'An owner or admin gives members a role that they do not have.',
		holds: ({ state, body, role }) =>
			canAdminister(role) &&
			body.members.length > 0 &&
			body.members.every((member) => ![null, member.role].includes(roleOf(state, member.idHash))),
	},
	{
		rule: 'CNV22',
		sentence: 'Owners alone make and unmake owners.',
		holds: ({ state, body, role }) =>
			role === 'owner' ||
			body.members.every((member) => member.role !== 'owner' && roleOf(state, member.idHash) !== 'owner'),
	},
	{
		rule: 'CNV23',
		sentence: 'A group or room has an owner.',
		holds: ({ state, body }) =>
			keepsOwner(state, new Map(body.members.map(({ idHash, role }) => [bytesToBase64url(idHash), role]))),
	},
	{
		rule: 'CNV29',
		sentence: 'A role entry has a cut exactly where a right to write ends.',
		holds: ({ state, body }) => (body.cut !== null) === losesWriting(state, body).length > 0,
	},
]

export const memberRules = {
	add: addRules,
	join: joinRules,
	leave: leaveRules,
	remove: removeRules,
	role: roleRules,
}

/** Whose right to write a role entry ends. */
export function losesWriting(
	state: Pick<ConversationState, 'members'>,
	{ members }: Pick<ConversationBodyOf<'role'>, 'members'>,
): readonly Bytes[] {
	const loses = ({ idHash, role }: MemberRef) => canWrite(roleOf(state, idHash)) && !canWrite(role)
	return members.filter(loses).map(({ idHash }) => idHash)
}

/** `time`: of the entry that would use it. */
export function isUsable({ expires, uses, used }: LinkRecord, time: number): boolean {
	return (expires === null || time < expires) && (uses === null || used < uses)
}

function mayGive(by: MemberRef['role'] | null, { role }: MemberRef): boolean {
	return by !== null && rankOf(role) <= (canAdminister(by) ? rankOf(by) : rankOf('member'))
}

function names(acc: readonly AccountRef[], account: Bytes): boolean {
	return acc.some(({ idHash }) => equalBytes(idHash, account))
}
