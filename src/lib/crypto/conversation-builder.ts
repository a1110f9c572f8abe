/**
 * Assembles and signs what begins and renews a conversation (SPEC CNV, EPO): create, then the rotate that makes an epoch,
 * with one box of its key for each member. Any number of members; who may be among them, #protocol's rules say.
 */
import type { Box } from '#protocol/box.ts'
import { boxesRoot } from '#protocol/box.ts'
import { compareBytes, type Bytes } from '#protocol/bytes.ts'
import {
	encodeConversationBody,
	type AccountRef,
	type ConversationBody,
	type ConversationBodyOf,
	type ConversationKind,
	type Epoch,
	type MemberRef,
	type Policy,
} from '#protocol/conversation-log.ts'
import { directPolicy } from '#protocol/conversation-rules.ts'
import { conversationIdOf, dmIdOf, noticeIdOf, notesIdOf } from '#protocol/ids.ts'
import { chainHash, noHash, type LogHead, type SignedEntry } from '#protocol/log-entry.ts'
import { inBatches } from './batches.ts'
import { boxHash, sealEpochBox, sealLinkBox } from './boxes.ts'
import type { DeviceKeys } from './device-keys.ts'
import { commitOf, newEpochKey, sealBack, type EpochKey } from './epoch.ts'
import { signEntry } from './signing-key.ts'
import type { Crypto } from './suite.ts'

/** Who signs, and when: server time, ms. */
export interface ConversationAuthor {
	readonly idHash: Bytes
	readonly device: DeviceKeys
	readonly now: number
}

/** A member's verified account: head of its log, newest AK with the key whose hash stands there. */
export interface BoxTarget {
	readonly idHash: Bytes
	readonly head: LogHead
	readonly g: number
	/** X-Wing public key of AK_g, 1,216 bytes. */
	readonly accountKey: Bytes
}

export interface EpochBox {
	readonly idHash: Bytes
	readonly g: number
	readonly box: Box
}

/** A live link: its X-Wing key, whose hash stands in the log. */
export interface LinkTarget {
	readonly link: Bytes
	readonly publicKey: Bytes
}

export interface LinkBox {
	readonly link: Bytes
	readonly box: Box
}

export interface Rotation {
	readonly rotate: SignedEntry
	/** One per member, beside the entry. */
	readonly boxes: readonly EpochBox[]
	readonly linkBoxes: readonly LinkBox[]
	/** Secret. */
	readonly key: EpochKey
}

/** A new epoch before it stands in an entry. */
export interface MadeEpoch {
	readonly epoch: Epoch
	readonly boxes: readonly EpochBox[]
	readonly linkBoxes: readonly LinkBox[]
	/** Secret. */
	readonly key: EpochKey
}

export interface CreatedConversation extends Rotation {
	/** 16 bytes. */
	readonly conversation: Bytes
	readonly create: SignedEntry
}

export async function signConversationBody(
	crypto: Crypto,
	author: ConversationAuthor,
	value: ConversationBody,
): Promise<SignedEntry> {
	const body = encodeConversationBody(value)
	const signature = await signEntry(crypto, author.device.signing, { kind: 'device', purpose: 'log', body })
	return { body, signatures: [signature] }
}

export function authorFields({ idHash, device, now }: ConversationAuthor) {
	return { time: now, author: idHash, device: device.deviceId }
}

export function accountRef({ idHash, head, g }: BoxTarget): AccountRef {
	return { idHash, seq: head.seq, hash16: head.hash.slice(0, 16), g }
}

export async function boxFor(crypto: Crypto, key: EpochKey, { idHash, g, accountKey }: BoxTarget): Promise<EpochBox> {
	return { idHash, g, box: await sealEpochBox(crypto, { idHash, g, publicKey: accountKey }, key) }
}

/** Ascending, as sets of the codec stand. */
export function ascending<T>(items: readonly T[], idOf: (item: T) => Bytes): T[] {
	return [...items].sort((a, b) => compareBytes(idOf(a), idOf(b)))
}

export function rootOf(crypto: Crypto, given: Pick<MadeEpoch, 'boxes' | 'linkBoxes'>): Bytes {
	const accounts = given.boxes.map(({ idHash, g, box }) => ({ idHash, g, boxHash: boxHash(crypto, box) }))
	const links = given.linkBoxes.map(({ link, box }) => ({ link, boxHash: boxHash(crypto, box) }))
	return boxesRoot(crypto.hash, {
		accounts: ascending(accounts, ({ idHash }) => idHash),
		links: ascending(links, ({ link }) => link),
	})
}

export interface EpochWish {
	readonly conversation: Bytes
	readonly n: number
	readonly members: readonly BoxTarget[]
	readonly links?: readonly LinkTarget[]
	/** The newest key that is really held, where later members may read older history. */
	readonly previous: EpochKey | null
	/** Told after each batch of boxes. */
	readonly progress?: (sealed: number) => void
}

