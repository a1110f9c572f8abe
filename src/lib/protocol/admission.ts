/**
 * Admission (SPEC ADM): what the server asks of an item once, when it arrives. A table of named predicates, asked in
 * order, each with its rule in one sentence and its verdict. The intrinsic checks have passed before (intrinsic.ts).
 *
 * hold: the same item may come to the same place later. refuse: never; its author's device places the text again.
 * The order matters: what is stored already is acked whatever else has changed since, or an outbox never empties.
 */
import { equalBytes, type Bytes } from './bytes.ts'
import type { ConversationKind, Role } from './conversation-log.ts'
import type { WireErrorCode } from './errors.ts'
import { mayWrite } from './event-rights.ts'
import { hlcTime, isAhead } from './hlc.ts'
import type { JudgedEvent, Missing, VerifiedJudgment } from './intrinsic.ts'
import {
	EPOCH_STALE_MAX,
	HLC_AHEAD_MAX,
	INCARNATIONS_MAX,
	INCARNATIONS_PER_DAY,
	ITEM_MAX,
	SIGNATURE_SAMPLE,
} from './limits.ts'
import { pageRoom, type PageBook } from './page-book.ts'

/** Where an event stands that is placed already. */
export interface FirstPlace {
	readonly guid: string
	readonly clientId: number
	readonly clock: number
	readonly recv: number
}

export type Hold = { readonly type: 'hold'; readonly code: WireErrorCode; readonly retryAfterMs: number }
export type Refusal = { readonly type: 'refuse'; readonly code: WireErrorCode }

export type Verdict =
	/** `fills`: its text takes the row of a skeleton at the same place; else a new row. */
	| { readonly type: 'accept'; readonly fills: boolean }
	/** Stored already at this place: acked, nothing changes. */
	| { readonly type: 'have' }
	/** Placed elsewhere already: a skeleton, why duplicate, is stored here, so that the stream goes on. */
	| { readonly type: 'duplicate'; readonly first: FirstPlace }
	| Hold
	| Refusal

/** What the server knows when the item arrives. Times are ms of its own clock. */
export interface AdmissionFacts {
	readonly now: number
	readonly kind: ConversationKind
	/** The author, as of now. */
	readonly author: {
		/** Null: no member. */
		readonly role: Role | null
		/** Revoked, retired or ended at the newest account log, whatever `acc` says. */
		readonly deviceEnded: boolean
		/** Brought over a connection that this very device has proven. */
		readonly ownConnection: boolean
		/** Of the two of a direct conversation; ignored for other kinds. */
		readonly friends: boolean
		readonly blocked: boolean
	}
	/** Or a notice of an operator who is no administrator now, and its author. */
	readonly archived: boolean
	readonly epoch: {
		/** When the item's epoch was ended by the next one; null while it is the current one. */
		readonly endedAt: number | null
		/** A rotation is overdue, and this device could make it. */
		readonly rotateFirst: boolean
	}
	/** Lifetimes of posts, ms or null for ever: of the policy now and of the one before. */
	readonly lifetimes: readonly (number | null)[]
	readonly pages: PageBook
	/** Of (guid, clientID). */
	readonly stream: {
		readonly nextClock: number
		/** Incarnations of the device under this guid with a stored row: first stored within 24 h, and in all. */
		readonly newToday: number
		readonly newEver: number
		/** `incarnationsUsedUp` of the page's newest part: the device may open the next one. */
		readonly newestPartUsedUp: boolean
	}
	/** The row at this very place; `fillable`: a skeleton whose text is neither redacted, expired nor elsewhere. */
	readonly stored: { readonly eventId: Bytes; readonly fillable: boolean } | null
	/** Where this eventId stands in the conversation already, at another place. */
	readonly first: FirstPlace | null
	/** Wait for the author's rate or his cut, null for none. */
	readonly rateWaitMs: number | null
	/** Wait for the author's quota, null for none. */
	readonly quotaWaitMs: number | null
}

