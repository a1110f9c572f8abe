/** How we came into a group or room: by whom and when, as its log says. Read from the store, where the log was verified. */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { decodeConversationBody } from '#protocol/conversation-log.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { conversationLogKey } from '#store/keys.ts'
import type { AccountId } from './api.ts'
import { logRow } from './conversation-rows.ts'
import type { Records } from './records.ts'

export interface Joining {
	/** Position in the log. */
	readonly seq: number
	readonly by: AccountId
	/** ms, by the entry. */
	readonly at: number
}

export interface Joinings {
	/** The last time that somebody else brought us in; null where we came ourselves, or are not in. */
	readonly of: (state: ConversationState) => Promise<Joining | null>
}

export function createJoinings({ records, self }: { records: Records; self: { idHash: Bytes } }): Joinings {
	/** What stands in a log never changes. */
	const known = new Map<string, Joining | null>()

	function lastSeq(state: ConversationState): number | null {
		const changes = state.roles.get(idToText(self.idHash)) ?? []
		const left = changes.findLastIndex(({ role }) => role === null)
		return changes[left + 1]?.seq ?? null
	}

	async function read(key: string, seq: number): Promise<Joining | null | undefined> {
		const row = await records.get(logRow, { store: 'conversationLogs', key })
		const entry = row === null ? null : decode(signedEntry, row.entry)
		const body = entry?.ok === true ? decodeConversationBody(entry.value.body) : null
		if (body?.ok !== true) return undefined
		const { author, time } = body.value
		return equalBytes(author, self.idHash) ? null : { seq, by: idToText(author), at: time }
	}

	return {
		of: async (state) => {
			const seq = lastSeq(state)
			if (seq === null) return null
			const key = conversationLogKey(idToText(state.id), seq)
			if (!known.has(key)) {
				const joining = await read(key, seq)
				// A damaged row comes back with the log.
				if (joining === undefined) return null
				known.set(key, joining)
			}
			return known.get(key) ?? null
		},
	}
}
