/**
 * What was deleted leaves the disk. A row that is overwritten is gone from the database file at once; its bytes go on lying in
 * what the database writes ahead. Some seconds after a deletion that is written back and emptied: off the path of messages,
 * once for all that was deleted meanwhile, and again until it comes through.
 */
import type { Log } from './log.ts'
import type { Timers } from '#protocol/ports.ts'
import type { UnitOfWork } from './ports.ts'

export interface Scrubbing {
	/** Something was deleted, and is committed. Costs a timer. */
	readonly soon: () => void
	/** The database is about to be closed, which empties the rest. */
	readonly stop: () => void
}

/** Within a minute of the deletion (SPEC DEL1), with room for a try that meets a reader. */
const scrubAfterMs = 10_000
const scrubAgainMs = 5_000

export interface ScrubbingPorts {
	readonly unitOfWork: Pick<UnitOfWork, 'scrub'>
	readonly timers: Timers
	readonly log: Log
}

export function createScrubbing({ unitOfWork, timers, log }: ScrubbingPorts): Scrubbing {
	/** Null: nothing is due. */
	let cancel: (() => void) | null = null
	let isStopped = false

	async function scrub(): Promise<void> {
		cancel = null
		const isDone = await unitOfWork.scrub().catch((error: unknown) => {
			log.error('not-scrubbed', { error })
			return false
		})
		if (!isDone) after(scrubAgainMs)
	}

	function after(ms: number): void {
		if (!isStopped) cancel ??= timers.after(ms, () => void scrub())
	}

	// The process may have ended between a deletion and this.
	after(scrubAfterMs)
	return {
		soon: () => after(scrubAfterMs),
		stop: () => {
			isStopped = true
			cancel?.()
		},
	}
}
