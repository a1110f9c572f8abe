/**
 * How this account keeps its list of conversations: what is pinned to the top, put away, or marked as unread. Settings of this
 * account alone, the same on all its devices; of each the later word stands. The server learns nothing of it.
 */
import { bool, struct, time8, versioned, type Decoded } from '#protocol/codec.ts'
import type { ConversationId } from './api.ts'
import type { ServerTime } from './identity.ts'
import { createSharedValues, type SharedValues, type SharedValuesDeps } from './shared-values.ts'

/** `at`: when it was said, ms; 0 where nobody said anything. */
const word = struct({ at: time8, on: bool })
type Word = Decoded<typeof word>

const arrangementValue = versioned(1, struct({ pinned: word, archived: word, unread: word }))
type Arrangement = Decoded<typeof arrangementValue>

export type ArrangedAs = 'pinned' | 'archived' | 'unread'

export interface Arrangements {
	readonly restore: () => Promise<void>
	readonly isPinned: (conversation: ConversationId) => boolean
	/** It was said that it is unread, and nobody has opened it since. */
	readonly isMarkedUnread: (conversation: ConversationId) => boolean
	/** `newest`: when the last thing was said there, ms. What comes after it was put away brings it back, unless it is `muted`. */
	readonly isArchived: (
		conversation: ConversationId,
		seen: { readonly newest: number; readonly muted: boolean },
	) => boolean
	/** Works offline. */
	readonly set: (conversation: ConversationId, as: ArrangedAs, on: boolean) => Promise<void>
	readonly close: () => void
}

const unsaid: Word = { at: 0, on: false }
const asItCame: Arrangement = { pinned: unsaid, archived: unsaid, unread: unsaid }

/** Of two words of one moment the one that says less: no device has it otherwise than another. */
function later(one: Word, other: Word): Word {
	if (one.at !== other.at) return one.at > other.at ? one : other
	return one.on ? other : one
}

export function mergeArrangements(one: Arrangement, other: Arrangement): Arrangement {
	return {
		pinned: later(one.pinned, other.pinned),
		archived: later(one.archived, other.archived),
		unread: later(one.unread, other.unread),
	}
}

export function createArrangements(
	deps: SharedValuesDeps & { readonly time: ServerTime; readonly changed: () => void },
): Arrangements {
	const values: SharedValues<Arrangement> = createSharedValues(deps, {
		prefix: 'arranged',
		codec: arrangementValue,
		merge: mergeArrangements,
		changed: deps.changed,
	})
	const of = (conversation: ConversationId) => values.of(conversation) ?? asItCame
	return {
		restore: values.restore,
		isPinned: (conversation) => of(conversation).pinned.on,
		isMarkedUnread: (conversation) => of(conversation).unread.on,
		isArchived: (conversation, { newest, muted }) => {
			const { on, at } = of(conversation).archived
			return on && (muted || newest <= at)
		},
		set: async (conversation, as, on) => {
			const before = of(conversation)[as]
			// What came back is put away once more.
			if (before.on === on && !(on && as === 'archived')) return
			// Said twice within one millisecond, the second time counts all the same.
			const at = Math.max(deps.time.now(), before.at + 1)
			await values.set(conversation, { ...asItCame, [as]: { at, on } })
		},
		close: values.close,
	}
}
