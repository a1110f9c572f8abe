/**
 * Messages that only peers brought, and that were read here: no number of the server says how far (SPEC MRK4). Kept by id on this
 * device, until the server numbers them and the marker passes them.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { fixed, list, versioned } from '#protocol/codec.ts'
import type { ConversationId, EventId } from './api.ts'
import type { Records } from './records.ts'

/** The oldest go first: they are unread again once the server numbers them. */
const readMax = 1024
const readRow = versioned(1, list(fixed(16), readMax))

export interface ReadDirect {
	readonly restore: () => Promise<void>
	/** Another set after each change. */
	readonly now: () => ReadonlySet<EventId>
	readonly add: (events: readonly EventId[]) => Promise<void>
}

export function createReadDirect(conversation: ConversationId, records: Records): ReadDirect {
	const at = { store: 'settings', key: `readDirect/${conversation}` } as const
	let read: ReadonlySet<EventId> = new Set()
	return {
		restore: async () => {
			read = new Set(((await records.get(readRow, at)) ?? []).map(bytesToBase64url))
		},
		now: () => read,
		add: async (events) => {
			const all = [...new Set([...read, ...events])].slice(-readMax)
			if (all.length === read.size) return
			await records.put(
				readRow,
				at,
				all.map((event) => base64urlToBytes(event) as Bytes),
			)
			read = new Set(all)
		},
	}
}