export interface AdmissionRule {
	/** Rule of SPEC.md. */
	readonly id: string
	readonly says: string
	/** Null: it holds, the next rule is asked. */
	readonly judge: (event: JudgedEvent, facts: AdmissionFacts) => Verdict | null
}

/** How long a client waits before it offers an item again to a page that is not open, or after a gap, ms. */
const retryPlaceMs = 5_000
/** For what only another log entry or another day can change, ms. */
const retryLaterMs = 60_000

export const admissionRules: readonly AdmissionRule[] = [
	{
		id: 'ADM1',
		says: 'An item is at most 64 KiB.',
		judge: ({ content }) => (content.length <= ITEM_MAX ? null : refuse('item-too-large')),
	},
	{
		id: 'ADM2',
		says: 'What is stored at this place is acked again; its text may fill a skeleton; another event never takes the place.',
		judge: ({ eventId, item }, { stored }) => {
			if (stored === null) return null
			if (!equalBytes(stored.eventId, eventId)) return refuse('item-wrong-clock')
			return stored.fillable && item.form === 'full' ? { type: 'accept', fills: true } : { type: 'have' }
		},
	},
	{
		id: 'ADM3',
		says: 'The clock is the next of its stream; after a gap the item waits for what is missing.',
		judge: ({ clock }, { stream }) => {
			if (clock === stream.nextClock) return null
			return clock > stream.nextClock ? hold('hold-gap', retryPlaceMs) : refuse('item-wrong-clock')
		},
	},
	{
		id: 'ADM4',
		says: 'The author is within his rate and quota, and no cut of his waits for its list.',
		judge: (_event, { rateWaitMs, quotaWaitMs }) =>
			rateWaitMs === null && quotaWaitMs === null
				? null
				: hold('hold-rate', Math.max(rateWaitMs ?? 0, quotaWaitMs ?? 0)),
	},
	{
		id: 'ADM5',
		says: 'A device has at most 8 new incarnations with a stored row a page and day, 64 in all; then its posts wait, and the rest goes to the next part.',
		judge: ({ item }, { stream }) => {
			if (stream.nextClock > 0 || !incarnationsUsedUp(stream)) return null
			return item.head.kind === 'post'
				? hold('item-too-many-incarnations', retryLaterMs)
				: refuse('item-too-many-incarnations')
		},
	},
	{
		id: 'ADM6',
		says: 'The page takes this kind now.',
		judge: (event, facts) => {
			const { item, page, part, content } = event
			const arrival = { kind: item.head.kind, page, part, size: content.length, now: facts.now }
			const room = pageRoom(facts.pages, arrival, facts.stream.newestPartUsedUp)
			if (room === 'open') return null
			return room === 'closed' ? refuse('item-page-closed') : hold('hold-page', retryPlaceMs)
		},
	},
	{
		id: 'ADM7',
		says: 'An event that is placed already counts at its first place; here its skeleton is stored.',
		judge: (_event, { first }) => (first === null ? null : { type: 'duplicate', first }),
	},
	{
		id: 'ADM8',
		says: 'What an ended device brings over its own connection is refused at once.',
		judge: (_event, { author }) => (author.deviceEnded && author.ownConnection ? refuse('item-device-ended') : null),
	},
	{
		id: 'ADM9',
		says: 'The author is a member now, with a role that may write this kind.',
		judge: ({ item }, { author }) => (mayWrite(item.head.kind, author.role, false) ? null : refuse('item-no-right')),
	},
	{
		id: 'ADM10',
		says: 'In a direct conversation the two are friends, and neither has blocked the other.',
		judge: (_event, { kind, author }) =>
			kind !== 'dm' || (author.friends && !author.blocked) ? null : refuse('item-not-friends'),
	},
	{
		id: 'ADM11',
		says: 'An archived conversation takes redactions only, and a notice of who is no administrator now.',
		judge: ({ item }, { author, archived }) =>
			mayWrite(item.head.kind, author.role, archived) ? null : refuse('item-archived'),
	},
	{
		id: 'ADM12',
		says: 'The log head that the item names is the one of this log.',
		judge: ({ logMatches }) => (logMatches ? null : refuse('item-bad-log-hash')),
	},
	{
		id: 'ADM13',
		says: 'The epoch is current, or ended at most 7 days ago, whoever brings the item.',
		judge: (_event, { epoch, now }) =>
			epoch.endedAt === null || now - epoch.endedAt <= EPOCH_STALE_MAX ? null : refuse('item-bad-epoch'),
	},
	{
		id: 'ADM14',
		says: 'Where a rotation is overdue, who can make it makes it first.',
		judge: (_event, { epoch }) => (epoch.rotateFirst ? hold('hold-rotation', retryLaterMs) : null),
	},
	{
		id: 'ADM15',
		says: 'The hlc is at most 60 s ahead of the server.',
		judge: ({ item }, { now }) =>
			isAhead(item.head.hlc, now) ? hold('hold-ahead', hlcTime(item.head.hlc) - HLC_AHEAD_MAX - now) : null,
	},
	{
		id: 'ADM16',
		says: 'A post lives as long as the policy says, or the one before it.',
		judge: ({ item }, { lifetimes }) => {
			const { kind, expiresAt, hlc } = item.head
			if (kind !== 'post') return null
			return lifetimes.includes(expiresAt === null ? null : expiresAt - hlcTime(hlc)) ? null : refuse('item-bad-expiry')
		},
	},
]