export async function makeEpoch(crypto: Crypto, wish: EpochWish): Promise<MadeEpoch> {
	const { conversation, n, members, links = [], previous, progress = () => {} } = wish
	const key = newEpochKey(crypto, { conversation, n })
	let sealed = 0
	const boxes = await inBatches(members, async (member) => {
		const box = await boxFor(crypto, key, member)
		progress(++sealed)
		return box
	})
	const linkBoxes = await inBatches(links, async (to) => ({ link: to.link, box: await sealLinkBox(crypto, to, key) }))
	const epoch = {
		n,
		commit: commitOf(crypto, key),
		boxesRoot: rootOf(crypto, { boxes, linkBoxes }),
		back: previous === null ? null : await sealBack(crypto, key, previous),
	}
	return { epoch, boxes, linkBoxes, key }
}

/** A new epoch for these members, on a base: n is one more than the newest. */
export async function rotateEntry(
	crypto: Crypto,
	author: ConversationAuthor,
	input: EpochWish & {
		readonly base: LogHead
		/** Members whose head has moved since the last acc; all of them in the first rotate. */
		readonly moved?: readonly BoxTarget[]
	},
): Promise<Rotation> {
	const { base, members, moved = members } = input
	const { epoch, ...made } = await makeEpoch(crypto, input)
	const value: ConversationBodyOf<'rotate'> = {
		type: 'rotate',
		base: base.seq,
		baseHash: base.hash,
		...authorFields(author),
		epoch,
		acc: ascending(moved, ({ idHash }) => idHash).map(accountRef),
	}
	return { rotate: await signConversationBody(crypto, author, value), ...made }
}

export interface NewConversation {
	readonly kind: ConversationKind
	readonly policy: Policy
	readonly members: readonly MemberRef[]
	/** The same accounts as `members`. */
	readonly targets: readonly BoxTarget[]
	readonly progress?: EpochWish['progress']
}

function idOf(
	crypto: Crypto,
	{ kind, members }: NewConversation,
	{ author, body }: { author: Bytes; body: Bytes },
): Bytes {
	const [first, second] = members.map(({ idHash }) => idHash)
	const user = members.find(({ idHash }) => compareBytes(idHash, author) !== 0)?.idHash
	if (kind === 'notice' && user !== undefined) return noticeIdOf(crypto.hash, author, user)
	if (kind === 'dm' && first !== undefined && second !== undefined) return dmIdOf(crypto.hash, first, second)
	if (kind === 'notes' && first !== undefined) return notesIdOf(crypto.hash, first)
	return conversationIdOf(crypto.hash, body)
}

/** create, and the rotate that makes epoch 1: one request. */
export async function createConversation(
	crypto: Crypto,
	author: ConversationAuthor,
	what: NewConversation,
): Promise<CreatedConversation> {
	const { kind, policy } = what
	const members = ascending(what.members, ({ idHash }) => idHash)
	const header = { seq: 0, previous: noHash, ...authorFields(author) }
	const value: ConversationBody = { type: 'create', ...header, kind, policy, members, random: crypto.random(16) }
	const create = await signConversationBody(crypto, author, value)
	const conversation = idOf(crypto, what, { author: author.idHash, body: create.body })
	const base = { seq: 0, hash: chainHash(crypto.hash, noHash, { seq: 0, body: create.body }) }
	const rotation = await rotateEntry(crypto, author, {
		conversation,
		base,
		n: 1,
		members: what.targets,
		previous: null,
		...(what.progress === undefined ? {} : { progress: what.progress }),
	})
	return { conversation, create, ...rotation }
}

/** The conversation of two people: its id follows from who they are, so both make the same one. */
export function createDirect(
	crypto: Crypto,
	author: ConversationAuthor,
	targets: readonly [BoxTarget, BoxTarget],
): Promise<CreatedConversation> {
	const members = targets.map(({ idHash }): MemberRef => ({ idHash, role: 'member' }))
	return createConversation(crypto, author, { kind: 'dm', policy: directPolicy, members, targets })
}

/** The conversation of one: its id follows from who it is, so that every device makes the same one. */
export function createNotes(
	crypto: Crypto,
	author: ConversationAuthor,
	target: BoxTarget,
): Promise<CreatedConversation> {
	const members: MemberRef[] = [{ idHash: target.idHash, role: 'member' }]
	return createConversation(crypto, author, { kind: 'notes', policy: directPolicy, members, targets: [target] })
}

/** What the operator writes to one user, apart from any direct conversation of the two; the author is the operator. */
export function createNotice(
	crypto: Crypto,
	author: ConversationAuthor,
	targets: readonly [operator: BoxTarget, user: BoxTarget],
): Promise<CreatedConversation> {
	const members = targets.map(({ idHash }): MemberRef => ({ idHash, role: 'member' }))
	return createConversation(crypto, author, { kind: 'notice', policy: directPolicy, members, targets })
}
