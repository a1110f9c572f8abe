/** Who may ask whom, answer, withdraw, end and block: named predicates, each with its sentence and the code that says it (product F2). */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import type { WireErrorCode } from '#protocol/errors.ts'
import type { FriendshipRow } from './ports.ts'
import { refuse, type Decided } from './refusal.ts'
import { ok } from '#protocol/result.ts'

export interface FriendCase {
	/** Who acts. */
	readonly from: Bytes
	readonly to: Bytes
	/** Is there an account `to` that is not disabled? */
	readonly isHere: boolean
	/** What stands between the two, whoever asked. */
	readonly between: FriendshipRow | null
	/** Has `from` blocked `to`? What `to` did is never asked: no answer may tell it. */
	readonly hasBlocked: boolean
	/** One of the two is a bot, and the other not its owner. */
	readonly isForeignBot: boolean
}

interface FriendRule {
	readonly code: WireErrorCode
	readonly sentence: string
	readonly holds: (about: FriendCase) => boolean
}

const isPending = ({ between }: FriendCase) => between?.state === 'pending'
const areFriends = ({ between }: FriendCase) => between?.state === 'accepted'

const isSomebodyElse: FriendRule = {
	code: 'yourself',
	sentence: 'Nobody asks or blocks himself.',
	holds: ({ from, to }) => !equalBytes(from, to),
}

const isNoForeignBot: FriendRule = {
	code: 'unknown-person',
	sentence: 'A bot and its owner are friends, and a bot and nobody else.',
	holds: ({ isForeignBot }) => !isForeignBot,
}

const isNotBlocked: FriendRule = {
	code: 'you-blocked',
	sentence: 'Who has blocked somebody unblocks first.',
	holds: ({ hasBlocked }) => !hasBlocked,
}

const isNotFriends: FriendRule = {
	code: 'already-friends',
	sentence: 'What was accepted is ended, not asked, answered or withdrawn.',
	holds: (about) => !areFriends(about),
}

export const requestRules: readonly FriendRule[] = [
	isSomebodyElse,
	{
		code: 'unknown-person',
		sentence: 'Who is asked has an account here.',
		holds: ({ isHere }) => isHere,
	},
	isNoForeignBot,
	isNotBlocked,
	isNotFriends,
	{
		code: 'already-invited',
		sentence: 'There is one pending request between two people, whoever asked.',
		holds: (about) => !isPending(about),
	},
]

export const answerRules: readonly FriendRule[] = [
	isNotBlocked,
	isNotFriends,
	{
		code: 'no-request',
		sentence: 'Only a pending request is answered, and only by who was asked.',
		holds: (about) => isPending(about) && equalBytes((about.between as FriendshipRow).addressee, about.from),
	},
]

export const cancelRules: readonly FriendRule[] = [
	isNotFriends,
	{
		code: 'no-request',
		sentence: 'Only a pending request is withdrawn, and only by who asked.',
		holds: (about) => isPending(about) && equalBytes((about.between as FriendshipRow).requester, about.from),
	},
]

export const endRules: readonly FriendRule[] = [
	{
		code: 'not-friends',
		sentence: 'Only a friendship is ended, by either of the two.',
		holds: areFriends,
	},
]

export const blockRules: readonly FriendRule[] = [
	isSomebodyElse,
	{
		code: 'unknown-person',
		sentence: 'Who is blocked has an account here, or there was something between the two.',
		holds: ({ isHere, between }) => isHere || between !== null,
	},
]

export const unblockRules: readonly FriendRule[] = [
	{
		code: 'not-blocked',
		sentence: 'Only who is blocked is unblocked.',
		holds: ({ hasBlocked }) => hasBlocked,
	},
]

/** What a block takes with it, by a signed step of the blocker, so that the other meets an end like any other. */
export function stepOfBlock({ from, between }: FriendCase): 'cancel' | 'end' | null {
	if (between?.state === 'accepted') return 'end'
	return between?.state === 'pending' && equalBytes(between.requester, from) ? 'cancel' : null
}

/** The first rule that does not hold decides. */
export function judgeFriends(rules: readonly FriendRule[], about: FriendCase): Decided<null> {
	const broken = rules.find((rule) => !rule.holds(about))
	return broken === undefined ? ok(null) : refuse(broken.code)
}
