/** Is an entry valid where it stands: position, author, account heads, rules, signers. Signatures are left as claims. */
import { deviceOf, mayAuthorAt } from './account-lookups.ts'
import type { AccountDevice, AccountState } from './account-state.ts'
import { bytesToBase64url, bytesToHex, equalBytes, type Bytes } from './bytes.ts'
import {
	decodeConversationBody,
	isBaseSigned,
	type AccountRef,
	type ConversationBody,
	type ConversationBodyOf,
} from './conversation-log.ts'
import { accountSeqAt, roleAt } from './conversation-lookups.ts'
import {
	brokenCreateRule,
	brokenEntryRule,
	isBuilt,
	isBuiltBody,
	isNeverInDirect,
	judgeAccountRef,
	type BuiltBody,
} from './conversation-rules.ts'
import type {
	AccountLookup,
	ConversationContext,
	ConversationLogError,
	ConversationState,
} from './conversation-state.ts'
import { linkIdOf } from './ids.ts'
import { noHash, type SignedEntry } from './log-entry.ts'
import type { Hash, SignatureClaim } from './ports.ts'
import { fail, ok, type Result } from './result.ts'
import { matchSigners } from './signers.ts'

export interface JudgedCreate {
	readonly body: ConversationBodyOf<'create'>
	readonly bytes: Bytes
	readonly claims: readonly SignatureClaim[]
}

export interface JudgedEntry {
	readonly seq: number
	readonly body: BuiltBody
	readonly bytes: Bytes
	/** Id of the link that it brings. */
	readonly link: string | null
	readonly claims: readonly SignatureClaim[]
}

type Judged<T> = Result<T, ConversationLogError>

export function judgeCreate(entry: SignedEntry, context: ConversationContext): Judged<JudgedCreate> {
	const decoded = decodeConversationBody(entry.body)
	if (!decoded.ok) return fail({ type: 'malformed', seq: 0, reason: decoded.error.reason })
	const body = decoded.value
	if (body.type !== 'create' || body.seq !== 0 || !equalBytes(body.previous, noHash))
		return fail({ type: 'misplaced', seq: 0 })
	const { kind } = body
	if (!(context.supports ?? isBuilt)(kind, 'create'))
		return fail({ type: 'unsupported-entry', seq: 0, kind, entry: 'create' })
	const broken = brokenCreateRule(body)
	if (broken !== null) return fail({ type: 'rule', seq: 0, rule: broken })
	const device = judgeAuthor(body, { seq: 0, accSeq: -1 }, context.accounts)
	if (!device.ok) return device
	const claims = judgeSigners(entry, { seq: 0, device: device.value, linkKey: null }, context.hash)
	return claims.ok ? ok({ body, bytes: entry.body, claims: claims.value }) : claims
}

export function judgeEntry(
	state: ConversationState,
	entry: SignedEntry,
	context: ConversationContext,
): Judged<JudgedEntry> {
	const seq = state.head.seq + 1
	const decoded = decodeConversationBody(entry.body)
	if (!decoded.ok) return fail({ type: 'malformed', seq, reason: decoded.error.reason })
	const body = decoded.value
	if (!isInPlace(state, body, bytesToHex(context.hash(entry.body)))) return fail({ type: 'misplaced', seq })
	if (isNeverInDirect(state.kind, body.type)) return fail({ type: 'not-in-direct', seq, entry: body.type })
	if (!isBuiltBody(body) || body.type === 'create' || !(context.supports ?? isBuilt)(state.kind, body.type)) {
		return fail({ type: 'unsupported-entry', seq, kind: state.kind, entry: body.type })
	}
	const acc = judgeAcc(state, accOf(body), context.accounts)
	if (!acc.ok) return acc
	const accSeq = ownSeq(body) ?? accountSeqAt(state, body.author, state.head.seq)
	const device = judgeAuthor(body, { seq, accSeq }, context.accounts)
	if (!device.ok) return device
	const role = roleAt(state, body.author, state.head.seq)
	if (role === null && body.type !== 'join') return fail({ type: 'rule', seq, rule: 'CNV7' })
	if (state.epochs.length === 0 && body.type !== 'rotate') return fail({ type: 'rule', seq, rule: 'CNV3' })
	const link = body.type === 'link' ? bytesToBase64url(linkIdOf(context.hash, body.signingKey)) : null
	const broken = brokenEntryRule({ state, seq, body, role, accounts: acc.value, link })
	if (broken !== null) return fail({ type: 'rule', seq, rule: broken })
	const linkKey = body.type === 'join' ? (state.links.get(bytesToBase64url(body.link))?.signingKey ?? null) : null
	const claims = judgeSigners(entry, { seq, device: device.value, linkKey }, context.hash)
	return claims.ok ? ok({ seq, body, bytes: entry.body, link, claims: claims.value }) : claims
}

