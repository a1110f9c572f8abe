/**
 * The intrinsic checks (SPEC CHK): what can be said of an item by bytes and verified logs alone. One piece of code for
 * server, clients and peers; what the server asks once besides stands in admission.ts.
 *
 * Pure and synchronous. The signature comes out as a claim, so that the caller verifies in batches, or samples; an
 * event whose claim was not verified is judged in everything else.
 */
import { equalBytes, type Bytes } from './bytes.ts'
import type { Role } from './conversation-log.ts'
import {
	ciphertextHash,
	clientIdOf,
	decodeItem,
	eventHash,
	eventIdOf,
	headWithin,
	placeMessage,
	type Item,
} from './envelope.ts'
import type { WireErrorCode } from './errors.ts'
import { mayWrite } from './event-rights.ts'
import { parseGuid, type PageAddress } from './guid.ts'
import { EVENT_BATCH, ITEM_MAX } from './limits.ts'
import type { PageItem } from './page-codec.ts'
import type { Hash, SignatureClaim, Verify } from './ports.ts'

/** A device as the verified account logs know it. */
export interface AuthorDevice {
	/** The account that certified it: unique on the instance, for ever. */
	readonly idHash: Bytes
	/** Ed25519 public key, 32 bytes. */
	readonly publicKey: Bytes
	/** seq in the account log of the entry that revoked or retired it or ended the account; null while it may write. */
	readonly endedAt: number | null
}

/** A cut that judges an item: what stood of its author's device at entry `seq` of the conversation log. */
export interface CutOfAuthor {
	readonly seq: number
	/** Next clock by page and clientID, 0 for a stream that is not listed; null while the list itself is not here. */
	readonly nextClock: ((page: PageAddress, clientId: number) => number) | null
}

/** The verified conversation log, as far as it is known here. */
export interface LogView {
	readonly convId: Bytes
	/** h at `seq`, 32 bytes; null beyond the known head. */
	hashAt(seq: number): Bytes | null
	/** Null where the account is no member at that position. */
	roleAt(idHash: Bytes, seq: number): Role | null
	archivedAt(seq: number): boolean
	/** The newest epoch at `seq`; 0 before the first. */
	epochAt(seq: number): number
	/** accSeq of the last `acc` for the account at a position ≤ seq; null before there is one. */
	accAt(idHash: Bytes, seq: number): number | null
	/** Cuts of the author at entries after logSeq. */
	cutsOver(item: { readonly idHash: Bytes; readonly deviceId: Bytes; readonly logSeq: number }): readonly CutOfAuthor[]
}

export interface JudgeView {
	readonly hash: Hash
	readonly log: LogView
	/** Null while its account log, or that part of it, is not known here. */
	device(deviceId: Bytes): AuthorDevice | null
}

export interface Candidate {
	/** Name of the page in which the item stands, of the view's conversation. */
	readonly guid: string
	readonly item: PageItem
	/** Whose items stand under this clientID in this page already; null where it is free. */
	readonly holder: StreamHolder | null
}

export interface StreamHolder {
	readonly deviceId: Bytes
	readonly incarnation: number
}

/** Everything that the checks have found out, for storing, admission and fold. */
export interface JudgedEvent {
	readonly guid: string
	readonly page: number
	readonly part: number
	readonly clientId: number
	readonly clock: number
	readonly item: Item
	/** The item's bytes, as they are stored. */
	readonly content: Bytes
	readonly evHash: Bytes
	readonly eventId: Bytes
	/** idHash. */
	readonly author: Bytes
	/** At the item's logSeq. */
	readonly role: Role
	/** False: the author placed it under another log than ours. A note, and a reason to compare signed heads. */
	readonly logMatches: boolean
}

/** What has to be known before the item can be judged. It waits outside the Y.Doc, at the same place. */
export type Missing =
	| { readonly what: 'device'; readonly deviceId: Bytes }
	| { readonly what: 'log'; readonly seq: number }
	| { readonly what: 'cut-list'; readonly seq: number }
	/** A version, kind or flag of a later app: clients hold it, the server refuses it. */
	| { readonly what: 'app' }

export type IntrinsicRefusal = Extract<WireErrorCode, `item-${string}`>

export type Judgment =
	| { readonly type: 'needs-signature'; readonly claim: SignatureClaim; readonly event: JudgedEvent }
	| { readonly type: 'hold'; readonly missing: Missing }
	| { readonly type: 'refuse'; readonly code: IntrinsicRefusal }

/** `candidate.guid` of another conversation, or no guid at all, is a bug of the caller. */
export function judgeItem(view: JudgeView, candidate: Candidate): Judgment {
	const address = parseGuid(candidate.guid)
	if (address === null || !equalBytes(address.conversation, view.log.convId))
		throw new RangeError('not a page of this conversation')
	if (candidate.item.content.length > ITEM_MAX) return refuse('item-too-large')
	const decoded = decodeItem(candidate.item.content)
	if (!decoded.ok) return decoded.error.type === 'unknown' ? hold({ what: 'app' }) : refuse('item-malformed')
	const item = decoded.value
	const misplaced = judgePlace(view, candidate, { address, item })
	if (misplaced !== null) return refuse(misplaced)
	const device = view.device(item.head.deviceId)
	if (device === null) return hold({ what: 'device', deviceId: item.head.deviceId })
	return judgeAuthor(view, candidate, { address, item, device }) ?? claimOf(view, candidate, { address, item, device })
}

