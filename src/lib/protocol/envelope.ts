/**
 * One event as it travels and is stored (SPEC EV): `item = form ‖ head ‖ (ct | SHA-256(ct) ‖ why ‖ by) ‖ place ‖ sig`.
 *
 * What is signed and hashed is the head, the hash of the ciphertext and the place. The form is not: a full item and
 * its skeleton are the same event at the same place under the same signature, so a deletion leaves no gap.
 * Nothing here opens a ciphertext or judges an author.
 */
import { compareBytes, concatBytes, utf8ToBytes, type Bytes } from './bytes.ts'
import {
	bytes,
	choice,
	constant,
	decodeTight,
	encode,
	fixed,
	refine,
	struct,
	time8,
	u16,
	u32,
	u64,
	u8,
	union,
	type Codec,
	type DecodeError,
	type Decoded,
	type Reader,
	type Writer,
} from './codec.ts'
import { ITEM_MAX, REDACT_TARGETS_MAX } from './limits.ts'
import type { Hash } from './ports.ts'
import { fail, type Result } from './result.ts'
import { aadTags, hashTags, signingMessage, tagged, taggedHash } from './tags.ts'

const gcmTagLength = 16
const itemVersion = 1
/** v ‖ kind ‖ flags ‖ deviceId16 ‖ epoch4 ‖ hlc8 ‖ nonce12 */
const headFixedLength = 3 + 16 + 4 + 8 + 12
const flagExpires = 1
const flagTargets = 2

const kinds = { 1: 'post', 2: 'annotate', 3: 'redact' } as const
/** post: a message · annotate: edit, reaction or pin of one · redact: deletion for everyone. */
export type Kind = (typeof kinds)[keyof typeof kinds]

/** Why only the skeleton is left. Unsigned: the word of whoever sent it, never a proof (DEL2). */
const whys = { 1: 'redacted', 2: 'expired', 3: 'duplicate', 4: 'removed' } as const
export type Why = (typeof whys)[keyof typeof whys]

export interface Head {
	readonly kind: Kind
	/** 16 bytes. */
	readonly deviceId: Bytes
	/** Whose key sealed the ciphertext; from 1. */
	readonly epoch: number
	/** 48-bit ms ‖ 16-bit counter (hlc.ts). */
	readonly hlc: bigint
	/** 12 random bytes; with deviceId and epoch they name the event's own key. */
	readonly nonce: Bytes
	/** eventIds that a redact deletes, ascending; empty for every other kind. */
	readonly targets: readonly Bytes[]
	/** ms since the Unix epoch; null where the event stays. A redact never expires. */
	readonly expiresAt: number | null
}

const kindCodec = choice(kinds)
const version1 = constant(itemVersion)
const knownFlags = refine(u8, (flags) => flags <= (flagExpires | flagTargets), 'a flag that is not known')
const id16 = fixed(16)
const nonce12 = fixed(12)

function writeHead(writer: Writer, head: Head): void {
	version1.write(writer, itemVersion)
	kindCodec.write(writer, head.kind)
	writer.uint((head.expiresAt === null ? 0 : flagExpires) | (head.targets.length === 0 ? 0 : flagTargets), 1)
	id16.write(writer, head.deviceId)
	u32.write(writer, head.epoch)
	u64.write(writer, head.hlc)
	nonce12.write(writer, head.nonce)
	if (head.targets.length > 0) u16.write(writer, head.targets.length)
	for (const target of head.targets) id16.write(writer, target)
	if (head.expiresAt !== null) time8.write(writer, head.expiresAt)
}

function readHead(reader: Reader): Head {
	version1.read(reader)
	const kind = kindCodec.read(reader)
	const flags = knownFlags.read(reader)
	const fields = {
		kind,
		deviceId: id16.read(reader),
		epoch: u32.read(reader),
		hlc: u64.read(reader),
		nonce: nonce12.read(reader),
	}
	const count = (flags & flagTargets) === 0 ? 0 : targetCount.read(reader)
	const targets = Array.from({ length: count }, () => id16.read(reader))
	return { ...fields, targets, expiresAt: (flags & flagExpires) === 0 ? null : time8.read(reader) }
}

const targetCount = refine(u16, (n) => n >= 1 && n <= REDACT_TARGETS_MAX, 'a redact has 1 to 256 targets')