/** The entry follows the head, or stands on a base of this log and was not sequenced before. */
function isInPlace(state: ConversationState, body: ConversationBody, bodyHash: string): boolean {
	if (!isBaseSigned(body)) return body.seq === state.head.seq + 1 && equalBytes(body.previous, state.head.hash)
	const base = state.hashes[body.base]
	return base !== undefined && equalBytes(base, body.baseHash) && !state.baseSigned.has(bodyHash)
}

/** The verified accounts that acc names, by idHash in base64url. */
function judgeAcc(
	state: ConversationState,
	acc: readonly AccountRef[],
	accounts: AccountLookup,
): Judged<ReadonlyMap<string, AccountState>> {
	const seq = state.head.seq + 1
	const known = new Map<string, AccountState>()
	for (const named of acc) {
		const key = bytesToBase64url(named.idHash)
		const account = accounts(named.idHash)
		if (account === null) return fail({ type: 'hold', seq, account: named.idHash, accSeq: named.seq })
		const verdict = judgeAccountRef(named, state.acc.get(key)?.at(-1) ?? null, account)
		if (verdict === 'hold') return fail({ type: 'hold', seq, account: named.idHash, accSeq: named.seq })
		if (verdict !== 'ok') return fail({ type: 'rule', seq, rule: verdict })
		known.set(key, account)
	}
	return ok(known)
}

function accOf(body: BuiltBody): readonly AccountRef[] {
	return 'acc' in body ? body.acc : []
}

/** What the entry itself says of its author's account: it counts for this entry already. */
function ownSeq(body: BuiltBody): number | null {
	return accOf(body).find(({ idHash }) => equalBytes(idHash, body.author))?.seq ?? null
}

/** The device that signs: certified in its author's known log and not ended at the head that the conversation names. */
function judgeAuthor(
	body: { author: Bytes; device: Bytes },
	at: { seq: number; accSeq: number },
	accounts: AccountLookup,
): Judged<AccountDevice> {
	const account = accounts(body.author)
	const device = account === null ? null : deviceOf(account, body.device)
	if (device === null) return fail({ type: 'hold', seq: at.seq, account: body.author, accSeq: null })
	return mayAuthorAt(device, at.accSeq) ? ok(device) : fail({ type: 'rule', seq: at.seq, rule: 'CNV8' })
}

/** The author's device; in a join the link's key besides (SPEC CNV27). */
function judgeSigners(
	entry: SignedEntry,
	by: { seq: number; device: AccountDevice; linkKey: Bytes | null },
	hash: Hash,
): Judged<readonly SignatureClaim[]> {
	const device = { kind: 'device', key: by.device.signingKey, purpose: 'log', rank: 0 } as const
	const link = by.linkKey === null ? [] : [{ kind: 'link', key: by.linkKey, purpose: 'join', rank: 0 } as const]
	const found = matchSigners(hash, entry, { required: [device, ...link], authorisers: [] })
	return found.ok ? ok(found.value.claims) : fail({ type: 'wrong-signers', seq: by.seq, reason: found.error })
}
