/**
 * Reports of messages (SPEC RPT4 to RPT7): made of one message with its own key, sent to the operator or sealed to the owners and
 * admins, and opened by whoever may read them. What a report says is believed where both signatures verify and its key opens it.
 */
import { openWithEventKey } from '#crypto/event-seal.ts'
import { openSealedReport, sealReport } from '#crypto/report-seal.ts'
import { deviceOf } from '#protocol/account-lookups.ts'
import { boxCodec } from '#protocol/box.ts'
import { base64urlToBytes, bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { canAdminister } from '#protocol/conversation-case.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { decodeItem, eventHashOf, placeMessage, type FullItem } from '#protocol/envelope.ts'
import { guidOf } from '#protocol/guid.ts'
import { idToText, padConversationId, serverIdOf, textToId } from '#protocol/ids.ts'
import { REPORT_ADMINS_MAX } from '#protocol/limits.ts'
import { encodeReportBody, signedReport, type ReportBody } from '#protocol/report.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { AccountId, Commands, ConversationId, EventId, KithError, ReportPreview, ReportView } from './api.ts'
import { targetsOf } from './box-targets.ts'
import type { ConversationContext } from './context.ts'
import { toKithError } from './http-errors.ts'
import { isOfMany } from './talk-of-many.ts'

export interface MessageReports {
	readonly preview: (about: {
		conversation: ConversationId
		event: EventId
	}) => Promise<Result<ReportPreview, KithError>>
	readonly send: Commands['reportMessage']
	/** Null: to the operator. */
	readonly list: (conversation: ConversationId | null) => Promise<Result<readonly ReportView[], KithError>>
	readonly dismiss: (conversation: ConversationId | null, id: string) => Promise<Result<null, KithError>>
}

type Context = Pick<
	ConversationContext,
	'self' | 'crypto' | 'http' | 'time' | 'accounts' | 'forks' | 'logs' | 'events' | 'keyring'
>
type MessageReport = Extract<ReportBody, { type: 'message' }>
type Disclosed = MessageReport['events'][number]
type Checked = ReportView['checked']

export function createMessageReports(context: Context): MessageReports {
	return {
		preview: async ({ conversation, event }) => {
			const found = await disclose(context, conversation, event)
			if (!found.ok) return found
			const { state, disclosed } = found.value
			const opened = await openDisclosed(context, state.id, disclosed)
			if (opened === null) return fail({ type: 'not-here' })
			const author = context.accounts.person(idToText(disclosed.author))
			return ok({ author, ...opened, hasAdmins: isOfMany(state) && adminsOf(context, state).length > 0 })
		},
		send: (wish) => send(context, wish),
		list: (conversation) => (conversation === null ? listOwn(context) : listSealed(context, conversation)),
		dismiss: async (conversation, id) => {
			const answer = await context.http.call((api) =>
				conversation === null ? api.admin.dismissReport({ id }) : api.reports.dismiss({ conversation, id }),
			)
			return answer.ok ? ok(null) : fail(toKithError(answer.error))
		},
	}
}

interface Found {
	readonly state: ConversationState
	readonly disclosed: Disclosed
}

/** The message as it was placed, with the key that opens it alone. */
async function disclose(
	{ logs, events, keyring }: Context,
	conversation: ConversationId,
	event: EventId,
): Promise<Result<Found, KithError>> {
	const state = logs.known(conversation)
	const place = await events.placeOf(conversation, event)
	const known = place === null ? null : await events.at(place)
	if (state === null || known === null || known.item.form !== 'full') return fail({ type: 'not-here' })
	const { deviceId, epoch, nonce } = known.item.head
	const keys = await keyring.keys(conversation, epoch)
	if (keys === null) return fail({ type: 'not-here' })
	const guid = guidOf({ conversation: state.id, page: known.page, part: known.part })
	const eventKey = keys.event(deviceId, nonce)
	return ok({ state, disclosed: { guid, author: known.row.author, item: known.row.content, eventKey } })
}

/** Owners and admins but ourselves. */
function adminsOf({ self }: Context, { members }: ConversationState): AccountId[] {
	return [...members].filter(([key, { role }]) => key !== self.account && canAdminister(role)).map(([key]) => key)
}

async function send(
	context: Context,
	{ conversation, event, to, text }: Parameters<Commands['reportMessage']>[0],
): Promise<Result<null, KithError>> {
	const found = await disclose(context, conversation, event)
	if (!found.ok) return found
	const report = await sign(context, { ...found.value, text })
	return to === 'operator' ? sendToOperator(context, report) : sendToAdmins(context, found.value.state, report)
}

async function sign(
	{ self, crypto, time, accounts }: Context,
	{ state, disclosed, text }: Found & { text: string },
): Promise<Bytes> {
	const author = accounts.known(idToText(disclosed.author))
	const heads = [
		{ subject: padConversationId(state.id), head: state.head },
		...(author === null ? [] : [{ subject: author.idHash, head: author.head }]),
	]
	const body: MessageReport = {
		...{ type: 'message', server: serverIdOf(crypto.hash, self.serverKey), idHash: self.idHash, device: self.deviceId },
		...{ time: time.now(), conversation: state.id, text, events: [disclosed], logs: heads },
	}
	const signature = await self.keys.signing.sign('report', encodeReportBody(body))
	return encode(signedReport, { body, signature })
}

async function sendToOperator({ http }: Context, report: Bytes): Promise<Result<null, KithError>> {
	const answer = await http.call((api) => api.reports.send({ report: bytesToBase64url(report) }))
	return answer.ok ? ok(null) : fail(toKithError(answer.error))
}

async function sendToAdmins(
	context: Context,
	state: ConversationState,
	report: Bytes,
): Promise<Result<null, KithError>> {
	const { crypto, http } = context
	const admins = await targetsOf(context, adminsOf(context, state).slice(0, REPORT_ADMINS_MAX), true)
	if (!admins.ok) return admins
	const { sealed, boxes } = await sealReport(crypto, { conversation: state.id, report, admins: admins.value })
	const answer = await http.call((api) =>
		api.reports.sendToAdmins({
			conversation: idToText(state.id),
			sealed: bytesToBase64url(sealed),
			boxes: boxes.map(({ idHash, g, box }) => ({
				...{ account: idToText(idHash), g },
				box: bytesToBase64url(encode(boxCodec, box)),
			})),
		}),
	)
	return answer.ok ? ok(null) : fail(toKithError(answer.error))
}

async function listOwn(context: Context): Promise<Result<readonly ReportView[], KithError>> {
	const answer = await context.http.call((api) => api.admin.reports({}))
	if (!answer.ok) return fail(toKithError(answer.error))
	const reports: ReportView[] = []
	for (const { id, at, report } of answer.value.reports) {
		reports.push({ id, at, checked: await check(context, base64urlToBytes(report), null) })
	}
	return ok(reports)
}

async function listSealed(
	context: Context,
	conversation: ConversationId,
): Promise<Result<readonly ReportView[], KithError>> {
	const answer = await context.http.call((api) => api.reports.list({ conversation }))
	const convId = textToId('conversation', conversation)
	if (!answer.ok) return fail(toKithError(answer.error))
	if (convId === null) return fail({ type: 'not-here' })
	const reports: ReportView[] = []
	for (const { id, at, sealed, g, box } of answer.value.reports) {
		const opened = await open(context, convId, { g, sealed: base64urlToBytes(sealed), box: base64urlToBytes(box) })
		reports.push({ id, at, checked: await check(context, opened, convId) })
	}
	return ok(reports)
}

async function open(
	{ crypto, self }: Context,
	conversation: Bytes,
	{ g, sealed, box }: { g: number; sealed: Bytes | null; box: Bytes | null },
): Promise<Bytes | null> {
	const seed = self.accountKey(g)
	const decoded = box === null ? null : decode(boxCodec, box)
	if (seed === null || sealed === null || decoded?.ok !== true) return null
	return openSealedReport(crypto, { idHash: self.idHash, g, seed }, { conversation, sealed, box: decoded.value })
}

/** `conversation`: of which the report must be; null: of any. */
async function check(context: Context, bytes: Bytes | null, conversation: Bytes | null): Promise<Checked> {
	const { self, crypto, accounts } = context
	const report = bytes === null ? null : decode(signedReport, bytes)
	if (report?.ok !== true || report.value.body.type !== 'message') return { type: 'not-opened' }
	const { body, signature } = report.value
	const isHere = equalBytes(body.server, serverIdOf(crypto.hash, self.serverKey))
	const isOfThis = conversation === null || equalBytes(body.conversation, conversation)
	const [disclosed] = body.events
	if (!isHere || !isOfThis || disclosed === undefined) return { type: 'not-opened' }
	const reporter = await deviceKeyOf(context, body)
	const item = fullItem(disclosed)
	if (item === null) return { type: 'not-opened' }
	const author = await deviceKeyOf(context, { idHash: disclosed.author, device: item.head.deviceId })
	if (reporter === null || author === null) return { type: 'unknown-account' }
	const evHash = eventHashOf(crypto.hash, item, { convId: body.conversation, idHash: disclosed.author })
	const message = placeMessage(crypto.hash, { guid: disclosed.guid, place: item.place, evHash })
	const claims = [
		claimOver(crypto.hash, 'report', { key: reporter, body: encodeReportBody(body), signature }),
		{ key: author, message, signature: item.signature },
	]
	if ((await crypto.verify(claims)).includes(false)) return { type: 'bad-signature' }
	const opened = await openDisclosed(context, body.conversation, disclosed)
	if (opened === null) return { type: 'not-opened' }
	return {
		...{ type: 'true', text: body.text, message: opened },
		reporter: accounts.person(idToText(body.idHash)),
		author: accounts.person(idToText(disclosed.author)),
	}
}

function fullItem({ item }: Disclosed): FullItem | null {
	const decoded = decodeItem(item)
	return decoded.ok && decoded.value.form === 'full' ? decoded.value : null
}

/** The signing key of a device by the verified log of its account. */
async function deviceKeyOf({ accounts }: Context, { idHash, device }: { idHash: Bytes; device: Bytes }) {
	const state = await accounts.load(idToText(idHash))
	return state.ok ? (deviceOf(state.value, device)?.signingKey ?? null) : null
}

/** By the key in the report alone, as whoever reads it does. */
async function openDisclosed({ crypto }: Context, conversation: Bytes, disclosed: Disclosed) {
	const item = fullItem(disclosed)
	if (item === null) return null
	const about = { conversation, idHash: disclosed.author, item }
	const body = await openWithEventKey(crypto, disclosed.eventKey, about)
	return body.ok && body.value.kind === 'post' ? { text: body.value.text, at: body.value.writtenAt } : null
}
