/**
 * A conversation log, folded: members, roles, epochs and account heads at every position, for any number of members.
 * Whoever judges an event asks here what held at its logSeq (SPEC CNV, EPO; lookups in conversation-lookups.ts).
 *
 * entry → judged (conversation-judge.ts) → folded (conversation-fold.ts) → signatures, all in one batch
 */
import type { AccountState } from './account-state.ts'
import type { Bytes } from './bytes.ts'
import { applyEntry, createdDraft, draftOf, type Draft } from './conversation-fold.ts'
import { judgeCreate, judgeEntry } from './conversation-judge.ts'
import type {
	AccountRef,
	ConversationEntryType,
	ConversationKind,
	Epoch,
	MemberRef,
	Policy,
	Role,
} from './conversation-log.ts'
import type { Supported } from './conversation-rules.ts'
import type { LogHead, SignedEntry } from './log-entry.ts'
import type { Hash, SignatureClaim, Verify } from './ports.ts'
import { fail, ok, type Result } from './result.ts'

/** An epoch and the entry that made it. */
export interface EpochRecord extends Epoch {
	readonly seq: number
	/** Its boxes are for who was a member here and still is at `seq`, and for those whom the entry itself adds. */
	readonly base: number
	readonly time: number
	readonly author: Bytes
}

/** `hash` names the list that lies beside the entry; `devices` null = all of these accounts. */
export interface CutRecord {
	readonly seq: number
	readonly hash: Bytes
	readonly accounts: readonly Bytes[]
	readonly devices: readonly Bytes[] | null
}

/** A live link. */
export interface LinkRecord {
	readonly seq: number
	/** idHash of who made it. */
	readonly by: Bytes
	readonly role: Role
	readonly signingKey: Bytes
	/** SHA-256 of its X-Wing public key. */
	readonly kemHash: Bytes
	readonly expires: number | null
	readonly uses: number | null
	readonly used: number
}

/** Name, topic and picture, sealed under epoch n by their author. */
export interface TitleRecord {
	readonly seq: number
	readonly n: number
	readonly nonce: Bytes
	readonly ct: Bytes
	readonly author: Bytes
}

export interface ConversationState {
	/** 16 bytes. */
	readonly id: Bytes
	readonly kind: ConversationKind
	/** At the head. */
	readonly policy: Policy
	/** The policy before; null while there was none. */
	readonly policyBefore: Policy | null
	readonly head: LogHead
	/** h_s at index s. */
	readonly hashes: readonly Bytes[]
	/** At the head, by idHash in base64url. */
	readonly members: ReadonlyMap<string, MemberRef>
	/** Every change of a role, in order; null = no longer a member. */
	readonly roles: ReadonlyMap<string, readonly { readonly seq: number; readonly role: Role | null }[]>
	/** Epoch n at index n − 1. */
	readonly epochs: readonly EpochRecord[]
	/** What each acc named, in order: `at` is the conversation's seq, the rest of the account's log. */
	readonly acc: ReadonlyMap<string, readonly (AccountRef & { readonly at: number })[]>
	readonly cuts: readonly CutRecord[]
	/** From an archive entry to the restore after it. */
	readonly archived: readonly { readonly from: number; readonly to: number | null }[]
	/** Live links, by link id in base64url. */
	readonly links: ReadonlyMap<string, LinkRecord>
	/** Ids of all that ever were. */
	readonly linksEver: ReadonlySet<string>
	/** Who was removed and not added since, by idHash in base64url. */
	readonly removed: ReadonlySet<string>
	/** Link by which somebody joined last, by idHash in base64url. */
	readonly joins: ReadonlyMap<string, string>
	readonly title: TitleRecord | null
	/** A rotate may not be based before this position. */
	readonly rotateBase: number
	/** Hex hashes of bodies that name a base: each stands once. */
	readonly baseSigned: ReadonlySet<string>
}

/** `seq` is the position at which the log stopped being believed. */
export type ConversationLogError =
	| { readonly type: 'empty' }
	/** A create without the rotate that makes epoch 1. */
	| { readonly type: 'no-epoch' }
	| { readonly type: 'malformed'; readonly seq: number; readonly reason: string }
	/** Does not follow what it names: its predecessor, or its base. */
	| { readonly type: 'misplaced'; readonly seq: number }
	| {
			readonly type: 'unsupported-entry'
			readonly seq: number
			readonly kind: ConversationKind
			readonly entry: ConversationEntryType
	  }
	| { readonly type: 'not-in-direct'; readonly seq: number; readonly entry: ConversationEntryType }
	/** The known log of `account` does not say yet; accSeq null = any longer log may. */
	| { readonly type: 'hold'; readonly seq: number; readonly account: Bytes; readonly accSeq: number | null }
	| { readonly type: 'wrong-signers'; readonly seq: number; readonly reason: string }
	| { readonly type: 'bad-signature'; readonly seq: number }
	/** A rule of SPEC.md, by its id. */
	| { readonly type: 'rule'; readonly seq: number; readonly rule: string }

/** The verified log of an account, or null while it is not known. */
export type AccountLookup = (idHash: Bytes) => AccountState | null

export interface ConversationContext {
	readonly accounts: AccountLookup
	readonly hash: Hash
	readonly verify: Verify
	/** What is supported; this release's table unless told. */
	readonly supports?: Supported
}

/** From create and first rotate on. Which conversation it is, the caller compares by `id`. */
export async function verifyConversationLog(
	input: { readonly entries: readonly SignedEntry[] } & ConversationContext,
): Promise<Result<ConversationState, ConversationLogError>> {
	const [first, ...rest] = input.entries
	if (first === undefined) return fail({ type: 'empty' })
	const created = judgeCreate(first, input)
	if (!created.ok) return created
	if (rest.length === 0) return fail({ type: 'no-epoch' })
	return verifyEntries(createdDraft(input.hash, created.value), { entries: rest, claims: created.value.claims }, input)
}

/** One more entry on a verified state. `state` itself is never changed. */
export async function appendConversationEntry(
	state: ConversationState,
	entry: SignedEntry,
	context: ConversationContext,
): Promise<Result<ConversationState, ConversationLogError>> {
	return verifyEntries(draftOf(state), { entries: [entry], claims: [] }, context)
}

/** `claims` are those of the entries already in the draft. A draft is thrown away with the first entry that fails. */
async function verifyEntries(
	draft: Draft,
	{ entries, claims }: { entries: readonly SignedEntry[]; claims: readonly SignatureClaim[] },
	context: ConversationContext,
): Promise<Result<ConversationState, ConversationLogError>> {
	const due = claims.map((claim) => ({ claim, seq: draft.head.seq }))
	let error: ConversationLogError | null = null
	for (const entry of entries) {
		const judged = judgeEntry(draft, entry, context)
		if (!judged.ok) {
			error = judged.error
			break
		}
		applyEntry(context.hash, draft, judged.value)
		due.push(...judged.value.claims.map((claim) => ({ claim, seq: draft.head.seq })))
	}
	const verdicts = await context.verify(due.map(({ claim }) => claim))
	const bad = due.find((_, index) => verdicts[index] !== true)
	if (bad !== undefined) return fail({ type: 'bad-signature', seq: bad.seq })
	return error === null ? ok(draft) : fail(error)
}
