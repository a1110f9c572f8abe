/**
 * Reports of messages (SPEC RPT4 to RPT7). To the operator: the server holds each disclosed event to what it stores and to its
 * signature, and keeps the report as it came; it opens nothing. To the owners and admins of a group or room: sealed to them.
 */
import { deviceOf } from '#protocol/account-lookups.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { canAdminister, roleOf } from '#protocol/conversation-case.ts'
import { isNamed } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { decodeItem, eventHashOf, eventIdOf, placeMessage } from '#protocol/envelope.ts'
import { parseGuid } from '#protocol/guid.ts'
import { REPORTS_WAITING_MAX } from '#protocol/limits.ts'
import type { SignatureClaim } from '#protocol/ports.ts'
import type { ReportBody } from '#protocol/report.ts'
import { ok } from '#protocol/result.ts'
import type { Access, AccountStates, ConversationStates, DomainPorts } from './domain.ts'
import type { ReportBoxRow, ReportRow } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface MessageReportsContext extends DomainPorts {
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
}

type Context = MessageReportsContext
type MessageReport = Extract<ReportBody, { type: 'message' }>
type Disclosed = MessageReport['events'][number]

export interface SealedReport {
	readonly conversation: Bytes
	/** The signed report under a key that lies in the boxes. */
	readonly sealed: Bytes
	readonly boxes: readonly ReportBoxRow[]
}

/** `bytes`: the signed report, whose signature verified. Refused: not-member, malformed, not-found, bad-signature, rate-limited. */
export async function reportToOperator(context: Context, body: MessageReport, bytes: Bytes): Promise<Decided<null>> {
	const state = await context.conversationStates.get(body.conversation)
	if (state === null || !isNamed(state, body.idHash)) return refuse('not-member')
	if (body.events.length === 0) return refuse('malformed')
	const claims: SignatureClaim[] = []
	for (const event of body.events) {
		const claim = await storedClaim(context, body.conversation, event)
		if (!claim.ok) return claim
		claims.push(claim.value)
	}
	if ((await context.verify(claims)).includes(false)) return refuse('bad-signature')
	const row = rowOf(context, { conversation: state.id, reporter: body.idHash, sealed: false, report: bytes })
	return context.unitOfWork.transaction(async ({ reports }) => {
		if ((await reports.countBy(body.idHash)) >= REPORTS_WAITING_MAX) return refuse('rate-limited')
		await reports.insert(row, [])
		return ok(null)
	})
}

/** What must verify for one event, which this server stores under the author that the report names. */
async function storedClaim(
	{ repositories, accountStates, hash }: Context,
	conversation: Bytes,
	{ guid, author, item: bytes }: Disclosed,
): Promise<Decided<SignatureClaim>> {
	const address = parseGuid(guid)
	const item = decodeItem(bytes)
	if (address === null || !equalBytes(address.conversation, conversation)) return refuse('malformed')
	if (!item.ok || item.value.form !== 'full') return refuse('malformed')
	const evHash = eventHashOf(hash, item.value, { convId: conversation, idHash: author })
	const counters = await repositories.events.counters(conversation)
	const stored = counters === null ? null : await repositories.events.byEventId(counters.id, eventIdOf(evHash))
	const account = await accountStates.get(author)
	const device = account === null ? null : deviceOf(account, item.value.head.deviceId)
	if (stored === null || device === null) return refuse('not-found')
	const message = placeMessage(hash, { guid, place: item.value.place, evHash })
	return ok({ key: device.signingKey, message, signature: item.value.signature })
}

function rowOf({ random, clock }: Context, about: Omit<ReportRow, 'id' | 'at'>): ReportRow {
	return { id: random(16), at: clock(), ...about }
}

/** Refused: not-member, unsupported between two, bad-boxes, rate-limited. */
export async function reportToAdmins(
	context: Context,
	{ account }: Access,
	{ conversation, sealed, boxes }: SealedReport,
): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'reportByAccount', account)
	if (!limited.ok) return limited
	const state = await context.conversationStates.get(conversation)
	if (state === null || roleOf(state, account) === null) return refuse('not-member')
	if (!hasAdmins(state)) return refuse('unsupported')
	if (!areForAdmins(state, boxes)) return refuse('bad-boxes')
	const row = rowOf(context, { conversation, reporter: account, sealed: true, report: sealed })
	const told = boxes.map((box) => bytesToBase64url(box.account))
	return context.unitOfWork.transaction(async ({ reports }, afterCommit) => {
		if ((await reports.countSealed(conversation)) >= REPORTS_WAITING_MAX) return refuse('rate-limited')
		await reports.insert(row, boxes)
		const about = { conversation: bytesToBase64url(conversation), accounts: told }
		afterCommit(() => context.cluster.publish('conversation-boxes', about))
		return ok(null)
	})
}

function hasAdmins({ kind }: ConversationState): boolean {
	return kind === 'group' || kind === 'room-open' || kind === 'room-private'
}

/** One box at most for an account, each for an owner or admin, none without. */
function areForAdmins(state: ConversationState, boxes: readonly ReportBoxRow[]): boolean {
	const accounts = new Set(boxes.map(({ account }) => bytesToBase64url(account)))
	return (
		boxes.length > 0 &&
		accounts.size === boxes.length &&
		boxes.every(({ account, box }) => canAdminister(roleOf(state, account)) && decode(boxCodec, box).ok)
	)
}

/** Those that were sealed to him. Refused: not-found to who is no member, forbidden. */
export async function sealedReports(
	context: Context,
	{ account }: Access,
	conversation: Bytes,
): Promise<Decided<readonly (ReportRow & ReportBoxRow)[]>> {
	const administered = await administeredBy(context, account, conversation)
	if (!administered.ok) return administered
	return ok(await context.repositories.reports.sealedFor(conversation, account))
}

/** Refused: not-found, forbidden. */
export async function dismissSealed(
	context: Context,
	{ account }: Access,
	{ conversation, id }: { conversation: Bytes; id: Bytes },
): Promise<Decided<null>> {
	const administered = await administeredBy(context, account, conversation)
	if (!administered.ok) return administered
	const found = await context.unitOfWork.transaction(({ reports }) => reports.delete(id, conversation))
	return found ? ok(null) : refuse('not-found')
}

async function administeredBy(context: Context, account: Bytes, conversation: Bytes): Promise<Decided<null>> {
	const state = await context.conversationStates.get(conversation)
	const role = state === null ? null : roleOf(state, account)
	if (role === null) return refuse('not-found')
	return canAdminister(role) ? ok(null) : refuse('forbidden')
}
