/** What a valid entry changes. A draft is private to one verification, so that folding n entries costs n, not n². */
import { bytesToBase64url, bytesToHex, type Bytes } from './bytes.ts'
import type { JudgedCreate, JudgedEntry } from './conversation-judge.ts'
import { rankOf, roleOf } from './conversation-case.ts'
import {
	isBaseSigned,
	type AccountRef,
	type ConversationBody,
	type ConversationBodyOf,
	type Epoch,
	type MemberRef,
	type Policy,
	type Role,
} from './conversation-log.ts'
import { losesWriting } from './conversation-member-rules.ts'
import type { ConversationState, CutRecord, EpochRecord, LinkRecord, TitleRecord } from './conversation-state.ts'
import { conversationIdOf, dmIdOf, noticeIdOf, notesIdOf } from './ids.ts'
import { chainHash, noHash, type LogHead } from './log-entry.ts'
import type { Hash } from './ports.ts'

export interface Draft extends ConversationState {
	head: LogHead
	rotateBase: number
	readonly hashes: Bytes[]
	readonly members: Map<string, MemberRef>
	readonly roles: Map<string, { seq: number; role: Role | null }[]>
	readonly epochs: EpochRecord[]
	readonly acc: Map<string, (AccountRef & { at: number })[]>
	readonly cuts: CutRecord[]
	readonly baseSigned: Set<string>
	policy: Policy
	policyBefore: Policy | null
	readonly archived: { readonly from: number; readonly to: number | null }[]
	readonly links: Map<string, LinkRecord>
	readonly linksEver: Set<string>
	readonly removed: Set<string>
	readonly joins: Map<string, string>
	title: TitleRecord | null
}

/** A copy whose lists may grow; records in them are never changed. */
export function draftOf(state: ConversationState): Draft {
	return {
		...state,
		hashes: [...state.hashes],
		members: new Map(state.members),
		roles: copyLists(state.roles),
		epochs: [...state.epochs],
		acc: copyLists(state.acc),
		cuts: [...state.cuts],
		baseSigned: new Set(state.baseSigned),
		archived: [...state.archived],
		links: new Map(state.links),
		linksEver: new Set(state.linksEver),
		removed: new Set(state.removed),
		joins: new Map(state.joins),
	}
}

function copyLists<T>(map: ReadonlyMap<string, readonly T[]>): Map<string, T[]> {
	return new Map([...map].map(([key, list]) => [key, [...list]]))
}

export function createdDraft(hash: Hash, { body, bytes }: JudgedCreate): Draft {
	const head = { seq: 0, hash: chainHash(hash, noHash, { seq: 0, body: bytes }) }
	const members = body.members.map((member) => [bytesToBase64url(member.idHash), member] as const)
	return {
		id: createdId(hash, body, bytes),
		kind: body.kind,
		policy: body.policy,
		policyBefore: null,
		head,
		hashes: [head.hash],
		members: new Map(members),
		roles: new Map(members.map(([key, { role }]) => [key, [{ seq: 0, role }]])),
		epochs: [],
		acc: new Map(),
		cuts: [],
		archived: [],
		links: new Map(),
		linksEver: new Set(),
		removed: new Set(),
		joins: new Map(),
		title: null,
		rotateBase: 0,
		baseSigned: new Set(),
	}
}

/** SPEC CNV1; the rules of `create` have made sure that the members are there. */
function createdId(hash: Hash, body: ConversationBodyOf<'create'>, bytes: Bytes): Bytes {
	const [first, second] = body.members.map(({ idHash }) => idHash)
	switch (body.kind) {
		case 'dm':
			return dmIdOf(hash, first as Bytes, second as Bytes)
		case 'notes':
			return notesIdOf(hash, first as Bytes)
		case 'notice':
			return noticeIdOf(hash, body.author, otherThan(body))
		case 'group':
		case 'room-open':
		case 'room-private':
			return conversationIdOf(hash, bytes)
	}
}

function otherThan({ author, members }: ConversationBodyOf<'create'>): Bytes {
	const key = bytesToBase64url(author)
	return (members.find(({ idHash }) => bytesToBase64url(idHash) !== key) as MemberRef).idHash
}

