/** When a conversation needs a new key, and why (protocol.md §4): asked by every writer, made by the one who holds the lease. */
import type { ConversationState } from './conversation-state.ts'
import { EPOCH_DUE_AFTER, EPOCH_DUE_EVENTS } from './limits.ts'
import type { Bytes } from './bytes.ts'
import { accAt, isArchivedAt } from './conversation-lookups.ts'

/** left: who is gone still holds the key · revoked: so does a device that was cut · rekeyed: a member has a newer AK · age, events: it was used enough. */
export type DueReason = 'left' | 'revoked' | 'rekeyed' | 'age' | 'events'

export interface DueFacts {
	/** Server time, ms. */
	readonly now: number
	/** The newest AK of an account, as far as it is known; null for who is not known. */
	readonly newestKey: (account: Bytes) => number | null
	/** Written under the newest epoch, as far as it was counted. */
	readonly events: number
	/** EPOCH_DUE_EVENTS; less in tests. */
	readonly eventsMax?: number
}

/** Null while the newest epoch is good, or nothing may be written. */
export function rotationDue(
	state: ConversationState,
	{ now, newestKey, events, eventsMax = EPOCH_DUE_EVENTS }: DueFacts,
): DueReason | null {
	const epoch = state.epochs.at(-1)
	if (epoch === undefined || isArchivedAt(state, state.head.seq)) return null
	const gone = [...state.roles].some(([key, changes]) => {
		const last = changes.at(-1)
		return !state.members.has(key) && last !== undefined && last.seq > epoch.seq
	})
	if (gone) return 'left'
	if (state.cuts.some(({ seq, devices }) => seq > epoch.seq && devices !== null)) return 'revoked'
	const isBehind = ({ idHash }: { idHash: Bytes }) =>
		(newestKey(idHash) ?? 0) > (accAt(state, idHash, state.head.seq)?.g ?? 0)
	if ([...state.members.values()].some(isBehind)) return 'rekeyed'
	if (now - epoch.time > EPOCH_DUE_AFTER) return 'age'
	return events >= eventsMax ? 'events' : null
}

/** Does the log know the newest key of this member? Until it does he writes nothing that a lost device could read. */
export function isKeyNamed(state: ConversationState, account: Bytes, newestKey: number): boolean {
	return (accAt(state, account, state.head.seq)?.g ?? 0) >= newestKey
}
