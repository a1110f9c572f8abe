/** The beginning of a session: what a device may say before it is known, and for how long. */
import { expect, test } from 'vitest'
import { peerLimits } from '#core/peers/limits.ts'
import { createPeerSession } from '#core/peers/session.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { decodePeerFrame, encodePeerFrame, type PeerFrame } from '#protocol/peer-frames.ts'
import { PEER_FRAME_MAX } from '#protocol/limits.ts'
import { eventually } from '../../../support/core-client.ts'
import { holdProviderTimers, talkOf } from '../../../support/core-talk.ts'
import { idToText } from '#protocol/ids.ts'

holdProviderTimers()

const filled = (value: number, length: number) => new Uint8Array(length).fill(value) as Bytes

/** Alice's side of a channel that, as the hub said, leads to Bob's device. */
async function scene(seed: string) {
	const talk = await talkOf(`session ${seed}`)
	const client = await talk.start()
	const seen = { sent: [] as PeerFrame[], closed: 0, bars: [] as number[], ready: 0 }
	const session = createPeerSession(
		{
			...{ context: client.context, isOnline: () => false, door: async () => null, taken: () => {} },
			isFilling: () => false,
			...{ shared: () => [talk.talk.id], mayShare: () => true, hasRoom: () => true, ended: () => {} },
			ready: () => void seen.ready++,
			named: () => {},
		},
		{
			...{ account: talk.bob.id, device: idToText(talk.bob.device.deviceId), offered: true },
			close: () => void seen.closed++,
			bar: (forMs) => void seen.bars.push(forMs),
			channel: {
				fingerprints: { ours: filled(1, 32), theirs: filled(2, 32) },
				buffered: () => 0,
				send: (raw) => {
					const frame = decodePeerFrame(raw)
					if (frame.ok) seen.sent.push(frame.value)
				},
			},
		},
	)
	const says = async (frame: PeerFrame | Bytes) => {
		session.received(frame instanceof Uint8Array ? frame : encodePeerFrame(frame))
		await client.idle()
	}
	const hello = { t: 'hello', idHash: talk.bob.idHash, device: talk.bob.device.deviceId, nonce: filled(3, 16) } as const
	return { talk, client, seen, says, hello }
}

test('[PEER2] who says nothing, or not enough, is let go when its time is over', async () => {
	const { client, seen, says, hello } = await scene('silent')
	expect(seen.sent.map(({ t }) => t)).toEqual(['hello'])
	await says(hello)
	await eventually(() => seen.sent.map(({ t }) => t).join() === 'hello,proof', 'a proof')
	await client.time.advance(peerLimits.proveWithinMs - 1)
	expect(seen.closed).toBe(0)
	await client.time.advance(1)
	expect(seen).toMatchObject({ closed: 1, bars: [], ready: 0 })
})

test('[PEER2] another device than the one that was signalled is barred, and learns no conversation', async () => {
	const { talk, seen, says, hello } = await scene('other')
	await says({ ...hello, device: talk.alice.device.deviceId })
	await eventually(() => seen.bars.length > 0, 'the end')
	expect(seen).toMatchObject({ bars: [peerLimits.barMs], ready: 0 })
	expect(seen.sent.map(({ t }) => t)).toEqual(['hello'])
})

test('[PEER3] before a proof nothing else is heard, and a proof that does not hold is the last', async () => {
	const early = await scene('early')
	await early.says(early.hello)
	await early.says({ t: 'status', online: false })
	await eventually(() => early.seen.bars.length > 0, 'the end')
	expect(early.seen).toMatchObject({ bars: [peerLimits.barMs], ready: 0 })
	const forged = await scene('forged')
	await forged.says(forged.hello)
	await forged.says({ t: 'proof', conversations: [forged.talk.talk.state.id], signature: filled(7, 64) })
	await eventually(() => forged.seen.bars.length > 0, 'the end')
	expect(forged.seen).toMatchObject({ bars: [peerLimits.barMs], ready: 0 })
	expect(forged.seen.sent.map(({ t }) => t)).toEqual(['hello', 'proof'])
})

test('[PEER3] a frame that is larger than one may be ends it', async () => {
	const { seen, says } = await scene('large')
	await says(new Uint8Array(PEER_FRAME_MAX + 1) as Bytes)
	expect(seen.bars).toEqual([peerLimits.barMs])
})
