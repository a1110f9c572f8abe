/**
 * Who waits for a cut: a list that did not hold what its accounts wrote meanwhile was refused, and the next one must be whole, or
 * who writes without a pause could never be removed (SPEC CNV38).
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { CUT_WAIT } from '#protocol/limits.ts'
import type { Clock } from '#protocol/ports.ts'
import type { Cluster } from '../cluster-ports.ts'

export interface CutWaits {
	/** ms; null: not at all. `author`: base64url. */
	wait(conversation: Bytes, author: string): number | null
}

export function createCutWaits(cluster: Pick<Cluster, 'subscribe'>, clock: Clock): CutWaits {
	const ends = new Map<string, number>()

	function sweep(): void {
		for (const [key, end] of ends) if (end <= clock()) ends.delete(key)
	}

	cluster.subscribe('cut-refused', ({ conversation, accounts }) => {
		sweep()
		for (const account of accounts) ends.set(`${conversation} ${account}`, clock() + CUT_WAIT)
	})
	return {
		wait: (conversation, author) => {
			if (ends.size === 0) return null
			const end = ends.get(`${bytesToBase64url(conversation)} ${author}`)
			return end === undefined || end <= clock() ? null : end - clock()
		},
	}
}
