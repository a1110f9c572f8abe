/**
 * Friends: requests, answers, and what ends them, each step signed by whoever takes it. The server keeps the signed steps,
 * gives them to both, and lets people write to each other only while they are friends (SPEC FRD). Who may take which step
 * stands in friend-rules.ts. A block is its owner's own: the other one meets a friendship that was ended, or a request
 * that nobody answers.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { ok } from '#protocol/result.ts'
import type { Access, FriendsApi } from './domain.ts'
import { inviteByEmail } from './email-invitations.ts'
import { friendList, otherOf, type FriendList, type FriendQuery } from './friend-list.ts'
import {
	answerRules,
	blockRules,
	cancelRules,
	endRules,
	judgeFriends,
	requestRules,
	stepOfBlock,
	unblockRules,
	type FriendCase,
} from './friend-rules.ts'
import { checkAnswer, checkRequest, type StepContext } from './friend-steps.ts'
import { foldName } from './names.ts'
import type { AccountRow, FriendshipRow, FriendshipState, Repositories } from './ports.ts'
import { withinLimit, type RateLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

/** `step` is a signed one of `access`, to `to`. All are refused with bad-signature and rate-limited, and by the rules of their name. */
export interface Friends extends FriendsApi {
	/** Refused: bad-name, unknown-person, rate-limited. */
	resolve(access: Access, name: string): Promise<Decided<Bytes>>
	list(access: Access, query?: Partial<FriendQuery>): Promise<FriendList>
	request(access: Access, to: Bytes, step: Bytes): Promise<Decided<null>>
	/** Sent if they are here; nobody learns whether. Refused: no-mail, bad-email, yourself, rate-limited. */
	inviteByEmail(access: Access, address: string): Promise<Decided<null>>
	accept(access: Access, to: Bytes, step: Bytes): Promise<Decided<null>>
	decline(access: Access, to: Bytes): Promise<Decided<null>>
	cancel(access: Access, to: Bytes, step: Bytes): Promise<Decided<null>>
	end(access: Access, to: Bytes, step: Bytes): Promise<Decided<null>>
	/** `step`: the end of the friendship, or the withdrawal of the own request, where there is one of them. */
	block(access: Access, to: Bytes, step: Bytes | null): Promise<Decided<null>>
	unblock(access: Access, to: Bytes): Promise<Decided<null>>
}

export function createFriends(context: StepContext): Friends {
	const { repositories } = context
	return {
		areFriends: async (a, b) => (await repositories.friendships.between(a, b))?.state === 'accepted',
		areBlocked: async (a, b) =>
			(await repositories.friendships.hasBlocked(a, b)) || (await repositories.friendships.hasBlocked(b, a)),
		audienceOf: (account) => audienceOf(repositories, account),
		friendsOf: async (account) => (await friendsOf(repositories, account)).map(bytesToBase64url),
		resolve: (access, name) => resolve(context, access, name),
		list: ({ account }, query) => friendList(repositories, account, { since: 0, state: null, ...query }),
		request: (access, to, step) => request(context, { access, to, step }),
		inviteByEmail: (access, address) => inviteByEmail(context, access, address),
		accept: (access, to, step) => accept(context, { access, to, step }),
		decline: (access, to) => decline(context, { access, to }),
		cancel: (access, to, step) => close(context, { access, to, step, type: 'cancel' }),
		end: (access, to, step) => close(context, { access, to, step, type: 'end' }),
		block: (access, to, step) => block(context, { access, to, step }),
		unblock: (access, to) => unblock(context, { access, to }),
	}
}

async function friendsOf({ friendships }: Repositories, account: Bytes): Promise<Bytes[]> {
	const rows = await friendships.of(account)
	return rows.filter(({ state }) => state === 'accepted').map((row) => otherOf(row, account))
}

async function audienceOf(repositories: Repositories, account: Bytes): Promise<readonly string[]> {
	const [friends, fellows] = await Promise.all([
		friendsOf(repositories, account),
		repositories.conversations.fellows(account),
	])
	return [...new Set([account, ...friends, ...fellows].map(bytesToBase64url))]
}

async function resolve(context: StepContext, access: Access, name: string): Promise<Decided<Bytes>> {
	const limited = await withinLimit(context, 'resolveByAccount', access.account)
	if (!limited.ok) return limited
	const folded = foldName(name)
	if (folded === null) return refuse('bad-name')
	const person = await context.repositories.accounts.byName(folded)
	return isHere(person) ? ok(person.account) : refuse('unknown-person')
}

function isHere(person: AccountRow | null): person is AccountRow {
	return person !== null && person.disabledAt === null
}

function isForeignBot(one: AccountRow | null, other: AccountRow | null): boolean {
	const owns = (owner: AccountRow | null, bot: AccountRow | null) =>
		bot?.owner == null || (owner !== null && equalBytes(bot.owner, owner.account))
	return !owns(one, other) || !owns(other, one)
}

interface Act {
	readonly access: Access
	readonly to: Bytes
}
interface SignedAct extends Act {
	readonly step: Bytes
}

interface Decision {
	readonly about: FriendCase
	readonly transaction: Transaction
}

