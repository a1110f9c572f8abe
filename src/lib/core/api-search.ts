/** Search over the messages that this device holds. */
import type { ConversationId, EventId } from './api-basics.ts'
import type { ChatView } from './api-messages.ts'
import type { PersonView } from './api-people.ts'

/**
 * Words, each as a prefix, and filters: `from:` (a name, or `me`), `in:` (a conversation's name), `has:` (link, image, file, voice),
 * `before:`, `after:` (2026, 2026-03, 2026-03-09). Values with spaces stand in quotes.
 */
export interface SearchAt {
	readonly text: string
	/** Within one conversation; null for all. */
	readonly conversation: ConversationId | null
	/** Hits at most. */
	readonly count: number
}

export interface SearchHit {
	readonly conversation: ConversationId
	readonly kind: ChatView['kind']
	readonly room: ChatView['room']
	readonly title: string
	/** Seed of the conversation's avatar. */
	readonly person: PersonView
	/** To jump to it: `history` around it. */
	readonly event: EventId
	readonly author: PersonView
	readonly mine: boolean
	/** When it was written, by its author's clock. */
	readonly at: number
	/** What of its text stands around the first place found, in one line; `marks` are ranges of UTF-16 units in it. */
	readonly text: string
	readonly marks: readonly (readonly [number, number])[]
	/** Its text begins before, or goes on. */
	readonly cutBefore: boolean
	readonly cutAfter: boolean
}

export interface SearchView {
	/** Newest first; empty for an empty query. */
	readonly hits: readonly SearchHit[]
	readonly more: boolean
	/** Pages of messages that were looked at, of all: what is older may be found in a moment. Null when all were. */
	readonly indexing: { readonly done: number; readonly total: number } | null
	/** Filters that mean nothing here, as they were typed: no such person, conversation, date. */
	readonly unclear: readonly string[]
}
