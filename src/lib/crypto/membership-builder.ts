/**
 * Assembles and signs what changes a group or room (SPEC CNV): who comes and goes, roles, links, policy, title. Where an entry
 * stands is in `at`: those that grant or take rights name the head that they follow, the others the same head as a base.
 */
import type { Bytes } from '#protocol/bytes.ts'
import {
	encodeConversationBody,
	type ConversationBody,
	type ConversationBodyOf,
	type ConversationEntryType,
	type MemberRef,
	type Role,
} from '#protocol/conversation-log.ts'
import type { LogHead, SignedEntry } from '#protocol/log-entry.ts'
import { sealEpochBox, sealLinkBox } from './boxes.ts'
import {
	accountRef,
	ascending,
	authorFields,
	boxFor,
	makeEpoch,
	rootOf,
	signConversationBody,
	type BoxTarget,
	type ConversationAuthor,
	type EpochBox,
	type EpochWish,
	type LinkBox,
} from './conversation-builder.ts'
import type { EpochKey } from './epoch.ts'
import type { LinkKeys } from './link-keys.ts'
import { signEntry } from './signing-key.ts'
import type { Crypto } from './suite.ts'

/** Who writes, and the verified head that he has seen. */
export interface EntryPlace {
	readonly author: ConversationAuthor
	readonly head: LogHead
}

/** An entry with the boxes that go up beside it. */
export interface BuiltEntry {
	readonly entry: SignedEntry
	readonly boxes: readonly EpochBox[]
	readonly linkBoxes: readonly LinkBox[]
}

type Placed = 'add' | 'remove' | 'role' | 'link' | 'policy' | 'archive' | 'restore'
type Based = 'leave' | 'linkEnd' | 'cut' | 'title'
type Fields<T extends ConversationEntryType> = Omit<
	ConversationBodyOf<T>,
	'type' | 'seq' | 'previous' | 'base' | 'baseHash' | 'time' | 'author' | 'device'
>

async function placed<T extends Placed>(crypto: Crypto, at: EntryPlace, body: { type: T } & Fields<T>) {
	const { author, head } = at
	const header = { seq: head.seq + 1, previous: head.hash, ...authorFields(author) }
	return signConversationBody(crypto, author, { ...header, ...body } as unknown as ConversationBody)
}

function based({ author, head }: EntryPlace) {
	return { base: head.seq, baseHash: head.hash, ...authorFields(author) }
}

/** An entry that needs no boxes. */
export async function plainEntry<T extends 'role' | 'policy' | 'archive' | 'restore'>(
	crypto: Crypto,
	at: EntryPlace,
	body: { type: T } & Fields<T>,
): Promise<BuiltEntry> {
	return { entry: await placed(crypto, at, body), boxes: [], linkBoxes: [] }
}

/** The same on a base. */
export async function basedEntry<T extends Based>(
	crypto: Crypto,
	at: EntryPlace,
	body: { type: T } & Fields<T>,
): Promise<BuiltEntry> {
	const value = { ...based(at), ...body } as unknown as ConversationBody
	return { entry: await signConversationBody(crypto, at.author, value), boxes: [], linkBoxes: [] }
}

/** Newcomers get the newest key, in one box each: they read what was written before. */
export async function addEntry(
	crypto: Crypto,
	at: EntryPlace,
	{ key, targets, roles }: { key: EpochKey; targets: readonly BoxTarget[]; roles: readonly MemberRef[] },
): Promise<BuiltEntry> {
	const boxes = await Promise.all(targets.map((target) => boxFor(crypto, key, target)))
	const keys = { give: 'current', n: key.n, boxesRoot: rootOf(crypto, { boxes, linkBoxes: [] }) } as const
	const members = ascending(roles, ({ idHash }) => idHash)
	const acc = ascending(targets, ({ idHash }) => idHash).map(accountRef)
	return { entry: await placed(crypto, at, { type: 'add', members, keys, acc }), boxes, linkBoxes: [] }
}

/** Newcomers read from here on: everybody gets a new key. `wish.members`: those who are in, and those who come. */
export async function addByEpochEntry(
	crypto: Crypto,
	at: EntryPlace,
	{ wish, moved, roles }: { wish: EpochWish; moved: readonly BoxTarget[]; roles: readonly MemberRef[] },
): Promise<BuiltEntry> {
	const { epoch, boxes, linkBoxes } = await makeEpoch(crypto, wish)
	const members = ascending(roles, ({ idHash }) => idHash)
	const acc = ascending(moved, ({ idHash }) => idHash).map(accountRef)
	const keys = { give: 'rotate', ...epoch } as const
	return { entry: await placed(crypto, at, { type: 'add', members, keys, acc }), boxes, linkBoxes }
}

/** `wish.members`: those who stay. */
export async function removeEntry(
	crypto: Crypto,
	at: EntryPlace,
	removal: { wish: EpochWish; moved: readonly BoxTarget[]; accounts: readonly Bytes[]; cut: Bytes },
): Promise<BuiltEntry> {
	const { epoch, boxes, linkBoxes } = await makeEpoch(crypto, { ...removal.wish, links: [] })
	const accounts = ascending(removal.accounts, (account) => account)
	const acc = ascending(removal.moved, ({ idHash }) => idHash).map(accountRef)
	const entry = await placed(crypto, at, { type: 'remove', accounts, epoch, acc, cut: removal.cut })
	return { entry, boxes, linkBoxes }
}

export interface LinkTerms {
	readonly role: Role
	/** ms since the Unix epoch. */
	readonly expires: number | null
	readonly uses: number | null
}

export async function linkEntry(
	crypto: Crypto,
	at: EntryPlace,
	{ keys, key, terms }: { keys: LinkKeys; key: EpochKey; terms: LinkTerms },
): Promise<BuiltEntry> {
	const box = await sealLinkBox(crypto, { link: keys.id, publicKey: keys.kem.publicKey }, key)
	const linkBoxes = [{ link: keys.id, box }]
	const boxesRoot = rootOf(crypto, { boxes: [], linkBoxes })
	const named = { signingKey: keys.signing.publicKey, kemHash: crypto.hash(keys.kem.publicKey) }
	const entry = await placed(crypto, at, { type: 'link', ...named, ...terms, n: key.n, boxesRoot })
	return { entry, boxes: [], linkBoxes }
}

/** By who holds a link and is nobody's guest: signed by the link and the own device, with a box to the own account. */
export async function joinEntry(
	crypto: Crypto,
	at: EntryPlace,
	{ keys, key, self }: { keys: LinkKeys; key: EpochKey; self: BoxTarget },
): Promise<BuiltEntry> {
	const box = await sealEpochBox(crypto, { idHash: self.idHash, g: self.g, publicKey: self.accountKey }, key)
	const boxes = [{ idHash: self.idHash, g: self.g, box }]
	const boxesRoot = rootOf(crypto, { boxes, linkBoxes: [] })
	const acc = [accountRef(self)]
	const body = encodeConversationBody({ type: 'join', ...based(at), link: keys.id, n: key.n, boxesRoot, acc })
	const signatures = [
		await signEntry(crypto, at.author.device.signing, { kind: 'device', purpose: 'log', body }),
		await signEntry(crypto, keys.signing, { kind: 'link', purpose: 'join', body }),
	]
	return { entry: { body, signatures }, boxes, linkBoxes: [] }
}
