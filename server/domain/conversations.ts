/**
 * Conversations: made by create and first rotate in one request, grown one entry at a time, given to members only. What is
 * valid is the protocol's question; whether it may happen here and now is this file's.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { appendConversationEntry, verifyConversationLog, type ConversationState } from '#protocol/conversation-state.ts'
import { isBaseSigned, type ConversationBody } from '#protocol/conversation-log.ts'
import { linkIdOf, padConversationId } from '#protocol/ids.ts'
import { ok } from '#protocol/result.ts'
import { endFor, isNamed } from '#protocol/conversation-lookups.ts'
import { checkBoxes, checkLinkKey, epochOfBoxes, type GivenBoxes } from './conversation-boxes.ts'
import {
	broughtBy,
	checkEntry,
	codeOfLogError,
	mayBring,
	mayNotify,
	mayWriteTo,
	type GivenBox,
	type JudgedBody,
} from './conversation-checks.ts'
import { accountsCut, checkCutList, isCutWhole, streamsOf, type OfferedStream } from './conversation-cuts.ts'
import { accountsIn } from './conversation-states.ts'
import { handBack, type LogTail } from './conversation-tails.ts'
import type { Access, AccountStates, ConversationStates, DomainPorts, FriendsApi, Instance } from './domain.ts'
import type { SignedLog } from './account-bundle.ts'
import { askForBox, endLease, leaseRotation, missingBoxes, sealMissing } from './missing-boxes.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { decideInTransaction, type Transaction } from './transaction.ts'

export interface NewConversation {
	readonly create: Bytes
	readonly rotate: Bytes
	readonly boxes: readonly GivenBox[]
}

export interface NewEntry extends GivenBoxes {
	readonly entry: Bytes
	/** The list that an entry names by hash which ends a right to write; null with every other. */
	readonly cutList: Bytes | null
	/** X-Wing key of the link that the entry brings; null with every other. */
	readonly linkKey: Bytes | null
}

export interface ConversationLog {
	readonly log: SignedLog
	/** EK_n sealed to the reader's own AK_g. */
	readonly boxes: readonly { readonly epoch: number; readonly g: number; readonly box: Bytes }[]
	readonly cutLists: readonly Bytes[]
	/** X-Wing keys of links. */
	readonly linkKeys: readonly { readonly link: Bytes; readonly key: Bytes }[]
	/** Members who wait for a box, and of which epoch. */
	readonly missing: readonly { readonly account: Bytes; readonly epoch: number }[]
}

export interface Conversations {
	list(access: Access): Promise<{ conversation: Bytes; headSeq: number }[]>
	/** Refused: unsupported-entry, bad-entry, rooms-by-admins, not-friends, forbidden, stale-head, bad-boxes, conversation-exists, rate-limited. */
	create(access: Access, request: NewConversation): Promise<Decided<{ conversation: Bytes; head: Bytes }>>
	/** Whoever was a member once is told of the log up to the entry that ended it. Refused: not-found to everybody else. */
	log(access: Access, conversation: Bytes, from: number): Promise<Decided<ConversationLog>>
	/** Refused: not-found, stale-head, unsupported-entry, not-in-direct, bad-entry, not-friends, bad-boxes, rate-limited. */
	append(access: Access, conversation: Bytes, request: NewEntry): Promise<Decided<{ head: Bytes }>>
	/** What a restored database has forgotten of a log: see conversation-tails.ts. */
	handBack(access: Access, tail: LogTail): Promise<Decided<{ head: Bytes }>>
	askForBox(access: Access, about: { conversation: Bytes; epoch: number }): Promise<Decided<null>>
	sealMissing(access: Access, given: GivenBoxes & { conversation: Bytes; epoch: number }): Promise<Decided<null>>
	streamsOf(access: Access, about: { conversation: Bytes; account: Bytes }): Promise<Decided<readonly OfferedStream[]>>
	leaseRotation(
		access: Access,
		about: { conversation: Bytes; epoch: number | null },
	): Promise<Decided<{ granted: boolean; until: number }>>
}

export interface ConversationsContext extends DomainPorts {
	readonly instance: Instance
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
	readonly friends: FriendsApi
}

export function createConversations(context: ConversationsContext): Conversations {
	const inTurn = oneAtATime()
	return {
		list: (access) => list(context, access),
		create: (access, request) => create(context, access, request),
		log: (access, conversation, from) => log(context, access, { conversation, from }),
		// Who joins names no place in the log, and loses to nobody who joins beside him.
		append: (access, conversation, request) =>
			inTurn(bytesToBase64url(conversation), () => append(context, access, { ...request, conversation })),
		handBack: (access, tail) => inTurn(bytesToBase64url(tail.conversation), () => handBack(context, access, tail)),
		askForBox: (access, about) => askForBox(context, access, about),
		sealMissing: (access, given) => sealMissing(context, access, given),
		streamsOf: (access, about) => streamsOf(context, access, about),
		leaseRotation: (access, about) => leaseRotation(context, access, about),
	}
}

