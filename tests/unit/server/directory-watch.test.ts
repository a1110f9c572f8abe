/** How changes of the directory are gathered for who looks there. */
import { expect, test } from 'vitest'
import type { HubFromServer } from '#protocol/hub.ts'
import type { Connection } from '#server/sync/connection.ts'
import { DirectoryWatch } from '#server/sync/directory-watch.ts'
import { socketLimits } from '#server/sync/limits.ts'
import type { SyncNode } from '#server/sync/node.ts'
import { fakeTime } from '#tests/support/fake-timers.ts'

test('[C4] [WIRE15] a thousand changes of the directory are two words to who looks there, and none to who does no more', async () => {
	const time = fakeTime()
	const directory = new DirectoryWatch({ domain: {} as SyncNode['domain'], timers: time.timers })
	const told: HubFromServer[] = []
	const connection = { tell: (message: HubFromServer) => told.push(message) } as unknown as Connection
	directory.moved()
	directory.watch(connection)
	expect(told.splice(0)).toEqual([{ t: 'rooms' }])
	for (let change = 0; change < 1_000; change++) directory.moved()
	expect(told).toHaveLength(1)
	await time.advance(socketLimits.directoryPauseMs)
	expect(told).toHaveLength(2)
	await time.advance(2 * socketLimits.directoryPauseMs)
	expect(told).toHaveLength(2)
	directory.unwatch(connection)
	directory.moved()
	await time.advance(2 * socketLimits.directoryPauseMs)
	expect(told).toHaveLength(2)
})
