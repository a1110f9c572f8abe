/**
 * What a restored database has forgotten of a conversation's log, handed back by a device that knows it (SPEC LOG15). The instance
 * signed the head of it before the backup was put in place: its own signature says that it had taken these entries, so nobody has to
 * be believed. They are verified all the same, as they were when they came.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { decodeConversationBody, type ConversationBody } from '#protocol/conversation-log.ts'
import { isNamed } from '#protocol/conversation-lookups.ts'
import {
	appendConversationEntry,
	verifyConversationLog,
	type ConversationLogError,
	type ConversationState,
} from '#protocol/conversation-state.ts'
import { cutHash, cutList } from '#protocol/cut.ts'
import { headClaim, signedHead, type SignedHead } from '#protocol/head.ts'
import { linkIdOf, padConversationId } from '#protocol/ids.ts'
import { TAIL_ENTRIES_MAX } from '#protocol/limits.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { ok, type Result } from '#protocol/result.ts'
import { checkLinkKey } from './conversation-boxes.ts'
import { broughtBy, codeOfLogError } from './conversation-checks.ts'
import { checkCutList } from './conversation-cuts.ts'
import { accountsIn } from './conversation-states.ts'
import { signedHeadOf, storeBeside, type ConversationsContext } from './conversations.ts'
import type { Access } from './domain.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { isRecovering } from './restored.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

export interface LogTail {
	readonly conversation: Bytes
	/** Position of the first of them. */
	readonly from: number
	readonly entries: readonly Bytes[]
	/** Over the last of them, signed in an epoch of before. */
	readonly head: Bytes
	/** Those that their cuts name. */
	readonly cutLists: readonly Bytes[]
	/** X-Wing keys of links, as far as they are known. */
	readonly linkKeys: readonly Bytes[]
}

/** One entry, with the log before and after it. */
interface Step {
	readonly bytes: Bytes
	readonly body: ConversationBody
	readonly before: ConversationState | null
	readonly after: ConversationState
	readonly cut: Bytes | null
}

/** Refused: forbidden where nothing was lost, not-found, bad-entry, stale-head where the log has gone on otherwise, rate-limited. */
export async function handBack(
	context: ConversationsContext,
	access: Access,
	tail: LogTail,
): Promise<Decided<{ head: Bytes }>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	if (!(await isRecovering(context.repositories, context.clock()))) return refuse('forbidden')
	const head = await ownHead(context, tail)
	if (head === null || tail.entries.length > TAIL_ENTRIES_MAX) return refuse('bad-entry')
	const before = await context.conversationStates.get(tail.conversation)
	const next = before === null ? 0 : before.head.seq + 1
	if (before !== null && head.seq < next) return settled(context, access, { state: before, head })
	if (tail.from > next || head.seq !== tail.from + tail.entries.length - 1) return refuse('stale-head')
	const steps = await verified(context, before, tail, tail.entries.slice(next - tail.from))
	if (!steps.ok) return steps
	const after = (steps.value.at(-1) as Step).after
	// Another branch has been written on meanwhile: what leads to the signed head does not follow from what is here.
	if (!equalBytes(after.head.hash, head.hash)) return refuse('stale-head')
	if (!equalBytes(after.id, tail.conversation) || !isNamed(after, access.account)) return refuse('not-found')
	return decideInTransaction(context.unitOfWork, (transaction) =>
		store(context, transaction, { before, after, steps: steps.value, linkKeys: tail.linkKeys }),
	)
}

/** Null: the instance never signed it, signed it for another log, or in the epoch of now, in which it has forgotten nothing. */
async function ownHead(context: ConversationsContext, { head, conversation }: LogTail): Promise<SignedHead | null> {
	const { instance, hash, verify } = context
	const decoded = decode(signedHead, head)
	if (!decoded.ok || equalBytes(decoded.value.instanceEpoch, instance.epoch)) return null
	if (!equalBytes(decoded.value.subject, padConversationId(conversation))) return null
	const [isSigned] = await verify([headClaim(hash, decoded.value, instance.serverKey)])
	return isSigned === true ? decoded.value : null
}

/** Somebody else has handed it back, or nothing of it was lost. */
function settled(
	context: ConversationsContext,
	{ account }: Access,
	{ state, head }: { state: ConversationState; head: SignedHead },
): Decided<{ head: Bytes }> {
	if (!isNamed(state, account)) return refuse('not-found')
	const here = state.hashes[head.seq]
	if (here === undefined || !equalBytes(here, head.hash)) return refuse('stale-head')
	return ok({ head: signedHeadOf(context, state) })
}