async function list({ repositories }: ConversationsContext, { account }: Access) {
	const ids = await repositories.conversations.of(account)
	return Promise.all(
		ids.map(async (conversation) => ({
			conversation,
			headSeq: await repositories.conversations.headSeq(conversation),
		})),
	)
}

export function signedHeadOf(
	{ instance }: Pick<ConversationsContext, 'instance'>,
	{ id, head }: Pick<ConversationState, 'id' | 'head'>,
): Bytes {
	return instance.signHead({ subject: padConversationId(id), ...head })
}

async function create(
	context: ConversationsContext,
	access: Access,
	request: NewConversation,
): Promise<Decided<{ conversation: Bytes; head: Bytes }>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const [first, second] = [checkEntry(context, access, request.create), checkEntry(context, access, request.rotate)]
	if (!first.ok) return first
	if (!second.ok) return second
	if (first.value.body.type !== 'create' || second.value.body.type !== 'rotate') return refuse('bad-entry')
	const entries = [first.value.entry, second.value.entry]
	const accounts = await accountsIn(context.accountStates, entries)
	const verified = await verifyConversationLog({ entries, accounts, hash: context.hash, verify: context.verify })
	if (!verified.ok) return refuse(codeOfLogError(verified.error))
	const state = verified.value
	if (!mayMakeKind(context, access, state)) return refuse('rooms-by-admins')
	const allowed = await mayCreate(context, access, { state, body: first.value.body })
	if (!allowed.ok) return allowed
	const boxed = await checkBoxes(context, { body: second.value.body, after: state }, { ...request, linkBoxes: [] })
	if (!boxed.ok) return boxed
	return decideInTransaction(context.unitOfWork, (transaction) => storeNew(context, transaction, { state, request }))
}

/** Groups are everybody's; who creates rooms is the operator's to say. */
function mayMakeKind({ policy }: ConversationsContext, { role }: Access, { kind }: ConversationState): boolean {
	const isRoom = kind === 'room-open' || kind === 'room-private'
	return !isRoom || policy.rooms === 'everybody' || role === 'admin'
}

async function mayCreate(
	context: ConversationsContext,
	access: Access,
	{ state, body }: { state: ConversationState; body: ConversationBody },
): Promise<Decided<null>> {
	if (state.kind === 'notice') return mayNotify(context, access, broughtBy(body))
	const allowed = await mayWriteTo(context, access, state)
	return allowed.ok ? mayBring(context, access, { conversation: state.id, brought: broughtBy(body) }) : allowed
}

async function storeNew(
	context: ConversationsContext,
	transaction: Transaction,
	{ state, request }: { state: ConversationState; request: NewConversation },
): Promise<Decided<{ conversation: Bytes; head: Bytes }>> {
	const { conversations } = transaction.repositories
	const { id, kind } = state
	if (!(await conversations.insert({ conversation: id, kind, createdAt: context.clock() })))
		return refuse('conversation-exists')
	await conversations.append(id, 0, request.create)
	await conversations.append(id, 1, request.rotate)
	const beside = { boxes: request.boxes, linkBoxes: [], epoch: 1 }
	await storeBeside(context, transaction, { state, parted: [], beside, from: 0 })
	return ok({ conversation: id, head: signedHeadOf(context, state) })
}

interface Grown {
	readonly state: ConversationState
	/** base64url ids of those whose membership has ended. */
	readonly parted: readonly string[]
	readonly beside: GivenBoxes & { readonly epoch: number }
	readonly from: number
}

/** Members and boxes as they are at the new head; tells everybody whom the entries concern. */
export async function storeBeside(
	context: ConversationsContext,
	{ repositories, afterCommit }: Transaction,
	{ state, parted, beside, from }: Grown,
): Promise<void> {
	const { epoch } = beside
	const members = [...state.members.values()].map(({ idHash, role }) => ({ account: idHash, role }))
	await repositories.conversations.setMembers(state.id, members)
	await repositories.epochBoxes.insert(
		state.id,
		beside.boxes.map((box) => ({ ...box, epoch })),
	)
	for (const box of beside.linkBoxes) await repositories.rooms.putLinkBox(state.id, { ...box, epoch })
	const conversation = bytesToBase64url(state.id)
	const told = members.map(({ account }) => bytesToBase64url(account))
	afterCommit(() => context.cluster.publish('conversation-log', { conversation, from, members: told, parted }))
}

