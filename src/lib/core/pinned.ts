/**
 * Which messages of a conversation may be pinned: every message that a pin was ever put on, kept as ids, so that the list of pins
 * costs no look through the history. Whether one is pinned now, the fold of its page says.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { fixed, list, versioned } from '#protocol/codec.ts'
import type { ConversationId, EventId } from './api.ts'
import type { ConversationContext } from './context.ts'
import type { KnownEvent } from './event-store.ts'
import { createOpener } from './opener.ts'

/** The oldest go first. */
const candidatesMax = 500
const pinnedRow = versioned(1, list(fixed(16), candidatesMax))

export interface Pinned {
	readonly restore: () => Promise<void>
	/** Newly stored rows; true where a pin was among them. */
	readonly take: (events: readonly KnownEvent[]) => Promise<boolean>
	/** In the order of pinning. */
	readonly candidates: () => readonly EventId[]
}

export function createPinned(conversation: ConversationId, context: ConversationContext): Pinned {
	const { records } = context
	const open = createOpener(conversation, context)
	const at = { store: 'settings', key: `pins/${conversation}` } as const
	let targets: readonly Bytes[] = []

	return {
		restore: async () => {
			targets = (await records.get(pinnedRow, at)) ?? []
		},
		take: async (events) => {
			const annotates = events.filter(({ item }) => item.form === 'full' && item.head.kind === 'annotate')
			if (annotates.length === 0) return false
			const pins = (await open(annotates)).flatMap(({ event: { content, valid } }) =>
				valid && content.type === 'open' && content.body.kind === 'annotate' && content.body.action.type === 'pin'
					? [content.body]
					: [],
			)
			const fresh = pins.flatMap(({ target, action }) =>
				action.type === 'pin' && action.on && !targets.some((known) => equalBytes(known, target)) ? [target] : [],
			)
			if (fresh.length > 0) {
				targets = [...targets, ...fresh].slice(-candidatesMax)
				await records.put(pinnedRow, at, targets)
			}
			return pins.length > 0
		},
		candidates: () => targets.map((target) => bytesToBase64url(target)),
	}
}
