/**
 * A group is made by one request and named by the next, because its name is sealed under its first key. What it is to be called is
 * durable before the first is sent: whoever dies between them names it when he comes back (upkeep.ts).
 */
import { struct, text, versioned, type Decoded } from '#protocol/codec.ts'
import { ROOM_NAME_MAX, ROOM_TOPIC_MAX } from '#protocol/limits.ts'
import type { ConversationId } from './api.ts'
import type { Records } from './records.ts'

const row = versioned(1, struct({ name: text(4 * ROOM_NAME_MAX), topic: text(4 * ROOM_TOPIC_MAX) }))
export type NameIntent = Decoded<typeof row>

export interface NameIntents {
	readonly of: (conversation: ConversationId) => Promise<NameIntent | null>
	readonly keep: (conversation: ConversationId, intent: NameIntent) => Promise<void>
	readonly done: (conversation: ConversationId) => Promise<void>
	/** Of what the server never took: void. `listed`: what there is. */
	readonly sweep: (listed: ReadonlySet<ConversationId>) => Promise<void>
}

export function createNameIntents(records: Records): NameIntents {
	/** On its way to the server in this very run: not void yet. */
	const underWay = new Set<ConversationId>()
	const at = (conversation: ConversationId) => ({ store: 'intents', key: conversation }) as const
	const done = async (conversation: ConversationId) => {
		underWay.delete(conversation)
		await records.delete(at(conversation))
	}
	return {
		of: (conversation) => records.get(row, at(conversation)),
		keep: async (conversation, { name, topic }) => {
			underWay.add(conversation)
			await records.put(row, at(conversation), { name, topic })
		},
		done,
		sweep: async (listed) => {
			for (const { key } of await records.all(row, 'intents'))
				if (!listed.has(key) && !underWay.has(key)) await done(key)
		},
	}
}
