/**
 * The one place that spells row keys, in the order that range scans need.
 *
 * Ids are base64url text, numbers are big-endian hexadecimal of fixed width, so that the order of keys is the order of
 * numbers; parts are joined by `/`. What the layout is for:
 *
 * | question                                   | scan                                                           |
 * |--------------------------------------------|----------------------------------------------------------------|
 * | open a conversation at its end             | `pages` backwards for the newest page, `events` of `pageRange` |
 * | one page with its parts (they fold as one) | `events` of `pageRange(conversation, page)`                    |
 * | where is this eventId placed               | `events` by index `id`                                         |
 * | unread                                     | count of `events` by index `recv`, `unreadRange(…, marker)`    |
 * | own events up to a recvSeq                 | `events` by index `recv`, class `other`                        |
 * | what disappears next                       | `expiries` from the start, `expiryRange(now)`                  |
 * | what to send next                          | `outbox` of `conversationRange`, or all by index `sequence`    |
 *
 * No question costs more than the pages it touches, however long the history.
 */
import type { KeyRange } from './storage.ts'

/** conversation: convId as base64url; part 0 is the page itself. */
export interface PageId {
	readonly conversation: string
	readonly page: number
	readonly part: number
}

/** Where an item stands: `clientId` is the 53-bit Yjs client of the stream. */
export interface PlaceId extends PageId {
	readonly clientId: number
	readonly clock: number
}

/** What `recv` counts apart: `unread` are posts by other accounts, `other` is everything else. */
export type RecvClass = 'unread' | 'other'

