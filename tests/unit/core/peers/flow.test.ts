/** What one device may send: so much, and not a message more. */
import { describe, expect, test } from 'vitest'
import { createFlow } from '#core/peers/flow.ts'
import { peerLimits } from '#core/peers/limits.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { settle } from '../../../support/fake-timers.ts'

const message = (size: number) => new Uint8Array(size) as Bytes

function scene(work: (message: Bytes) => Promise<void> = async () => {}) {
	const seen = { now: 0, worked: 0, floods: 0, failures: [] as unknown[] }
	const flow = createFlow({
		now: () => seen.now,
		work: async (one) => {
			seen.worked++
			await work(one)
		},
		failed: (error) => void seen.failures.push(error),
		flooded: () => void seen.floods++,
	})
	return { seen, flow }
}

describe('[PEER7] a flood', () => {
	test('of frames ends it with the first that is too many; what is not asked too fast goes on for ever', async () => {
		const { seen, flow } = scene()
		for (let i = 0; i < peerLimits.framesBurst; i++) flow.received(message(1))
		await settle()
		expect(seen).toMatchObject({ worked: peerLimits.framesBurst, floods: 0 })
		for (let second = 0; second < 3; second++) {
			seen.now += 1000
			for (let i = 0; i < peerLimits.framesPerSecond; i++) flow.received(message(1))
			await settle()
		}
		expect(seen.floods).toBe(0)
		flow.received(message(1))
		flow.received(message(1))
		await settle()
		expect(seen).toMatchObject({ worked: peerLimits.framesBurst + 3 * peerLimits.framesPerSecond, floods: 1 })
	})

	test('what was asked for is none, and what is said besides counts as ever', async () => {
		const { seen, flow } = scene()
		const size = 128 * 1024
		const chunks = (4 * peerLimits.bytesBurst) / size
		flow.expect(chunks * size, chunks)
		for (let i = 0; i < chunks; i++) {
			flow.received(message(size))
			await settle()
		}
		expect(seen).toMatchObject({ worked: chunks, floods: 0 })
		for (let i = 0; i <= peerLimits.framesBurst; i++) flow.received(message(1))
		expect(seen.floods).toBe(1)
	})

	test('of bytes ends it, and a pause fills no more than the burst', async () => {
		const { seen, flow } = scene()
		const size = 128 * 1024
		for (let left = peerLimits.bytesBurst; left > 0; left -= size) {
			flow.received(message(size))
			await settle()
		}
		seen.now += 1000
		for (let left = peerLimits.bytesPerSecond; left > 0; left -= size) flow.received(message(size))
		await settle()
		expect(seen.floods).toBe(0)
		flow.received(message(1))
		expect(seen.floods).toBe(1)
	})

	test('that is not worked off in time ends it', () => {
		const { seen, flow } = scene(() => new Promise(() => {}))
		const size = 1024 * 1024
		for (let left = peerLimits.waitingMax; left > 0; left -= size) flow.received(message(size))
		expect(seen.floods).toBe(0)
		flow.received(message(1))
		expect(seen.floods).toBe(1)
	})
})

test('[PEER3] messages are worked off one after the other, and what fails is told and holds up nothing', async () => {
	const order: string[] = []
	const { seen, flow } = scene(async (one) => {
		order.push(`begin ${one.length}`)
		await settle()
		order.push(`end ${one.length}`)
		if (one.length === 1) throw new Error('broken')
	})
	flow.received(message(1))
	flow.run(async () => void order.push('ours'))
	flow.received(message(2))
	for (let i = 0; i < 10; i++) await settle()
	expect(order).toEqual(['begin 1', 'end 1', 'ours', 'begin 2', 'end 2'])
	expect(seen.failures).toEqual([new Error('broken')])
})