async function log(
	context: ConversationsContext,
	{ account }: Access,
	{ conversation, from }: { conversation: Bytes; from: number },
): Promise<Decided<ConversationLog>> {
	const state = await context.conversationStates.get(conversation)
	if (state === null || !isNamed(state, account)) return refuse('not-found')
	const { conversations, epochBoxes, cutLists } = context.repositories
	const end = endFor(state, account)
	const isMember = state.members.has(bytesToBase64url(account))
	const stored = await conversations.entries(conversation, from)
	// The log may have grown since the state was read: entries beyond its head have no signature over them yet.
	const entries = stored.slice(0, Math.max(0, end.seq + 1 - from))
	const lists = await cutLists.of(conversation)
	return ok({
		log: { from, entries, head: signedHeadOf(context, { id: state.id, head: end }) },
		boxes: await epochBoxes.of(conversation, account),
		cutLists: lists.map(({ list }) => list),
		linkKeys: isMember && state.links.size > 0 ? await context.repositories.rooms.linkKeys(conversation) : [],
		missing: isMember ? await missingBoxes(context, state) : [],
	})
}

async function append(
	context: ConversationsContext,
	access: Access,
	request: NewEntry & { conversation: Bytes },
): Promise<Decided<{ head: Bytes }>> {
	const limited = await withinLimit(context, 'writeByAccount', access.account)
	if (!limited.ok) return limited
	const before = await context.conversationStates.get(request.conversation)
	const isAtHome = before?.members.has(bytesToBase64url(access.account)) === true
	const checked = checkEntry(context, access, request.entry)
	const isJoin = checked.ok && checked.value.body.type === 'join'
	if (before === null || (!isAtHome && !isJoin)) return refuse('not-found')
	if (!checked.ok) return checked
	const { body } = checked.value
	if (isLate(before, checked.value)) return refuse('stale-head')
	const accounts = await accountsIn(context.accountStates, [checked.value.entry])
	const after = await appendConversationEntry(before, checked.value.entry, { ...context, accounts })
	// That there is a conversation is told to who holds a key to it, and to nobody else.
	if (!after.ok) return refuse(isAtHome ? codeOfLogError(after.error) : 'bad-link')
	const allowed = await mayAppend(context, access, { before, body })
	if (!allowed.ok) return allowed
	const beside = await checkBeside(context, { before, after: after.value, request, body })
	if (!beside.ok) return beside
	const stored = await decideInTransaction(context.unitOfWork, (transaction) =>
		storeEntry(context, transaction, { before, state: after.value, request, body }),
	)
	if (stored.ok && after.value.epochs.length > before.epochs.length) await endLease(context, before.id)
	return stored
}

async function mayAppend(
	context: ConversationsContext,
	access: Access,
	{ before, body }: { before: ConversationState; body: ConversationBody },
): Promise<Decided<null>> {
	const allowed = await mayWriteTo(context, access, before)
	return allowed.ok ? mayBring(context, access, { conversation: before.id, brought: broughtBy(body) }) : allowed
}

/** An entry that names its own position lost the race when that is taken. */
function isLate({ head }: ConversationState, { body }: JudgedBody): boolean {
	return !isBaseSigned(body) && body.seq <= head.seq
}

async function checkBeside(
	context: ConversationsContext,
	about: { before: ConversationState; after: ConversationState; request: NewEntry; body: ConversationBody },
): Promise<Decided<null>> {
	const { before, after, request, body } = about
	const list = await checkCutList(context, { body, before }, request.cutList)
	if (!list.ok) return list
	const key = checkLinkKey(context, body, request.linkKey)
	return key.ok ? checkBoxes(context, { body, after }, request) : key
}

async function storeEntry(
	context: ConversationsContext,
	transaction: Transaction,
	about: { before: ConversationState; state: ConversationState; request: NewEntry; body: ConversationBody },
): Promise<Decided<{ head: Bytes }>> {
	const { before, state, request, body } = about
	const { conversations, cutLists, rooms } = transaction.repositories
	const { seq } = state.head
	if (!(await conversations.append(state.id, seq, request.entry))) return refuse('stale-head')
	if (!(await isCutWhole({ context, repositories: transaction.repositories }, { body, before }, request.cutList))) {
		// At once and whatever comes of the transaction: what follows it is held already.
		const accounts = accountsCut(body, before)
		context.cluster.publish('cut-refused', { conversation: bytesToBase64url(state.id), accounts })
		return refuse('stale-head')
	}
	const cut = state.cuts.at(-1)
	if (request.cutList !== null && cut !== undefined) await cutLists.insert(state.id, cut.hash, request.cutList)
	if (body.type === 'link' && request.linkKey !== null)
		await rooms.insertLinkKey(state.id, linkIdOf(context.hash, body.signingKey), request.linkKey)
	for (const account of broughtBy(body)) await rooms.dropKnock(state.id, account)
	const beside = { ...request, epoch: epochOfBoxes(body, state) }
	const parted = [...before.members.keys()].filter((account) => !state.members.has(account))
	await storeBeside(context, transaction, { state, parted, beside, from: seq })
	return ok({ head: signedHeadOf(context, state) })
}
