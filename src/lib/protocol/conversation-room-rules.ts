/** What a group or room is like: the rules of link, end of a link, policy, archive, restore and title (SPEC CNV). */
import { bytesToBase64url, equalBytes } from './bytes.ts'
import {
	canAdminister,
	isDirectPolicy,
	isLifetime,
	mayInvite,
	maySetPolicy,
	type ConversationRule,
} from './conversation-case.ts'
import type { ConversationBodyOf, ConversationEntryType } from './conversation-log.ts'
import { isArchivedAt } from './conversation-lookups.ts'
import type { ConversationState } from './conversation-state.ts'
import { LINKS_MAX } from './limits.ts'

type RoomEntry = 'link' | 'linkEnd' | 'policy' | 'archive' | 'restore' | 'title'
type Rules<T extends RoomEntry> = readonly ConversationRule<ConversationBodyOf<T>>[]

const linkRules: Rules<'link'> = [
	{
		rule: 'CNV21',
		sentence: 'Who the policy lets invite makes links, for members and readers.',
		holds: ({ state, body, role }) =>
			mayInvite(state.policy, role) && (body.role === 'member' || body.role === 'reader'),
	},
	{
		rule: 'CNV25',
		sentence: 'There are links only where history is shared.',
		holds: ({ state }) => state.policy.history === 'shared',
	},
	{
		rule: 'CNV31',
		sentence: 'A link has a key that no link of this log had, for the newest epoch; there are at most 64.',
		holds: ({ state, body, link }) =>
			link !== null && !state.linksEver.has(link) && state.links.size < LINKS_MAX && body.n === state.epochs.length,
	},
]

const linkEndRules: Rules<'linkEnd'> = [
	{
		rule: 'CNV32',
		sentence: 'A link is ended by an owner or admin, or by who made it.',
		holds: ({ state, body, role }) =>
			body.links.length > 0 &&
			body.links.every((id) => {
				const link = state.links.get(bytesToBase64url(id))
				return canAdminister(role) || (link !== undefined && equalBytes(link.by, body.author))
			}),
	},
]

const policyRules: Rules<'policy'> = [
	{
		rule: 'CNV20',
		sentence: 'Owners and admins set the policy; between two, and in notes, whoever writes.',
		holds: ({ state, role }) => maySetPolicy(state, role),
	},
	{
		rule: 'CNV39',
		sentence: 'In direct conversations and notes a policy changes the lifetime of messages, and nothing else.',
		holds: ({ state, body }) => (state.kind !== 'dm' && state.kind !== 'notes') || isDirectPolicy(body.policy),
	},
	{
		rule: 'CNV40',
		sentence: 'A lifetime of messages is a second at least, and 366 days at most.',
		holds: ({ body }) => isLifetime(body.policy.expiry),
	},
	{
		rule: 'CNV25',
		sentence: 'An open room shares its history.',
		holds: ({ state, body }) => state.kind !== 'room-open' || body.policy.history === 'shared',
	},
]

const archiveRules: Rules<'archive'> = [
	{
		rule: 'CNV20',
		sentence: 'Owners and admins archive.',
		holds: ({ role }) => canAdminister(role),
	},
]

const restoreRules: Rules<'restore'> = [
	{
		rule: 'CNV20',
		sentence: 'Owners and admins restore.',
		holds: ({ role }) => canAdminister(role),
	},
	{
		rule: 'CNV30',
		sentence: 'What is archived is restored.',
		holds: ({ state }) => isArchivedAt(state, state.head.seq),
	},
]

const titleRules: Rules<'title'> = [
	{
		rule: 'CNV20',
		sentence: 'Owners and admins name a conversation.',
		holds: ({ role }) => canAdminister(role),
	},
	{
		rule: 'CNV33',
		sentence: 'A title is sealed under an epoch of this log.',
		holds: ({ state, body }) => body.n >= 1 && body.n <= state.epochs.length,
	},
]

export const roomRules = {
	link: linkRules,
	linkEnd: linkEndRules,
	policy: policyRules,
	archive: archiveRules,
	restore: restoreRules,
	title: titleRules,
}

/** What an archived conversation still takes (SPEC CNV30). */
const whileArchived: ReadonlySet<ConversationEntryType> = new Set(['leave', 'remove', 'cut', 'restore'])

export function isStoppedByArchive(state: ConversationState, type: ConversationEntryType): boolean {
	return !whileArchived.has(type) && isArchivedAt(state, state.head.seq)
}