/** A redact has targets and no expiry; nothing else has targets (EV2). */
function isHead({ kind, targets, expiresAt }: Head): boolean {
	if (kind !== 'redact') return targets.length === 0
	if (expiresAt !== null || targets.length === 0 || targets.length > REDACT_TARGETS_MAX) return false
	return targets.every((target, i) => i === 0 || compareBytes(targets[i - 1] as Bytes, target) < 0)
}

/** The signed and hashed beginning of an item; also the AAD of its ciphertext. */
export const headCodec: Codec<Head> = refine(
	{ write: writeHead, read: readHead },
	isHead,
	'targets, ascending, and no expiry in a redact; no targets elsewhere',
)

export const placeCodec = struct({
	/** Drawn anew by a device that no longer knows its clock in this page; hashed into the clientID. */
	incarnation: u16,
	clock: u32,
	/** Head of the conversation log when the event was placed, not when it was written. */
	logSeq: u32,
	logHash: fixed(16),
})
/** Where one copy of an event stands; the same event may be placed again elsewhere under the same eventId. */
export type Place = Decoded<typeof placeCodec>

const fullCodec = refine(
	struct({ head: headCodec, ct: bytes(ITEM_MAX), place: placeCodec, signature: fixed(64) }),
	({ ct }) => ct.length >= gcmTagLength,
	'a ciphertext ends with its tag',
)
const skeletonCodec = refine(
	struct({ head: headCodec, ctHash: fixed(32), why: choice(whys), by: id16, place: placeCodec, signature: fixed(64) }),
	({ why, by }) => why === 'redacted' || by.every((byte) => byte === 0),
	'only a redacted skeleton names a redact',
)
const itemCodec = union('form', { full: [0, fullCodec], skeleton: [1, skeletonCodec] })

export type Item = Decoded<typeof itemCodec>
export type FullItem = Extract<Item, { form: 'full' }>
export type Skeleton = Extract<Item, { form: 'skeleton' }>

/** `unknown`: written by a later version; the server refuses it, clients hold it (EV4). */
export type ItemError = DecodeError | { readonly type: 'unknown'; readonly what: 'version' | 'kind' | 'flag' }

export function encodeItem(item: Item): Bytes {
	return encode(itemCodec, item)
}

export function decodeItem(encoded: Uint8Array): Result<Item, ItemError> {
	const what = unknownPart(encoded)
	return what === null ? decodeTight(itemCodec, encoded) : fail({ type: 'unknown', what })
}

/** form1 ‖ v1 ‖ kind1 ‖ flags1 stand first in both forms, so that a later version can be told from damage. */
function unknownPart(encoded: Uint8Array): 'version' | 'kind' | 'flag' | null {
	const [form = 255, version = itemVersion, kind = 1, flags = 0] = encoded
	if (form > 1) return null
	if (version === 0 || kind === 0) return null // never given to anything
	if (version > itemVersion) return 'version'
	if (!(kind in kinds)) return 'kind'
	return flags > (flagExpires | flagTargets) ? 'flag' : null
}

export function encodeHead(head: Head): Bytes {
	return encode(headCodec, head)
}

/** The encoded head of an item that was decoded from `encoded`: the bytes between form and the rest, without a copy. */
export function headWithin(encoded: Bytes, { targets, expiresAt }: Head): Bytes {
	const length = headFixedLength + (targets.length === 0 ? 0 : 2 + 16 * targets.length) + (expiresAt === null ? 0 : 8)
	return encoded.subarray(1, 1 + length)
}

/** SHA-256 of the ciphertext: computed of a full item, carried by a skeleton. */
export function ciphertextHash(hash: Hash, item: Item): Bytes {
	return item.form === 'full' ? hash(item.ct) : item.ctHash
}

export interface EventHashInput {
	readonly convId: Bytes
	/** The author's account, 32 bytes; not in the item, it follows from the device. */
	readonly idHash: Bytes
	/** Encoded head. */
	readonly head: Bytes
	/** SHA-256 of the ciphertext. */
	readonly ctHash: Bytes
}

/** 32 bytes; the same for every place and form of one event (EV6). */
export function eventHash(hash: Hash, { convId, idHash, head, ctHash }: EventHashInput): Bytes {
	return taggedHash(hash, hashTags.event, convId, idHash, head, ctHash)
}

