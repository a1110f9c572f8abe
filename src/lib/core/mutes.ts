/**
 * Which conversations are quiet, and until when: a setting of this account alone, the same on all its devices. The later word
 * stands. What is said in a quiet conversation is counted in its own row and nowhere else.
 */
import { struct, time8, union, versioned, type Decoded } from '#protocol/codec.ts'
import type { ConversationId, MuteView } from './api.ts'
import type { ServerTime } from './identity.ts'
import { createSharedValues, type SharedValues, type SharedValuesDeps } from './shared-values.ts'

const muteValue = versioned(
	1,
	struct({
		/** When it was said. */
		at: time8,
		mute: union('type', { off: [0, struct({})], until: [1, struct({ until: time8 })], ever: [2, struct({})] }),
	}),
)
type MuteValue = Decoded<typeof muteValue>

export interface Mutes {
	readonly restore: () => Promise<void>
	/** Null: it is heard. */
	readonly of: (conversation: ConversationId) => MuteView | null
	/** Works offline; null ends it. */
	readonly set: (conversation: ConversationId, mute: MuteView | null) => Promise<void>
	readonly close: () => void
}

export interface MutesDeps extends SharedValuesDeps {
	readonly time: ServerTime
	/** Something is quiet, or heard again. */
	readonly changed: () => void
}

/** Timers of platforms count in 31 bits, ms. */
const timerMax = 2 ** 31 - 1

export function createMutes(deps: MutesDeps): Mutes {
	const { time, timers, changed } = deps
	/** Of what was asked for: whoever never looked need not be told. */
	const ends = new Map<ConversationId, { readonly at: number; readonly cancel: () => void }>()
	const values: SharedValues<MuteValue> = createSharedValues(deps, {
		prefix: 'mute',
		codec: muteValue,
		merge: (one, other) => (other.at > one.at ? other : one),
		changed,
	})

	function tellEnd(conversation: ConversationId, at: number): void {
		if (ends.get(conversation)?.at === at) return
		ends.get(conversation)?.cancel()
		const end = () => {
			ends.delete(conversation)
			changed()
		}
		ends.set(conversation, { at, cancel: timers.after(Math.min(at - time.now(), timerMax), end) })
	}

	return {
		restore: values.restore,
		of: (conversation) => {
			const mute = values.of(conversation)?.mute ?? null
			if (mute === null || mute.type === 'off') return null
			if (mute.type === 'until' && mute.until <= time.now()) return null
			if (mute.type === 'until') tellEnd(conversation, mute.until)
			return mute
		},
		set: (conversation, mute) => {
			// Said twice within one millisecond, the second time counts all the same.
			const at = Math.max(time.now(), (values.of(conversation)?.at ?? 0) + 1)
			return values.set(conversation, { at, mute: mute ?? { type: 'off' } })
		},
		close: () => {
			values.close()
			for (const { cancel } of ends.values()) cancel()
		},
	}
}
