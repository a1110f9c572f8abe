/** Any of four devices and the server parted from any other: a slice of what peers.long.test.ts runs. */
import { expect, test } from 'vitest'
import { peerGround, runPeerRound } from '../support/model/peer-rounds.ts'
import { PeerNetwork } from '../support/peer-network.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { peopled, world as openWorld } from '../support/story.ts'

test('[L3] whoever is parted from whom, all come to the same messages, each once', async () => {
	const random = seededRandom('delays')
	const network = new PeerNetwork({ delay: () => (random(1)[0] ?? 0) % 6 })
	const world = await openWorld({ peers: network })
	const { alice, bob, charlie } = await peopled(world, ['alice', 'bob', 'charlie'])
	const ground = await peerGround(world, network, [alice, bob, charlie])
	const total = { posts: 0, cuts: 0, parts: 0, carried: 0 }
	for (let i = 0; i < 6; i++) {
		const tally = await runPeerRound(ground, `slice ${i}`)
		for (const key of ['posts', 'cuts', 'parts', 'carried'] as const) total[key] += tally[key]
	}
	expect(total.posts).toBeGreaterThan(30)
	expect(Math.min(total.cuts, total.parts)).toBeGreaterThan(3)
	expect(total.carried).toBeGreaterThan(20)
})
