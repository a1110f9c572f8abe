/**
 * How much was written under the newest key (SPEC EPO11): counted by recvSeq, from where this device learned of the epoch. Who
 * learned of it late counts less, and whoever has counted enough asks for the next one.
 */
import { struct, time8, u32, versioned } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { idToText } from '#protocol/ids.ts'
import type { EventStore } from './event-store.ts'
import type { Records } from './records.ts'

export interface EpochCounts {
	readonly ofNewest: (state: ConversationState) => Promise<number>
}

/** `recv`: the newest that was stored when epoch n came. */
const row = versioned(1, struct({ n: u32, recv: time8 }))

export function createEpochCounts({ records, events }: { records: Records; events: EventStore }): EpochCounts {
	return {
		ofNewest: async (state) => {
			const conversation = idToText(state.id)
			const at = { store: 'meta', key: `epoch/${conversation}` } as const
			const newest = await events.newestRecv(conversation)
			const known = await records.get(row, at)
			if (known?.n === state.epochs.length) return newest - known.recv
			await records.put(row, at, { n: state.epochs.length, recv: newest })
			return 0
		},
	}
}