export function applyEntry(hash: Hash, draft: Draft, { seq, body, bytes, link }: JudgedEntry): void {
	draft.head = { seq, hash: chainHash(hash, draft.head.hash, { seq, body: bytes }) }
	draft.hashes.push(draft.head.hash)
	if (isBaseSigned(body)) draft.baseSigned.add(bytesToHex(hash(bytes)))
	if ('acc' in body) nameAccounts(draft, body.acc)
	if (!leavesRotates(draft, body)) draft.rotateBase = seq
	switch (body.type) {
		case 'create':
			throw new Error('a create has no predecessor')
		case 'rotate':
			return makeEpoch(draft, body, { epoch: body.epoch, base: body.base })
		case 'cut':
			return void draft.cuts.push({ seq, hash: body.cut, accounts: [body.account], devices: body.devices })
		case 'add':
			for (const member of body.members) setRole(draft, member.idHash, member.role)
			for (const { idHash } of body.members) draft.removed.delete(bytesToBase64url(idHash))
			if (body.keys.give === 'rotate') makeEpoch(draft, body, { epoch: body.keys, base: seq })
			return
		case 'join':
			return join(draft, body)
		case 'leave':
			setRole(draft, body.author, null)
			return void draft.cuts.push({ seq, hash: body.cut, accounts: [body.author], devices: null })
		case 'remove':
			return remove(draft, body)
		case 'role':
			return changeRoles(draft, body)
		default:
			return applyRoomEntry(draft, body, link)
	}
}

type RoomBody = ConversationBodyOf<'link' | 'linkEnd' | 'policy' | 'archive' | 'restore' | 'title'>

function applyRoomEntry(draft: Draft, body: RoomBody, link: string | null): void {
	const { seq } = draft.head
	switch (body.type) {
		case 'link': {
			const { author: by, role, signingKey, kemHash, expires, uses } = body
			draft.links.set(link as string, { seq, by, role, signingKey, kemHash, expires, uses, used: 0 })
			return void draft.linksEver.add(link as string)
		}
		case 'linkEnd':
			for (const id of body.links) draft.links.delete(bytesToBase64url(id))
			return
		case 'policy':
			draft.policyBefore = draft.policy
			draft.policy = body.policy
			// Who had one would read what was written before he came (SPEC CNV25).
			if (body.policy.history === 'from-join') draft.links.clear()
			return
		case 'archive':
			return void draft.archived.push({ from: seq, to: null })
		case 'restore': {
			const { from } = draft.archived.pop() as { from: number }
			return void draft.archived.push({ from, to: seq })
		}
		case 'title':
			draft.title = { seq, n: body.n, nonce: body.nonce, ct: body.ct, author: body.author }
	}
}

/** May a rotate still stand on a base before this entry: it takes nobody's right to read (SPEC EPO3)? */
function leavesRotates({ members }: Draft, body: ConversationBody): boolean {
	if (body.type === 'role')
		return body.members.every(({ idHash, role }) => rankOf(role) > rankOf(roleOf({ members }, idHash) as Role))
	return body.type === 'link' || body.type === 'join' || (body.type === 'add' && body.keys.give === 'current')
}

function makeEpoch(
	draft: Draft,
	{ time, author }: { time: number; author: Bytes },
	{ epoch, base }: { epoch: Epoch; base: number },
): void {
	const { n, commit, boxesRoot, back } = epoch
	draft.epochs.push({ n, commit, boxesRoot, back, seq: draft.head.seq, base, time, author })
}

function setRole(draft: Draft, account: Bytes, role: Role | null): void {
	const key = bytesToBase64url(account)
	if (role === null) draft.members.delete(key)
	else draft.members.set(key, { idHash: account, role })
	const changes = draft.roles.get(key) ?? []
	changes.push({ seq: draft.head.seq, role })
	draft.roles.set(key, changes)
}

function join(draft: Draft, body: ConversationBodyOf<'join'>): void {
	const id = bytesToBase64url(body.link)
	const link = draft.links.get(id) as LinkRecord
	draft.links.set(id, { ...link, used: link.used + 1 })
	draft.joins.set(bytesToBase64url(body.author), id)
	setRole(draft, body.author, link.role)
}

function remove(draft: Draft, body: ConversationBodyOf<'remove'>): void {
	const { seq } = draft.head
	for (const account of body.accounts) setRole(draft, account, null)
	for (const account of body.accounts) draft.removed.add(bytesToBase64url(account))
	draft.links.clear()
	draft.cuts.push({ seq, hash: body.cut, accounts: body.accounts, devices: null })
	makeEpoch(draft, body, { epoch: body.epoch, base: seq })
}

function changeRoles(draft: Draft, body: ConversationBodyOf<'role'>): void {
	const accounts = losesWriting(draft, body)
	for (const { idHash, role } of body.members) setRole(draft, idHash, role)
	if (body.cut !== null) draft.cuts.push({ seq: draft.head.seq, hash: body.cut, accounts, devices: null })
}

function nameAccounts(draft: Draft, acc: readonly AccountRef[]): void {
	for (const named of acc) {
		const key = bytesToBase64url(named.idHash)
		const list = draft.acc.get(key) ?? []
		list.push({ ...named, at: draft.head.seq })
		draft.acc.set(key, list)
	}
}
