/**
 * Reports that devices sign (SPEC RPT). Of an item whose signature is bad the server has the row itself: it looks, and bars
 * the device only where the row really is bad, so that nobody is barred for what somebody else says.
 */
import { deviceOf } from '#protocol/account-lookups.ts'
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { decodeItem, eventHashOf, placeMessage } from '#protocol/envelope.ts'
import { parseGuid, type PageAddress } from '#protocol/guid.ts'
import { ENTRY_TIME_TOLERANCE } from '#protocol/limits.ts'
import { encodeReportBody, signedReport, type ReportBody } from '#protocol/report.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { Bars } from './bars.ts'
import type { Access, AccountStates, ConversationStates, DomainPorts, Instance } from './domain.ts'
import { dismissSealed, reportToAdmins, reportToOperator, sealedReports, type SealedReport } from './message-reports.ts'
import type { ReportBoxRow, ReportRow } from './ports.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface Reports {
	/** Of a bad signature, or of a message to the operator. Refused: rate-limited, malformed, bad-signature, not-member, not-found, unsupported for a back link. */
	send(access: Access, report: Bytes): Promise<Decided<null>>
	/** Refused: rate-limited, not-member, bad-boxes, unsupported where there are no admins. */
	sendToAdmins(access: Access, report: SealedReport): Promise<Decided<null>>
	/** Refused: not-found, forbidden. */
	sealedFor(access: Access, conversation: Bytes): Promise<Decided<readonly (ReportRow & ReportBoxRow)[]>>
	dismiss(access: Access, about: { conversation: Bytes; id: Bytes }): Promise<Decided<null>>
}

interface ReportsContext extends DomainPorts {
	readonly instance: Instance
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
	readonly bars: Bars
}

type BadSignature = Extract<ReportBody, { type: 'badSignature' }>

export function createReports(context: ReportsContext): Reports {
	return {
		send: (access, report) => send(context, access, report),
		sendToAdmins: (access, report) => reportToAdmins(context, access, report),
		sealedFor: (access, conversation) => sealedReports(context, access, conversation),
		dismiss: (access, about) => dismissSealed(context, access, about),
	}
}

async function send(context: ReportsContext, access: Access, bytes: Bytes): Promise<Decided<null>> {
	const limited = await withinLimit(context, 'reportByAccount', access.account)
	if (!limited.ok) return limited
	const report = decode(signedReport, bytes)
	if (!report.ok) return refuse('malformed')
	const { body } = report.value
	if (!(await isSigned(context, access, report.value))) return refuse('bad-signature')
	if (body.type === 'message') return reportToOperator(context, body, bytes)
	const state = await context.conversationStates.get(body.conversation)
	if (state?.members.has(bytesToBase64url(access.account)) !== true) return refuse('not-member')
	return body.type === 'badSignature' ? badSignature(context, body) : refuse('unsupported')
}

/** By the session's own device, for this instance, now. */
async function isSigned(
	{ accountStates, instance, clock, hash, verify }: ReportsContext,
	{ account, device }: Access,
	{ body, signature }: { body: ReportBody; signature: Bytes },
): Promise<boolean> {
	const state = await accountStates.get(account)
	const known = state === null ? null : deviceOf(state, device)
	const isOwn = equalBytes(body.idHash, account) && equalBytes(body.device, device)
	const isHere = equalBytes(body.server, instance.serverId)
	if (known === null || !isOwn || !isHere || Math.abs(body.time - clock()) > ENTRY_TIME_TOLERANCE) return false
	const claim = claimOver(hash, 'report', { key: known.signingKey, body: encodeReportBody(body), signature })
	return (await verify([claim]))[0] === true
}

async function badSignature(
	context: ReportsContext,
	{ guid, clientId, clock, conversation }: BadSignature,
): Promise<Decided<null>> {
	const address = parseGuid(guid)
	if (address === null || !equalBytes(address.conversation, conversation)) return refuse('malformed')
	const bytes = await storedAt(context, address, { clientId, clock })
	const item = bytes === null ? null : decodeItem(bytes)
	if (item?.ok !== true) return refuse('not-found')
	const { deviceId } = item.value.head
	const author = await context.repositories.devices.owner(deviceId)
	const state = author === null ? null : await context.accountStates.get(author)
	const device = state === null ? null : deviceOf(state, deviceId)
	if (author === null || device === null) return refuse('not-found')
	const { hash, verify, log, bars } = context
	const evHash = eventHashOf(hash, item.value, { convId: conversation, idHash: author })
	const message = placeMessage(hash, { guid, place: item.value.place, evHash })
	const [good] = await verify([{ key: device.signingKey, message, signature: item.value.signature }])
	if (good === true) return ok(null)
	log.warn('device-barred', { code: 'item-bad-signature' })
	await bars.bar({ account: author, device: deviceId })
	return ok(null)
}

async function storedAt(
	{ repositories: { events } }: ReportsContext,
	{ conversation, page, part }: PageAddress,
	{ clientId, clock }: { clientId: number; clock: number },
): Promise<Bytes | null> {
	const counters = await events.counters(conversation)
	const row = counters === null ? undefined : (await events.parts(counters.id, page)).find((one) => one.part === part)
	const stream = row === undefined ? undefined : (await events.streams(row.id)).find((one) => one.clientId === clientId)
	if (counters === null || row === undefined || stream === undefined) return null
	const place = await events.byPlace({ page: row.id, stream: stream.id }, clock)
	return place === null ? null : events.item(counters.id, place.recv)
}