async function verified(
	context: ConversationsContext,
	before: ConversationState | null,
	tail: LogTail,
	lost: readonly Bytes[],
): Promise<Decided<readonly Step[]>> {
	const entries: SignedEntry[] = []
	for (const bytes of lost) {
		const entry = decode(signedEntry, bytes)
		if (!entry.ok) return refuse('bad-entry')
		entries.push(entry.value)
	}
	const accounts = await accountsIn(context.accountStates, entries)
	const judging = { hash: context.hash, verify: context.verify, accounts }
	const lists = listsByHash(context, tail.cutLists)
	const steps: Step[] = []
	const first = tail.from + tail.entries.length - lost.length
	let state = before
	for (const [i, entry] of entries.entries()) {
		const body = decodeConversationBody(entry.body)
		if (!body.ok) return refuse('bad-entry')
		const after = await grown(state, { entries, i, position: first + i }, judging)
		if (!after.ok) return refuse(codeOfLogError(after.error))
		const cut = await cutOf(context, { body: body.value, before: state }, lists)
		if (!cut.ok) return cut
		steps.push({ bytes: lost[i] as Bytes, body: body.value, before: state, after: after.value, cut: cut.value })
		state = after.value
	}
	return ok(steps)
}

/** Create has no state of its own: it comes with the first epoch, which then is there already. */
function grown(
	state: ConversationState | null,
	{ entries, i, position }: { entries: readonly SignedEntry[]; i: number; position: number },
	judging: Parameters<typeof appendConversationEntry>[2],
): Promise<Result<ConversationState, ConversationLogError>> {
	if (state === null) return verifyConversationLog({ entries: entries.slice(0, 2), ...judging })
	if (state.head.seq >= position) return Promise.resolve(ok(state))
	return appendConversationEntry(state, entries[i] as SignedEntry, judging)
}

function listsByHash({ hash }: ConversationsContext, lists: readonly Bytes[]): ReadonlyMap<string, Bytes> {
	const known = new Map<string, Bytes>()
	for (const list of lists) {
		const decoded = decode(cutList, list)
		if (decoded.ok) known.set(bytesToBase64url(cutHash(hash, decoded.value)), list)
	}
	return known
}

/** The list that the entry names; a cut without one could be judged by nobody. */
async function cutOf(
	context: ConversationsContext,
	{ body, before }: { body: ConversationBody; before: ConversationState | null },
	lists: ReadonlyMap<string, Bytes>,
): Promise<Decided<Bytes | null>> {
	const named = 'cut' in body ? body.cut : null
	if (named === null || before === null) return ok(null)
	const list = lists.get(bytesToBase64url(named)) ?? null
	const checked = await checkCutList(context, { body, before }, list)
	return checked.ok ? ok(list) : checked
}

interface Handed {
	readonly before: ConversationState | null
	readonly after: ConversationState
	readonly steps: readonly Step[]
	readonly linkKeys: readonly Bytes[]
}

/** What the removed wrote since the restore stands here, and folds to nothing by the cut: it must not keep the entry out. */
async function store(
	context: ConversationsContext,
	transaction: Transaction,
	{ before, after, steps, linkKeys }: Handed,
): Promise<Decided<{ head: Bytes }>> {
	const { conversations, cutLists, rooms } = transaction.repositories
	const { id, kind } = after
	if (before === null && !(await conversations.insert({ conversation: id, kind, createdAt: context.clock() })))
		return refuse('stale-head')
	const first = before === null ? 0 : before.head.seq + 1
	for (const [i, { bytes, body, cut }] of steps.entries()) {
		if (!(await conversations.append(id, first + i, bytes))) return refuse('stale-head')
		if (cut !== null && 'cut' in body && body.cut !== null) await cutLists.insert(id, body.cut, cut)
		const key = linkKeys.find((given) => body.type === 'link' && checkLinkKey(context, body, given).ok)
		if (body.type === 'link' && key !== undefined)
			await rooms.insertLinkKey(id, linkIdOf(context.hash, body.signingKey), key)
		for (const account of broughtBy(body)) await rooms.dropKnock(id, account)
	}
	const parted = [...(before?.members.keys() ?? [])].filter((account) => !after.members.has(account))
	// Whose box was lost with them is told as missing, and any holder seals it anew (SPEC EPO10).
	const beside = { boxes: [], linkBoxes: [], epoch: after.epochs.length }
	await storeBeside(context, transaction, { state: after, parted, beside, from: first })
	return ok({ head: signedHeadOf(context, after) })
}
