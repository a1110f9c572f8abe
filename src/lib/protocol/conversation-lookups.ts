/** What held at a position of a conversation log. `account` is an idHash, `seq` a position up to the head. */
import { bytesToBase64url, equalBytes, type Bytes } from './bytes.ts'
import type { AccountRef, Role } from './conversation-log.ts'
import { noticeIdOf } from './ids.ts'
import type { Hash } from './ports.ts'
import { PEER_FELLOWS_MAX } from './limits.ts'
import type { LogHead } from './log-entry.ts'
import type { ConversationState, CutRecord, EpochRecord } from './conversation-state.ts'

/** One item asks for its author half a dozen times in a row, by the same byte string. */
let asked: { readonly account: Bytes; readonly key: string } | null = null

function keyOf(account: Bytes): string {
	if (asked?.account !== account) asked = { account, key: bytesToBase64url(account) }
	return asked.key
}

/** Most often it is the very last. */
function lastBy<T>(list: readonly T[] | undefined, holds: (entry: T) => boolean): T | null {
	const last = list?.at(-1)
	if (last === undefined) return null
	return holds(last) ? last : (list?.findLast(holds) ?? null)
}

/** Null = not a member there. */
export function roleAt(state: ConversationState, account: Bytes, seq: number): Role | null {
	return lastBy(state.roles.get(keyOf(account)), (change) => change.seq <= seq)?.role ?? null
}

/** The newest epoch made at or before seq; null only at seq 0. */
export function epochAt(state: ConversationState, seq: number): EpochRecord | null {
	return lastBy(state.epochs, (epoch) => epoch.seq <= seq)
}

/** The last head of an account's log that the conversation names at or before seq. */
export function accAt(state: ConversationState, account: Bytes, seq: number): AccountRef | null {
	return lastBy(state.acc.get(keyOf(account)), (named) => named.at <= seq)
}

/** Its position, for `mayAuthorAt`: −1 where nothing was named yet. */
export function accountSeqAt(state: ConversationState, account: Bytes, seq: number): number {
	return accAt(state, account, seq)?.seq ?? -1
}

export function isArchivedAt(state: ConversationState, seq: number): boolean {
	return state.archived.some(({ from, to }) => from <= seq && (to === null || seq < to))
}

/** The cuts that judge an item: those at entries after its logSeq, of its author's device. Each must list it. */
export function cutsOver(
	state: ConversationState,
	item: { readonly account: Bytes; readonly device: Bytes; readonly logSeq: number },
): readonly CutRecord[] {
	return state.cuts.filter(
		(cut) =>
			cut.seq > item.logSeq &&
			cut.accounts.some((account) => equalBytes(account, item.account)) &&
			(cut.devices === null || cut.devices.some((device) => equalBytes(device, item.device))),
	)
}

/** Who writes as the operator in a notice: its id says which of the two. Null in every other kind. */
export function operatorOf(hash: Hash, { id, kind, members }: ConversationState): Bytes | null {
	if (kind !== 'notice') return null
	const accounts = [...members.values()].map(({ idHash }) => idHash)
	const isOperator = (one: Bytes) => accounts.some((other) => equalBytes(noticeIdOf(hash, one, other), id))
	return accounts.find(isOperator) ?? null
}

/** May devices of these two, who are no friends, reach each other in this conversation (SPEC PEER14)? Ids in base64url. */
export function areFellows({ kind, members }: ConversationState, one: string, other: string): boolean {
	return kind === 'group' && members.size <= PEER_FELLOWS_MAX && members.has(one) && members.has(other)
}

/** Who was ever a member. */
export function isNamed(state: ConversationState, account: Bytes): boolean {
	return state.roles.has(bytesToBase64url(account))
}

/** How far an account is told of the log: to its head, or to the entry that ended its membership. */
export function endFor(state: ConversationState, account: Bytes): LogHead {
	const last = state.roles.get(bytesToBase64url(account))?.at(-1)
	const seq = last === undefined || last.role !== null ? state.head.seq : last.seq
	return { seq, hash: state.hashes[seq] as Bytes }
}

/** An account and the AK to which a box for it is sealed. */
export interface BoxDue {
	readonly idHash: Bytes
	readonly g: number
}

/** Who gets a box of the newest epoch: every member at the head, at the AK that the log names last. */
export function boxesDue(state: ConversationState): readonly BoxDue[] {
	return [...state.members.values()].map(({ idHash }) => ({ idHash, g: keyNamed(state, idHash) }))
}

/** Who gets one beside the entry that made the newest epoch: who came after its base is sealed one later (SPEC EPO6). */
export function boxesAtBase(state: ConversationState): readonly BoxDue[] {
	const base = state.epochs.at(-1)?.base ?? 0
	return boxesDue(state).filter(({ idHash }) => roleAt(state, idHash, base) !== null)
}

/** Links with a box beside that entry, ids in base64url: those that were made by its base and live. */
export function linksAtBase(state: ConversationState): readonly string[] {
	const base = state.epochs.at(-1)?.base ?? 0
	return [...state.links].filter(([, { seq }]) => seq <= base).map(([id]) => id)
}

function keyNamed(state: ConversationState, account: Bytes): number {
	return accAt(state, account, state.head.seq)?.g ?? 0
}

/** Was the account a member while epoch n was the newest? */
function wasMemberIn(state: ConversationState, account: Bytes, n: number): boolean {
	const epoch = state.epochs[n - 1]
	if (epoch === undefined) return false
	const end = state.epochs[n]?.seq ?? Infinity
	if (roleAt(state, account, epoch.seq) !== null) return true
	const changes = state.roles.get(bytesToBase64url(account)) ?? []
	return changes.some(({ seq, role }) => role !== null && seq > epoch.seq && seq < end)
}

/**
 * Does epoch n open to who was a member in it, or in a later one from which back links lead to it without a gap? Where members
 * read from their joining on an epoch has no back link, and what is before it stays closed.
 */
export function readsEpoch(state: ConversationState, account: Bytes, n: number): boolean {
	if (n < 1 || n > state.epochs.length) return false
	let k = n
	while (!wasMemberIn(state, account, k)) {
		const next = state.epochs[k]
		if (next === undefined || next.back === null) return false
		k += 1
	}
	return true
}

/** May epoch n be sealed to him: he is a member, and it opens to him. */
export function mayRead(state: ConversationState, account: Bytes, n: number): boolean {
	return state.members.has(bytesToBase64url(account)) && readsEpoch(state, account, n)
}