interface Placed {
	readonly address: PageAddress
	readonly item: Item
}

/** CHK3 to CHK6: the id is the one that was signed, and the clientID the device's own. */
function judgePlace(
	view: JudgeView,
	{ guid, item: row, holder }: Candidate,
	{ address, item }: Placed,
): IntrinsicRefusal | null {
	const { deviceId, kind } = item.head
	const { clock, incarnation } = item.place
	if (clock !== row.clock) return 'item-wrong-clock'
	if (holder !== null && !equalBytes(holder.deviceId, deviceId)) return 'item-stream-taken'
	// The holder's stream was hashed when its first item came.
	const known = holder !== null && holder.incarnation === incarnation
	if (!known && clientIdOf(view.hash, { deviceId, guid, incarnation }) !== row.clientId) return 'item-wrong-stream'
	return kind === 'post' && address.part > 0 ? 'item-page-closed' : null
}

interface Authored extends Placed {
	readonly device: AuthorDevice
}

/** CHK7 to CHK12: device, role, epoch and cut at the item's position in the log. */
function judgeAuthor(
	{ log }: JudgeView,
	{ item: row }: Candidate,
	{ address, item, device }: Authored,
): Judgment | null {
	const { kind, epoch, deviceId } = item.head
	const { idHash } = device
	const seq = item.place.logSeq
	if (log.hashAt(seq) === null) return hold({ what: 'log', seq })
	const acc = log.accAt(idHash, seq)
	if (device.endedAt !== null && acc !== null && device.endedAt <= acc) return refuse('item-device-ended')
	const role = log.roleAt(idHash, seq)
	if (!mayWrite(kind, role, false)) return refuse('item-no-right')
	if (!mayWrite(kind, role, log.archivedAt(seq))) return refuse('item-archived')
	if (epoch < 1 || epoch > log.epochAt(seq)) return refuse('item-bad-epoch')
	for (const cut of log.cutsOver({ idHash, deviceId, logSeq: seq })) {
		if (cut.nextClock === null) return hold({ what: 'cut-list', seq: cut.seq })
		if (row.clock >= cut.nextClock(address, row.clientId)) return refuse('item-cut')
	}
	return null
}

function claimOf(
	{ hash, log }: JudgeView,
	{ guid, item: row }: Candidate,
	{ address, item, device }: Authored,
): Judgment {
	const { logSeq, logHash } = item.place
	const head = headWithin(row.content, item.head)
	const evHash = eventHash(hash, {
		convId: log.convId,
		idHash: device.idHash,
		head,
		ctHash: ciphertextHash(hash, item),
	})
	return {
		type: 'needs-signature',
		// Only when asked for: a server that samples never hashes the places of the other fifteen.
		get claim() {
			const message = placeMessage(hash, { guid, place: item.place, evHash })
			return { key: device.publicKey, message, signature: item.signature }
		},
		event: {
			guid,
			page: address.page,
			part: address.part,
			clientId: row.clientId,
			clock: row.clock,
			item,
			content: row.content,
			evHash,
			eventId: eventIdOf(evHash),
			author: device.idHash,
			role: log.roleAt(device.idHash, logSeq) as Role,
			logMatches: equalBytes((log.hashAt(logSeq) as Bytes).subarray(0, 16), logHash),
		},
	}
}

function refuse(code: IntrinsicRefusal): Judgment {
	return { type: 'refuse', code }
}

function hold(missing: Missing): Judgment {
	return { type: 'hold', missing }
}

/**
 * What waits for a log that is not known here, so far: whose signature makes it the word of a member's device that there is
 * such a log. Null where the device is not known either.
 */
export function claimOfHeld(view: JudgeView, { guid, item: row }: Candidate): SignatureClaim | null {
	const decoded = decodeItem(row.content)
	const device = decoded.ok ? view.device(decoded.value.head.deviceId) : null
	if (!decoded.ok || device === null) return null
	const item = decoded.value
	const head = headWithin(row.content, item.head)
	const ctHash = ciphertextHash(view.hash, item)
	const evHash = eventHash(view.hash, { convId: view.log.convId, idHash: device.idHash, head, ctHash })
	const message = placeMessage(view.hash, { guid, place: item.place, evHash })
	return { key: device.publicKey, message, signature: item.signature }
}

export type VerifiedJudgment =
	Exclude<Judgment, { type: 'needs-signature' }> | { readonly type: 'valid'; readonly event: JudgedEvent }

/** Settles the claims, EVENT_BATCH at a time and never one by one; answers in the order given. */
export async function verifyItems(verify: Verify, judgments: readonly Judgment[]): Promise<VerifiedJudgment[]> {
	const claims = judgments.flatMap((judgment) => (judgment.type === 'needs-signature' ? [judgment.claim] : []))
	const good: boolean[] = []
	for (let at = 0; at < claims.length; at += EVENT_BATCH)
		good.push(...(await verify(claims.slice(at, at + EVENT_BATCH))))
	let next = 0
	return judgments.map((judgment) => {
		if (judgment.type !== 'needs-signature') return judgment
		return good[next++] === true
			? { type: 'valid', event: judgment.event }
			: { type: 'refuse', code: 'item-bad-signature' }
	})
}