/** Limit, then the rules, then what `decide` checks and writes: one transaction. */
async function act(
	context: StepContext,
	{ access: { account }, to }: Act,
	how: {
		readonly limit: RateLimit
		readonly rules: Parameters<typeof judgeFriends>[0]
		readonly decide: (decision: Decision) => Promise<Decided<null>>
	},
): Promise<Decided<null>> {
	const limited = await withinLimit(context, how.limit, account)
	if (!limited.ok) return limited
	return decideInTransaction(context.unitOfWork, async (transaction) => {
		const { friendships, accounts } = transaction.repositories
		const other = await accounts.byId(to)
		const about = {
			...{ from: account, to, isHere: isHere(other), isForeignBot: isForeignBot(await accounts.byId(account), other) },
			...{ between: await friendships.between(account, to), hasBlocked: await friendships.hasBlocked(account, to) },
		}
		const allowed = judgeFriends(how.rules, about)
		return allowed.ok ? how.decide({ about, transaction }) : allowed
	})
}

/** The list of each of `whose` has something new about the other of the two. */
async function tell(context: StepContext, { about, transaction }: Decision, whose: readonly Bytes[]): Promise<void> {
	const { friendships } = transaction.repositories
	for (const one of whose) await friendships.touch(one, one === about.from ? about.to : about.from)
	const accounts = whose.map(bytesToBase64url)
	transaction.afterCommit(() => context.cluster.publish('friends-changed', { accounts }))
}

async function put(context: StepContext, decision: Decision, row: FriendshipRow): Promise<Decided<null>> {
	await decision.transaction.repositories.friendships.put(row)
	await tell(context, decision, [decision.about.from, decision.about.to])
	return ok(null)
}

/** What stood between the two goes on as this; only after rules that say that something does. */
function became(
	context: StepContext,
	{ between }: FriendCase,
	next: Partial<FriendshipRow> & { state: FriendshipState },
) {
	return { ...(between as FriendshipRow), since: context.clock(), ...next }
}

function request(context: StepContext, { access, to, step }: SignedAct): Promise<Decided<null>> {
	const decide = async (decision: Decision): Promise<Decided<null>> => {
		const checked = await checkRequest(context, access, { to, step, before: decision.about.between })
		if (!checked.ok) return checked
		const asked = { requester: access.account, addressee: to, state: 'pending' as const, since: context.clock() }
		return put(context, decision, { ...asked, request: step, accept: null, closing: null })
	}
	return act(context, { access, to }, { limit: 'friendRequestByAccount', rules: requestRules, decide })
}

function accept(context: StepContext, { access, to, step }: SignedAct): Promise<Decided<null>> {
	const decide = async (decision: Decision): Promise<Decided<null>> => {
		const row = decision.about.between as FriendshipRow
		const checked = await checkAnswer(context, access, { to, step, type: 'accept', row })
		if (!checked.ok) return checked
		return put(context, decision, became(context, decision.about, { state: 'accepted', accept: step }))
	}
	return act(context, { access, to }, { limit: 'friendRequestByAccount', rules: answerRules, decide })
}

function decline(context: StepContext, given: Act): Promise<Decided<null>> {
	const decide = (decision: Decision) => put(context, decision, became(context, decision.about, { state: 'declined' }))
	return act(context, given, { limit: 'writeByAccount', rules: answerRules, decide })
}

const closings = {
	cancel: { rules: cancelRules, state: 'cancelled' },
	end: { rules: endRules, state: 'ended' },
} as const

function close(
	context: StepContext,
	{ access, to, step, type }: SignedAct & { readonly type: 'cancel' | 'end' },
): Promise<Decided<null>> {
	const decide = async (decision: Decision): Promise<Decided<null>> => {
		const row = decision.about.between as FriendshipRow
		const checked = await checkAnswer(context, access, { to, step, type, row })
		if (!checked.ok) return checked
		return put(context, decision, became(context, decision.about, { state: closings[type].state, closing: step }))
	}
	return act(context, { access, to }, { limit: 'writeByAccount', rules: closings[type].rules, decide })
}

function block(
	context: StepContext,
	{ access, to, step }: Act & { readonly step: Bytes | null },
): Promise<Decided<null>> {
	const decide = async (decision: Decision): Promise<Decided<null>> => {
		const { about, transaction } = decision
		const type = stepOfBlock(about)
		await transaction.repositories.friendships.block(access.account, to, context.clock())
		if (type === null) {
			await tell(context, decision, [about.from])
			return ok(null)
		}
		if (step === null) return refuse('bad-signature')
		const checked = await checkAnswer(context, access, { to, step, type, row: about.between as FriendshipRow })
		if (!checked.ok) return checked
		return put(context, decision, became(context, about, { state: closings[type].state, closing: step }))
	}
	return act(context, { access, to }, { limit: 'writeByAccount', rules: blockRules, decide })
}

function unblock(context: StepContext, given: Act): Promise<Decided<null>> {
	const decide = async (decision: Decision): Promise<Decided<null>> => {
		await decision.transaction.repositories.friendships.unblock(given.access.account, given.to)
		await tell(context, decision, [decision.about.from])
		return ok(null)
	}
	return act(context, given, { limit: 'writeByAccount', rules: unblockRules, decide })
}
