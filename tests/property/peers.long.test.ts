import { expect, test, vi } from 'vitest'
import { peerGround, runPeerRound } from '../support/model/peer-rounds.ts'
import { PeerNetwork } from '../support/peer-network.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { peopled, world as openWorld } from '../support/story.ts'

vi.setConfig({ testTimeout: 1_800_000 })

/** 500 seeds, ten to a world: one that fails does not hide the others. */
test.each(Array.from({ length: 50 }, (_, i) => i))(
	'[L3] devices and a server parted at random (tens %i)',
	async (tens) => {
		const random = seededRandom(`delays ${tens}`)
		const network = new PeerNetwork({ delay: () => (random(1)[0] ?? 0) % 12 })
		const world = await openWorld({ peers: network })
		const { alice, bob, charlie } = await peopled(world, ['alice', 'bob', 'charlie'])
		const ground = await peerGround(world, network, [alice, bob, charlie])
		let carried = 0
		for (let i = 0; i < 10; i++) {
			const seed = `long ${tens * 10 + i}`
			const tally = await runPeerRound(ground, seed)
			process.stdout.write(`seed ${seed}: ${JSON.stringify(tally)}\n`)
			carried += tally.carried
		}
		expect(carried).toBeGreaterThan(20)
	},
)
