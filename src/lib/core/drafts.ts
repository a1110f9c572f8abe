/**
 * What is half written, in each conversation: kept on this device at once, and shared with the account's other devices, where
 * it stands when the conversation is opened. Of two devices that write at once the later word stands; nothing is taken from
 * under the hands of who types.
 */
import { struct, text, time8, versioned, type Decoded } from '#protocol/codec.ts'
import { textMaxBytes } from '#protocol/plaintext.ts'
import type { ConversationId } from './api.ts'
import type { ServerTime } from './identity.ts'
import { createSharedValues, type SharedValuesDeps } from './shared-values.ts'

const draftValue = versioned(1, struct({ at: time8, text: text(textMaxBytes) }))
type DraftValue = Decoded<typeof draftValue>

export interface Drafts {
	readonly restore: () => Promise<void>
	/** Empty where nothing is begun. */
	readonly of: (conversation: ConversationId) => string
	/** Works offline. */
	readonly set: (conversation: ConversationId, text: string) => Promise<void>
	readonly close: () => void
}

/** Between two that go to the server while somebody types, ms. */
const paceMs = 5_000

function later(one: DraftValue, other: DraftValue): DraftValue {
	if (one.at !== other.at) return one.at > other.at ? one : other
	return one.text >= other.text ? one : other
}

export function createDrafts(
	deps: SharedValuesDeps & { readonly time: ServerTime; readonly changed: () => void },
): Drafts {
	const values = createSharedValues<DraftValue>(deps, {
		prefix: 'draft',
		codec: draftValue,
		merge: later,
		changed: deps.changed,
		paceMs,
	})
	return {
		restore: values.restore,
		of: (conversation) => values.of(conversation)?.text ?? '',
		set: async (conversation, text) => {
			const before = values.of(conversation)
			if ((before?.text ?? '') === text) return
			await values.set(conversation, { at: Math.max(deps.time.now(), (before?.at ?? 0) + 1), text })
		},
		close: values.close,
	}
}
