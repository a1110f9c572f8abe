/**
 * Bodies of a conversation log: who is in, with which role, and which epoch keys there are (SPEC CNV, EPO). A body begins
 * v1 ‖ type1 ‖ position4 ‖ h ‖ time8 ‖ idHash32 ‖ deviceId16 of the author. Entries that grant or take rights name their
 * own seq and the h before it; the others name a base they have seen, and never lose a race (`onBase`).
 */
import type { Bytes } from './bytes.ts'
import {
	bytes,
	choice,
	decode,
	encode,
	fixed,
	list,
	optional,
	set,
	struct,
	time8,
	u32,
	union,
	versioned,
	type Decoded,
	type DecodeError,
} from './codec.ts'
import { CONVERSATION_BODY_MAX, DEVICES_EVER_MAX, FORK_HEADS_MAX, LINKS_MAX, MEMBERS_MAX, TITLE_MAX } from './limits.ts'
import { logHead } from './log-entry.ts'
import { fail, type Result } from './result.ts'

const conversationKind = choice({ 1: 'dm', 2: 'notes', 3: 'notice', 4: 'group', 5: 'room-open', 6: 'room-private' })
export type ConversationKind = Decoded<typeof conversationKind>

const role = choice({ 1: 'owner', 2: 'admin', 3: 'member', 4: 'reader' })
export type Role = Decoded<typeof role>

export const policyCodec = struct({
	/** Do later members read what was written before: all of it, or from their joining on. */
	history: choice({ 1: 'shared', 2: 'from-join' }),
	/** Who adds members and makes links. */
	invite: choice({ 0: 'nobody', 1: 'admins', 2: 'members' }),
	/** May strangers ask to be let in. */
	knock: choice({ 0: 'no', 1: 'yes' }),
	/** Lifetime of messages in ms; null = they stay. */
	expiry: optional(time8),
})
export type Policy = Decoded<typeof policyCodec>

const memberRef = struct({ idHash: fixed(32), role })
export type MemberRef = Decoded<typeof memberRef>
const members = set(memberRef, MEMBERS_MAX, { keyLength: 32 })
const accounts = set(fixed(32), MEMBERS_MAX)

/** The head of an account's log that the author has verified, and the newest AK there. */
const accountRef = struct({ idHash: fixed(32), seq: u32, hash16: fixed(16), g: u32 })
export type AccountRef = Decoded<typeof accountRef>
const acc = set(accountRef, MEMBERS_MAX, { keyLength: 32 })

/** AES-256-GCM output with its random nonce in front. */
const sealed = (ciphertext: number) => struct({ nonce: fixed(12), ct: fixed(ciphertext) })

/** Opens epoch m from epoch n: AES-GCM(K_back(EK_n), EK_m). */
const back = struct({ m: u32, sealed: sealed(48) })

const epoch = struct({
	/** From 1, one more than the epoch before. */
	n: u32,
	/** SHA-256("kith/ek/1" ‖ convId ‖ n4 ‖ EK_n). */
	commit: fixed(32),
	/** Over the canonical list of the boxes beside the entry. */
	boxesRoot: fixed(32),
	/** Null in epoch 1 and where later members do not read older history. */
	back: optional(back),
})
export type Epoch = Decoded<typeof epoch>

/** How added members get a key: a box of the current one, or a new epoch. */
const keysForAdded = union('give', { current: [1, struct({ n: u32, boxesRoot: fixed(32) })], rotate: [2, epoch] })

const header = { seq: u32, previous: fixed(32), time: time8, author: fixed(32), device: fixed(16) }
const baseHeader = { base: u32, baseHash: fixed(32), time: time8, author: fixed(32), device: fixed(16) }
/** SHA-256 over the canonical cut list beside the entry: what stands of those who may no longer write. */
const cut = fixed(32)

const conversationBody = versioned(
	1,
	union('type', {
		create: [1, struct({ ...header, kind: conversationKind, policy: policyCodec, members, random: fixed(16) })],
		rotate: [2, struct({ ...baseHeader, epoch, acc })],
		add: [3, struct({ ...header, members, keys: keysForAdded, acc })],
		/** Signed by the link's key too; brings one box of EK_n to the joiner's own AK. */
		join: [4, struct({ ...baseHeader, link: fixed(16), n: u32, boxesRoot: fixed(32), acc })],
		leave: [5, struct({ ...baseHeader, cut })],
		/** Makes a new epoch and ends every link. */
		remove: [6, struct({ ...header, accounts, epoch, acc, cut })],
		/** `cut` where a right to write ends. */
		role: [7, struct({ ...header, members, cut: optional(cut) })],
		link: [
			8,
			struct({
				...header,
				/** Ed25519 public key; the link's id follows from it. */
				signingKey: fixed(32),
				/** SHA-256 of its X-Wing public key. */
				kemHash: fixed(32),
				role,
				expires: optional(time8),
				uses: optional(u32),
				/** The box of EK_n to the link lies beside the entry and is renewed by each rotate. */
				n: u32,
				boxesRoot: fixed(32),
			}),
		],
		linkEnd: [9, struct({ ...baseHeader, links: set(fixed(16), LINKS_MAX) })],
		policy: [10, struct({ ...header, policy: policyCodec })],
		/** Ends the right to write of revoked devices of one account. */
		cut: [11, struct({ ...baseHeader, account: fixed(32), devices: set(fixed(16), DEVICES_EVER_MAX), acc, cut })],
		archive: [12, struct({ ...header })],
		restore: [13, struct({ ...header })],
		/** Name, topic and picture, sealed under epoch n. */
		title: [14, struct({ ...baseHeader, n: u32, nonce: fixed(12), ct: bytes(TITLE_MAX) })],
		/** Ends a fork: the heads that do not stay are named, the entry itself follows the one that does. */
		resolveFork: [15, struct({ ...header, dropped: list(logHead, FORK_HEADS_MAX) })],
	}),
)
export type ConversationBody = Decoded<typeof conversationBody>
export type ConversationEntryType = ConversationBody['type']
export type ConversationBodyOf<T extends ConversationEntryType> = Extract<ConversationBody, { type: T }>
/** Bodies that name a base instead of their own position. */
export type BaseSignedBody = Extract<ConversationBody, { base: number }>

export function isBaseSigned(body: ConversationBody): body is BaseSignedBody {
	return 'base' in body
}

export function encodeConversationBody(body: ConversationBody): Bytes {
	return encode(conversationBody, body)
}

export function decodeConversationBody(bytes: Uint8Array): Result<ConversationBody, DecodeError> {
	if (bytes.length > CONVERSATION_BODY_MAX) return fail({ type: 'malformed', reason: 'longer than a log entry' })
	return decode(conversationBody, bytes)
}

/** Whose logs it takes to judge an entry. */
export function accountsNamed(body: ConversationBody): readonly Bytes[] {
	const members = 'members' in body ? body.members.map(({ idHash }) => idHash) : []
	const heads = 'acc' in body ? body.acc.map(({ idHash }) => idHash) : []
	const removed = body.type === 'remove' ? body.accounts : []
	return [body.author, ...members, ...removed, ...heads, ...(body.type === 'cut' ? [body.account] : [])]
}
