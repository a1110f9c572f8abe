/** The device's hybrid logical clock on server-corrected time: durable, so that a restart never goes back. */
import { hlcOf, observe, tick } from '#protocol/hlc.ts'
import { metaKeys } from '#store/keys.ts'
import { hlcRow } from './conversation-rows.ts'
import type { ServerTime } from './identity.ts'
import type { Records, Sealed } from './records.ts'

export interface HybridClock {
	/** The hlc of a new event, and the row to be written in the same transaction as the event. */
	readonly next: () => Promise<{ hlc: bigint; row: Sealed<'meta'> }>
	readonly seen: (hlc: bigint) => void
}

const at = { store: 'meta', key: metaKeys.hlc } as const

export async function createHybridClock(deps: { records: Records; time: ServerTime }): Promise<HybridClock> {
	let last = (await deps.records.get(hlcRow, at))?.last ?? hlcOf(0)
	return {
		next: async () => {
			last = tick(last, deps.time.now())
			return { hlc: last, row: await deps.records.seal(hlcRow, at, { last }) }
		},
		seen: (hlc) => {
			last = observe(last, hlc, deps.time.now())
		},
	}
}
