/** When the server gives memory back, and that the system then has it. */
import { expect, test } from 'vitest'
import {
	busyShare,
	collectAndReturn,
	giveBackSpareMemory,
	memoryOfProcess,
	type MemoryUse,
} from '#server/ops/spare-memory.ts'
import { fakeTime, settle } from '#tests/support/fake-timers.ts'

const MiB = 1024 * 1024
const minute = 60_000

function watched({ collect = async () => {} }: { collect?: () => Promise<void> } = {}) {
	const time = fakeTime()
	const state = { busy: 0, memory: { resident: 300 * MiB, used: 50 * MiB } as MemoryUse, collected: 0 }
	const warned: string[] = []
	const nothing = (): void => {}
	const stop = giveBackSpareMemory({
		timers: time.timers,
		log: { debug: nothing, info: nothing, warn: (message) => void warned.push(message), error: nothing },
		memory: () => state.memory,
		busy: () => state.busy,
		collect: async () => {
			await collect()
			state.collected++
			state.memory = { resident: 150 * MiB, used: 40 * MiB }
		},
	})
	return { time, state, warned, stop }
}

function makeGarbage(): number {
	let kept: object[] = []
	for (let round = 0; round < 20; round++) kept = Array.from({ length: 100_000 }, (_, i) => ({ i, more: [i, i, i] }))
	return kept.length
}

test('a server that has become quiet gives memory back, and again only when it has taken more', async () => {
	const { time, state, stop } = watched()
	await time.advance(10 * minute)
	expect(state.collected).toBe(1)
	state.memory = { resident: 181 * MiB, used: 40 * MiB }
	await time.advance(minute)
	expect(state.collected).toBe(1)
	state.memory = { resident: 183 * MiB, used: 40 * MiB }
	await time.advance(minute)
	expect(state.collected).toBe(2)
	stop()
	expect(time.pending()).toBe(0)
})

test('a busy server, and one with so much in use that people would wait, collects nothing', async () => {
	const { time, state } = watched()
	state.busy = 0.06
	await time.advance(minute)
	state.busy = 0
	state.memory = { resident: 900 * MiB, used: 129 * MiB }
	await time.advance(minute)
	expect(state.collected).toBe(0)
})

test('where V8 cannot be asked it is said once, and not tried again', async () => {
	const collect = () => Promise.reject(new Error('no inspector'))
	const { time, state, warned } = watched({ collect })
	await time.advance(10 * minute)
	expect(state.collected).toBe(0)
	expect(warned).toEqual(['memory-not-given-back'])
	expect(time.pending()).toBe(0)
})

test('what was garbage a moment ago the system has back', async () => {
	expect(makeGarbage()).toBe(100_000)
	const before = memoryOfProcess()
	await collectAndReturn()
	const after = memoryOfProcess()
	expect(before.resident - after.resident).toBeGreaterThan(50 * MiB)
	expect(after.resident).toBeGreaterThan(after.used)
})

test('how busy the loop was is a share of the time since the last question', async () => {
	const busy = busyShare()
	await settle()
	const share = busy()
	expect(share).toBeGreaterThanOrEqual(0)
	expect(share).toBeLessThanOrEqual(1)
})