export function admit(event: JudgedEvent, facts: AdmissionFacts): Verdict {
	for (const rule of admissionRules) {
		const verdict = rule.judge(event, facts)
		if (verdict !== null) return verdict
	}
	return { type: 'accept', fills: false }
}

/** Counts of one device under one guid. */
export function incarnationsUsedUp({ newToday, newEver }: { newToday: number; newEver: number }): boolean {
	return newToday >= INCARNATIONS_PER_DAY || newEver >= INCARNATIONS_MAX
}

/** What the server answers where the intrinsic checks did not pass (CHK14). */
export function verdictOf(judgment: Exclude<VerifiedJudgment, { type: 'valid' }>): Hold | Refusal {
	return judgment.type === 'refuse' ? judgment : verdictOfMissing(judgment.missing)
}

/** The server knows every version there is, so that an unknown one is final; a client would hold it. */
function verdictOfMissing(missing: Missing): Hold | Refusal {
	return missing.what === 'app' ? refuse('item-unknown-kind') : hold('hold-log', retryPlaceMs)
}

export interface VerificationFacts {
	/** The author's own proven connection brought it. */
	readonly ownConnection: boolean
	/** A signed report about this device came, and it has not signed in anew since. */
	readonly suspect: boolean
	/** A random integer, from 0; drawn per item, unknown to the author. */
	readonly draw: number
}

/** Redactions and relayed items always; posts and annotates over the author's own connection one in 16 (ADM17). */
export function mustVerify({ item }: JudgedEvent, { ownConnection, suspect, draw }: VerificationFacts): boolean {
	return item.head.kind === 'redact' || !ownConnection || suspect || draw % SIGNATURE_SAMPLE === 0
}

export interface PeerFacts {
	/** Best known server time, ms: the own clock, or the last server time and what has passed since. */
	readonly serverTime: number
	/** The newest page known here. */
	readonly newestPage: number
}

/** What a peer asks besides the intrinsic checks; null where it may be taken (ADM18). */
export function peerHold({ item, page }: JudgedEvent, { serverTime, newestPage }: PeerFacts): Hold | null {
	const { hlc } = item.head
	if (isAhead(hlc, serverTime)) return hold('hold-ahead', hlcTime(hlc) - HLC_AHEAD_MAX - serverTime)
	return page > newestPage + 1 ? hold('hold-page', retryPlaceMs) : null
}

function hold(code: WireErrorCode, retryAfterMs: number): Hold {
	return { type: 'hold', code, retryAfterMs }
}

function refuse(code: WireErrorCode): Refusal {
	return { type: 'refuse', code }
}
