/**
 * Messages that disappear (SPEC ADM16, DEL1): within a minute of its expiry nothing is left of an item but its skeleton. Nobody
 * is told: clients know the time from the head, and take the text away themselves.
 */
import { encodeItem, toSkeleton } from '#protocol/envelope.ts'
import type { Clock, Hash, Timers } from '#protocol/ports.ts'
import { removeFiles } from '../blob-ends.ts'
import type { BlobFiles } from '../blob-ports.ts'
import type { ExpiredRow } from '../event-ports.ts'
import type { Log } from '../log.ts'
import type { UnitOfWork } from '../ports.ts'
import type { Scrubbing } from '../scrubbing.ts'
import { storedItem } from './redactions.ts'

export interface ExpirySweep {
	/** All that is due now; resolves when it is gone. */
	readonly sweep: () => Promise<void>
	/** Sweeps from now on; returns how to stop, which resolves when nothing of it is under way. */
	readonly start: () => () => Promise<void>
}

export interface ExpiryPorts {
	readonly unitOfWork: UnitOfWork
	readonly blobFiles: BlobFiles
	readonly clock: Clock
	readonly timers: Timers
	readonly hash: Hash
	readonly log: Log
	readonly scrubbing: Pick<Scrubbing, 'soon'>
}

/** A text stays on the disk this long after its time at most, and what one sweep takes. */
const everyMs = 30_000
/** Rows in one transaction: others write in between. */
const batch = 256

export function createExpirySweep({
	unitOfWork,
	blobFiles,
	clock,
	timers,
	hash,
	log,
	scrubbing,
}: ExpiryPorts): ExpirySweep {
	function toSkeletonRow(row: ExpiredRow): ExpiredRow {
		const item = storedItem(row.bytes)
		// A redaction stays one, and a duplicate points to its place.
		if (item.form === 'skeleton') return row
		return { ...row, bytes: encodeItem(toSkeleton(hash, item, { why: 'expired' })) }
	}

	const sweepBatch = (): Promise<number> =>
		unitOfWork.transaction(async ({ events, blobs }, afterCommit) => {
			const rows = await events.expired(clock(), batch)
			if (rows.length === 0) return 0
			await events.expire(rows.map(toSkeletonRow))
			const files = await blobs.deleteAt(rows)
			afterCommit(scrubbing.soon)
			if (files.length > 0) afterCommit(() => void removeFiles({ blobFiles, log }, files))
			return rows.length
		})

	async function sweep(): Promise<void> {
		while ((await sweepBatch()) === batch);
	}

	return {
		sweep,
		start: () => {
			let cancel = () => {}
			let stopped = false
			const run = async () => {
				await sweep().catch((error: unknown) => log.error('expired items not swept', { error }))
				if (!stopped)
					cancel = timers.after(everyMs, () => {
						underWay = run()
					})
			}
			let underWay = run()
			return () => {
				stopped = true
				cancel()
				return underWay
			}
		},
	}
}
