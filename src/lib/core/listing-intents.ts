/**
 * An open room stands in the directory with the secret of a link that was made before, in another request. The secret is durable before
 * the first is sent: whoever dies between them lists that link when he comes back (upkeep.ts), and leaves none that nobody can open.
 */
import { linkSecretLength } from '#crypto/link-keys.ts'
import { fixed, struct, text, versioned, type Decoded } from '#protocol/codec.ts'
import { ROOM_NAME_MAX, ROOM_TOPIC_MAX } from '#protocol/limits.ts'
import type { ConversationId } from './api.ts'
import type { Records } from './records.ts'

const row = versioned(
	1,
	struct({ secret: fixed(linkSecretLength), name: text(4 * ROOM_NAME_MAX), topic: text(4 * ROOM_TOPIC_MAX) }),
)
export type ListingIntent = Decoded<typeof row>

export interface ListingIntents {
	readonly of: (conversation: ConversationId) => Promise<ListingIntent | null>
	readonly keep: (conversation: ConversationId, intent: ListingIntent) => Promise<void>
	readonly done: (conversation: ConversationId) => Promise<void>
}

export function createListingIntents(records: Records): ListingIntents {
	const at = (conversation: ConversationId) => ({ store: 'meta', key: `listing/${conversation}` }) as const
	return {
		of: (conversation) => records.get(row, at(conversation)),
		keep: (conversation, intent) => records.put(row, at(conversation), intent),
		done: (conversation) => records.delete(at(conversation)),
	}
}
