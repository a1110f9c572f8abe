/**
 * What somebody may do at the head of a conversation, told by the rules that judge the entries themselves (conversation-rules.ts):
 * each answer is the verdict on the entry that he would write.
 */
import { bytesToBase64url, type Bytes } from './bytes.ts'
import { canWrite, roleOf } from './conversation-case.ts'
import type { ConversationBodyOf, Epoch, MemberRef, Role } from './conversation-log.ts'
import { brokenEntryRule, type BuiltBody } from './conversation-rules.ts'
import type { ConversationState } from './conversation-state.ts'

type Body = Exclude<BuiltBody, { type: 'create' }>
type Fields<T extends Body['type']> = Omit<
	ConversationBodyOf<T>,
	'type' | 'seq' | 'previous' | 'base' | 'baseHash' | 'time' | 'author' | 'device'
>

export interface Rights {
	/** To bring in people as members. */
	readonly add: boolean
	readonly link: boolean
	readonly rename: boolean
	readonly policy: boolean
	readonly archive: boolean
	readonly restore: boolean
	/** Not as the last owner among others. */
	readonly leave: boolean
}

export interface RightsOver {
	readonly remove: boolean
	/** Roles that he may be given instead of his own; `owner`: by who hands it over. */
	readonly roles: readonly Role[]
}

const allRoles: readonly Role[] = ['owner', 'admin', 'member', 'reader']
/** Stands for what no rule looks into. */
const some = (length: number) => new Uint8Array(length) as Bytes
const nobody = some(32)

function nextEpoch(state: ConversationState): Epoch {
	const isShared = state.policy.history === 'shared'
	const back = isShared ? { m: state.epochs.length, sealed: { nonce: some(12), ct: some(48) } } : null
	return { n: state.epochs.length + 1, commit: some(32), boxesRoot: some(32), back }
}

function mayWrite<T extends Body['type']>(
	state: ConversationState,
	self: Bytes,
	body: { type: T } & Fields<T>,
): boolean {
	const role = roleOf(state, self)
	if (role === null) return false
	const seq = state.head.seq + 1
	const place = { seq, previous: state.head.hash, base: state.head.seq, baseHash: state.head.hash }
	const author = { time: state.epochs.at(-1)?.time ?? 0, author: self, device: some(16) }
	const entry = { ...place, ...author, ...body } as unknown as Body
	return brokenEntryRule({ state, seq, body: entry, role, accounts: new Map(), link: 'a new one' }) === null
}

/** To change name, topic and picture. `self`: idHash. */
export function mayRename(state: ConversationState, self: Bytes): boolean {
	return mayWrite(state, self, { type: 'title', n: state.epochs.length, nonce: some(12), ct: some(0) })
}

/** `self`: idHash. */
export function rightsOf(state: ConversationState, self: Bytes): Rights {
	const n = state.epochs.length
	const may = <T extends Body['type']>(type: T, fields: Fields<T>) => mayWrite(state, self, { type, ...fields })
	const keys: Fields<'add'>['keys'] =
		state.policy.history === 'shared'
			? { give: 'current', n, boxesRoot: some(32) }
			: { give: 'rotate', ...nextEpoch(state) }
	const acc = [{ idHash: nobody, seq: 0, hash16: some(16), g: 0 }]
	const link = { signingKey: some(32), kemHash: some(32), expires: null, uses: null, n, boxesRoot: some(32) }
	return {
		add: may('add', { members: [{ idHash: nobody, role: 'member' }], keys, acc }),
		link: may('link', { ...link, role: 'member' }),
		rename: mayRename(state, self),
		policy: may('policy', { policy: state.policy }),
		archive: may('archive', {}),
		restore: may('restore', {}),
		leave: may('leave', { cut: some(32) }),
	}
}

/** Over another member; over oneself nothing, but to hand over and to leave. Every member of one role is answered alike. */
export function rightsOver(state: ConversationState, self: Bytes, account: Bytes): RightsOver {
	const own = roleOf(state, self)
	const theirs = roleOf(state, account)
	if (own === null || theirs === null || bytesToBase64url(self) === bytesToBase64url(account))
		return { remove: false, roles: [] }
	const mayGive = (members: readonly MemberRef[]) => {
		const isLosing = members.some(({ idHash, role }) => canWrite(roleOf(state, idHash)) && !canWrite(role))
		return mayWrite(state, self, { type: 'role', members: [...members], cut: isLosing ? some(32) : null })
	}
	return {
		remove: mayWrite(state, self, {
			type: 'remove',
			accounts: [account],
			epoch: nextEpoch(state),
			acc: [],
			cut: some(32),
		}),
		roles: allRoles.filter((role) => {
			const given = { idHash: account, role }
			return mayGive(role === 'owner' ? [given, { idHash: self, role: 'admin' }] : [given])
		}),
	}
}