/** The eventHash of an item whose head is at hand decoded only. */
export function eventHashOf(
	hash: Hash,
	item: Item,
	{ convId, idHash }: Pick<EventHashInput, 'convId' | 'idHash'>,
): Bytes {
	return eventHash(hash, { convId, idHash, head: encodeHead(item.head), ctHash: ciphertextHash(hash, item) })
}

/** eventId: the first 16 bytes of the eventHash. */
export function eventIdOf(evHash: Bytes): Bytes {
	return evHash.slice(0, 16)
}

export interface PlacedEvent {
	/** The page's name, ASCII (guid.ts). */
	readonly guid: string
	readonly place: Place
	/** eventHash, 32 bytes. */
	readonly evHash: Bytes
}

/** What the author's device signs: purpose ev over evHash ‖ len1 guid ‖ place (EV7). */
export function placeMessage(hash: Hash, { guid, place, evHash }: PlacedEvent): Bytes {
	return signingMessage('ev', hash(concatBytes(evHash, guidField(guid), encode(placeCodec, place))))
}

export interface Stream {
	readonly deviceId: Bytes
	readonly guid: string
	readonly incarnation: number
}

/** The Yjs clientID under which a device writes in one page: 53 bits, so it is a safe integer (EV8). */
export function clientIdOf(hash: Hash, { deviceId, guid, incarnation }: Stream): number {
	const digest = taggedHash(hash, hashTags.clientId, deviceId, guidField(guid), encode(u16, incarnation))
	const view = new DataView(digest.buffer, digest.byteOffset, 8)
	return view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11)
}

/** The fresh key of one item in the page's Y.Map (EV9). */
export function itemKey(clientId: number, clock: number): string {
	return String.fromCharCode(...itemKeyBytes(clientId, clock))
}

/** `itemKey` as ASCII, without a string: it stands in every item that comes or goes. */
export function itemKeyBytes(clientId: number, clock: number): Uint8Array {
	const at = writeDigits(clock, keyRoom.length)
	keyRoom[at - 1] = dot
	return keyRoom.subarray(writeDigits(clientId, at - 1))
}

/** 11 digits of a clientID, the dot, 11 of any safe integer; written over by the next call. */
const keyRoom = new Uint8Array(23)
const dot = 0x2e
const digitsBelow31Bits = 36 ** 5

/** Base 36, ending before `end`; the answer is where it begins. */
function writeDigits(value: number, end: number): number {
	let at = end
	let left = value
	// Division of what is longer than 31 bits is slow: five digits at a time.
	while (left >= digitsBelow31Bits) {
		const higher = Math.floor(left / digitsBelow31Bits)
		let lower = left - higher * digitsBelow31Bits
		for (let i = 0; i < 5; i++) {
			keyRoom[--at] = digit(lower % 36)
			lower = (lower / 36) | 0
		}
		left = higher
	}
	do {
		keyRoom[--at] = digit(left % 36)
		left = (left / 36) | 0
	} while (left > 0)
	return at
}

function digit(value: number): number {
	return value < 10 ? 0x30 + value : 0x57 + value
}

/** AAD of the event's AES-GCM; binds the ciphertext to conversation, account and head. */
export function eventAad(convId: Bytes, idHash: Bytes, head: Bytes): Bytes {
	return tagged(aadTags.event, convId, idHash, head)
}

const noRedact: Bytes = new Uint8Array(16)

/** What remains of an item when its ciphertext goes. `by`: eventId of the redact, only with why `redacted`. */
export function toSkeleton(hash: Hash, item: Item, grounds: { why: Why; by?: Bytes }): Skeleton {
	const { head, place, signature } = item
	const ctHash = ciphertextHash(hash, item)
	return { form: 'skeleton', head, ctHash, why: grounds.why, by: grounds.by ?? noRedact, place, signature }
}

/**
 * Whether `incoming` takes the row of `held`, the same event at the same place (DEL3).
 * `gone`: a redaction that acts on it is known here, or its expiry has passed; the skeleton's own word counts nothing.
 */
export function mayReplace(held: Item, incoming: Item, gone: boolean): boolean {
	return held.form === 'skeleton' && incoming.form === 'full' && !gone
}

/** len1 ‖ ASCII. */
function guidField(guid: string): Bytes {
	return concatBytes(Uint8Array.of(guid.length), utf8ToBytes(guid))
}
