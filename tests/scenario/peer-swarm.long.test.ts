/** 50 MB among devices that want it at the same time, the server unthrottled (product L3, M3). */
import { expect, test } from 'vitest'
import { shareOfServer } from '../support/swarm.ts'

const bytes = 50_000_000

test.each([
	{ holder: 'a device', most: 0.3 },
	{ holder: 'the server', most: 0.5 },
] as const)('[L3][M3] what $holder has comes from devices for the most part', async ({ holder, most }) => {
	const share = await shareOfServer(bytes, holder)
	process.stdout.write(`50 MB that ${holder} had: ${(share * 100).toFixed(3)} % of the bytes from the server\n`)
	expect(share).toBeLessThan(most)
})
