import { expect, it } from 'vitest'
import { inProcessCluster } from '#server/cluster/in-process.ts'
import { createCutWaits } from '#server/domain/events/cut-waits.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { CUT_WAIT } from '#protocol/limits.ts'

it('[CNV38] who overtook his cut waits for the next one there, and nowhere else; then no longer', () => {
	let now = 0
	const cluster = inProcessCluster('here', (error) => {
		throw error
	})
	const waits = createCutWaits(cluster, () => now)
	const [here, elsewhere] = [1, 2].map((byte) => new Uint8Array(16).fill(byte) as Bytes) as [Bytes, Bytes]
	expect(waits.wait(here, 'bob')).toBeNull()
	cluster.publish('cut-refused', { conversation: bytesToBase64url(here), accounts: ['bob'] })
	now = CUT_WAIT - 1
	expect(waits.wait(here, 'bob')).toBe(1)
	expect(waits.wait(here, 'alice')).toBeNull()
	expect(waits.wait(elsewhere, 'bob')).toBeNull()
	now = CUT_WAIT
	expect(waits.wait(here, 'bob')).toBeNull()
})
