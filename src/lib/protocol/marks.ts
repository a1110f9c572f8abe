/**
 * Unread counts and marks, from one monotonic number (SPEC MRK): recvSeq counts per conversation from 1, so a late
 * offline message is unread although it sorts before what was read. The signed markers themselves are marker.ts's.
 */
import { equalBytes, type Bytes } from './bytes.ts'
import type { Message } from './fold.ts'

/** How far one device has read or received. */
export interface Reached {
	/** idHash. */
	readonly account: Bytes
	readonly recvSeq: number
}

/** The maximum of an account's devices; 0 before the first marker. A marker never goes back. */
export function reachedBy(markers: readonly Reached[], account: Bytes): number {
	return markers.reduce((max, marker) => (equalBytes(marker.account, account) ? Math.max(max, marker.recvSeq) : max), 0)
}

/** Others' posts beyond the own read marker; what only a peer brought has no recvSeq and is unread until shown. */
export function isUnread({ author, recvSeq, state }: Message, self: Bytes, read: number): boolean {
	if (equalBytes(author, self) || state.type === 'redacted' || state.type === 'expired' || state.type === 'elsewhere')
		return false
	return recvSeq === null || recvSeq > read
}

export type Delivery = 'queued' | 'sent' | 'delivered' | 'read'

/** Of an own message: what every other member has reached. `others`: one entry per account, by `reachedBy`. */
export function deliveryOf(
	recvSeq: number | null,
	others: readonly { readonly read: number; readonly delivered: number }[],
): Delivery {
	if (recvSeq === null) return 'queued'
	if (others.length > 0 && others.every(({ read }) => read >= recvSeq)) return 'read'
	return others.length > 0 && others.every(({ read, delivered }) => Math.max(read, delivered) >= recvSeq)
		? 'delivered'
		: 'sent'
}