function fixedHex(value: number, digits: number): string {
	if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no key part`)
	const text = value.toString(16)
	if (text.length > digits) throw new RangeError(`${value} does not fit into ${digits} digits`)
	return text.padStart(digits, '0')
}

const u16Hex = (value: number) => fixedHex(value, 4)
const u32Hex = (value: number) => fixedHex(value, 8)
/** recvSeq, clientID, times, sequences: up to 2^53 − 1. */
const u53Hex = (value: number) => fixedHex(value, 14)

/** Single rows of `meta`. Core may add names; each is written by one owner. */
export const metaKeys = {
	account: 'account',
	device: 'device',
	session: 'session',
	vault: 'vault',
	serverTime: 'server-time',
	instance: 'instance',
	/** The epoch of the instance that was met last. */
	instanceEpoch: 'instance-epoch',
	/** Last number given to an outbox entry or intent: never falls, so that no local id is used twice. */
	sequence: 'sequence',
	/** The device's hybrid logical clock. */
	hlc: 'hlc',
	/** Proofs that the server signed two branches of a log. */
	forks: 'forks',
} as const

/** Key in `accounts`, `profiles`. */
export const accountKey = (account: string): string => account
export const friendKey = accountKey
export const accountLogKey = (account: string, seq: number): string => `${account}/${u32Hex(seq)}`

export const conversationKey = (conversation: string): string => conversation
export const draftKey = conversationKey
export const conversationLogKey = (conversation: string, seq: number): string => `${conversation}/${u32Hex(seq)}`
export const boxKey = (conversation: string, epoch: number): string => `${conversation}/${u32Hex(epoch)}`

export const pageKey = (id: PageId): string => `${id.conversation}/${u32Hex(id.page)}/${fixedHex(id.part, 2)}`
export const eventKey = (id: PlaceId): string => `${pageKey(id)}/${u53Hex(id.clientId)}/${u32Hex(id.clock)}`
export const heldKey = eventKey
export const streamKey = (id: PageId, incarnation: number): string => `${pageKey(id)}/${u16Hex(incarnation)}`

/** Index `id` of events and held. */
export const eventIdKey = (conversation: string, eventId: string): string => `${conversation}/${eventId}`
export const eventIdOfKey = (key: string): string => key.slice(key.indexOf('/') + 1)
/** Index `recv` of events: null while the server has not numbered the item (a row for an own or a peer's item). */
export const eventRecvKey = (conversation: string, recvClass: RecvClass, recvSeq: number): string =>
	`${conversation}/${recvClass}/${u53Hex(recvSeq)}`

export const outboxKey = (conversation: string, sequence: number): string => `${conversation}/${u53Hex(sequence)}`
/** Index `sequence` of outbox, and the keys of `intents`. */
export const sequenceKey = (sequence: number): string => u53Hex(sequence)

export const markerKey = (conversation: string, kind: 'read' | 'delivered', account: string): string =>
	`${conversation}/${kind}/${account}`

/** In `expiries`: the text of the event at this key goes at `at`, ms. */
export const expiryKey = (at: number, event: string): string => `${u53Hex(at)}/${event}`
/** What is due at `now`. */
export const expiryRange = (now: number): KeyRange => ({ to: u53Hex(now + 1) })
export function keyToExpiry(key: string): { readonly at: number; readonly place: PlaceId } {
	const slash = key.indexOf('/')
	return { at: hexPart(key, 0), place: keyToPlace(key.slice(slash + 1)) }
}

/** Rows of `searchIndex`: parts of the segments of the index, by numbers that say nothing. */
export const searchRowKey = (part: string, segment: number, index: number): string =>
	`${part}/${u32Hex(segment)}/${u32Hex(index)}`
/** One part of one segment, or of all. */
export const searchSegmentRange = (part: string, segment?: number): KeyRange =>
	under(segment === undefined ? part : `${part}/${u32Hex(segment)}`)

/** In `copies`. */
export const copyKey = (copy: string): string => copy
export const copyPageKey = (copy: string, generation: string, page: number): string =>
	`${copy}/${generation}/${u32Hex(page)}`
/** The pages of one generation of a copy, or of all. */
export const copyPagesRange = (copy: string, generation?: string): KeyRange =>
	under(generation === undefined ? copy : `${copy}/${generation}`)
/** The generation in the key of a page; null in the key of a copy. */
export const keyToCopyPage = (key: string): { readonly copy: string; readonly generation: string } | null => {
	const [copy, generation] = key.split('/')
	return copy === undefined || generation === undefined ? null : { copy, generation }
}

/** Everything under `prefix` as whole parts: `prefix` itself is out. */
export const under = (prefix: string): KeyRange => ({ from: `${prefix}/`, to: `${prefix}0` })
/** Everything after `key`: the next page of a scan. `!` is the lowest character of a key. */
export const after = (key: string): KeyRange => ({ from: `${key}!` })

/** Rows of one conversation in any store whose keys begin with it. */
export const conversationRange = (conversation: string): KeyRange => under(conversation)
/** A page with its parts. */
export const pageRange = (conversation: string, page: number): KeyRange => under(`${conversation}/${u32Hex(page)}`)
/** One document: the page itself (part 0) or one of its parts. */
export const partRange = (id: PageId): KeyRange => under(pageKey(id))
/** One stream inside a document, from `clock` on. */
export const streamRange = (id: PageId, clientId: number, clock = 0): KeyRange => ({
	from: eventKey({ ...id, clientId, clock }),
	to: `${pageKey(id)}/${u53Hex(clientId)}0`,
})
/** Log entries from `seq` on. */
export const logRange = (owner: string, fromSeq = 0): KeyRange => ({
	from: `${owner}/${u32Hex(fromSeq)}`,
	to: `${owner}0`,
})
/** In index `recv`: what came after the reader's marker. */
export const unreadRange = (conversation: string, readRecvSeq: number): KeyRange =>
	recvRange(conversation, 'unread', readRecvSeq + 1)
/** In index `recv`: one class from `fromRecvSeq` on. */
export const recvRange = (conversation: string, recvClass: RecvClass, fromRecvSeq = 0): KeyRange => ({
	from: eventRecvKey(conversation, recvClass, fromRecvSeq),
	to: `${conversation}/${recvClass}0`,
})

function hexPart(key: string, index: number): number {
	const text = key.split('/')[index]
	if (text === undefined || !/^[0-9a-f]+$/.test(text)) throw new TypeError(`${key} has no number at ${index}`)
	return Number.parseInt(text, 16)
}

/** The inverse of `pageKey`; also reads the page out of keys of `events`, `held` and `streams`. */
export function keyToPage(key: string): PageId {
	return { conversation: key.slice(0, key.indexOf('/')), page: hexPart(key, 1), part: hexPart(key, 2) }
}

/** The `pageKey` that a key of `events`, `held` or `streams` begins with, whatever follows. */
export const keyToPageKey = (key: string): string => key.split('/').slice(0, 3).join('/')

/** The inverse of `eventKey`. */
export function keyToPlace(key: string): PlaceId {
	return { ...keyToPage(key), clientId: hexPart(key, 3), clock: hexPart(key, 4) }
}

/** The last part of a key as a number: seq of a log entry, epoch, sequence, incarnation, recvSeq of an index key. */
export function keyToNumber(key: string): number {
	return hexPart(key, key.split('/').length - 1)
}
