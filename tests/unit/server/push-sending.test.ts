/** Who is woken when, by a clock of the test: gathering, pauses, one more try, and what is left out. */
import { expect, test } from 'vitest'
import { bytesToBase64url, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { decodePush, quietList } from '#protocol/push-message.ts'
import { inProcessCluster } from '#server/cluster/in-process.ts'
import { createDevicesHere } from '#server/domain/devices-here.ts'
import type { Push, Pushed, PushSubscriptionRow } from '#server/domain/push-ports.ts'
import { createPushSending, pushLimits } from '#server/domain/push-sending.ts'
import { rateLimits } from '#server/domain/rate-limits.ts'
import { nodeHash } from '#server/node-crypto.ts'
import { fakeTime } from '../../support/fake-timers.ts'

const id = (name: string, length = 16) => {
	const bytes = new Uint8Array(length) as Bytes
	bytes.set(utf8ToBytes(name))
	return bytes
}
const conversation = id('the room')

/** Alice writes from her phone; Bob has two devices, Alice another one. */
function world(given: { quiet?: Bytes; limit?: number } = {}) {
	const time = fakeTime()
	const row = (account: string, device: string): PushSubscriptionRow => ({
		...{ account: id(account, 32), device: id(device), endpoint: `https://push.example/${device}` },
		...{ key: id('key', 65), auth: id('auth'), at: 0, quiet: given.quiet ?? encode(quietList, []) },
	})
	let rows = [row('bob', 'bob-1'), row('bob', 'bob-2'), row('alice', 'alice-2')]
	const owners = new Map(['alice-1', 'alice-2'].map((name) => [bytesToBase64url(id(name)), id('alice', 32)]))
	const sent: Push[] = []
	const answers: Pushed[] = []
	const cluster = inProcessCluster('one', () => undefined)
	const devicesHere = createDevicesHere()
	const pushSubscriptions = {
		ofMembers: async () => rows,
		delete: async (device: Bytes) => {
			rows = rows.filter((one) => one.device !== device)
		},
	}
	const taken = new Map<string, number>()
	const sending = createPushSending({
		...{ cluster, devicesHere, clock: time.clock, timers: time.timers, hash: nodeHash },
		repositories: {
			pushSubscriptions,
			devices: { owner: async (device: Bytes) => owners.get(bytesToBase64url(device)) ?? null },
		},
		unitOfWork: { transaction: (run: (repositories: unknown) => unknown) => run({ pushSubscriptions }) },
		limiter: {
			consume: async (limit: { name: string }, key: string) => {
				expect(limit.name).toBe(rateLimits.pushByDevice.name)
				taken.set(key, (taken.get(key) ?? 0) + 1)
				return (taken.get(key) as number) > (given.limit ?? 60) ? { retryAfterMs: 1 } : null
			},
		},
		log: {
			warn: () => undefined,
			error: (_: string, { error }: { error: unknown }) => {
				throw error
			},
		},
		meter: { pushed: () => undefined },
		pusher: {
			send: async (push: Push) => {
				sent.push(push)
				return answers.shift() ?? 'sent'
			},
		},
	} as unknown as Parameters<typeof createPushSending>[0])
	const wrote = (device = 'alice-1') =>
		cluster.publish('posted', { conversation: bytesToBase64url(conversation), devices: [bytesToBase64url(id(device))] })
	/** Names of the devices that were woken since the last time. */
	const woken = () => sent.splice(0).map(({ endpoint }) => endpoint.split('/').at(-1))
	const here = (device: string, here: boolean, node = 'one') =>
		devicesHere.heard({ device: bytesToBase64url(id(device)), node, here })
	return { time, wrote, woken, here, sent, answers, sending, devicesHere }
}

test('[N2] those who did not write it are woken, once for all that is said within a second', async () => {
	const { time, wrote, woken, sent } = world()
	for (let i = 0; i < 5; i++) wrote()
	await time.advance(pushLimits.gatherMs - 1)
	expect(sent).toEqual([])
	await time.advance(1)
	expect(sent.map(({ message }) => decodePush(message))).toEqual([1, 2].map(() => ({ type: 'look', conversation })))
	// The push service can put one in the place of another, and cannot tell by it what is one conversation on two devices.
	expect(new Set(sent.map(({ topic }) => topic)).size).toBe(2)
	for (const { topic } of sent) expect(topic).toMatch(/^[A-Za-z0-9_-]{32}$/)
	expect(woken()).toEqual(['bob-1', 'bob-2'])
})

test('[N2] a busy room rings once in twenty seconds, and what came meanwhile is told at their end', async () => {
	const { time, wrote, woken } = world()
	wrote()
	await time.advance(pushLimits.gatherMs)
	expect(woken()).toHaveLength(2)
	for (let i = 0; i < 10; i++) {
		wrote()
		await time.advance(1_000)
	}
	expect(woken()).toEqual([])
	await time.advance(pushLimits.pauseMs)
	expect(woken()).toHaveLength(2)
	await time.advance(pushLimits.pauseMs * 3)
	expect(woken()).toEqual([])
	wrote()
	await time.advance(pushLimits.gatherMs)
	expect(woken()).toHaveLength(2)
	expect(time.pending()).toBe(1)
})

test('[N2] a device with a socket at any node is not woken, nor one that came meanwhile', async () => {
	const { time, wrote, woken, here, devicesHere } = world()
	here('bob-1', true, 'another')
	wrote()
	here('bob-2', true)
	here('bob-2', false)
	await time.advance(pushLimits.gatherMs)
	expect(woken()).toEqual(['bob-2'])
	here('bob-2', true)
	wrote()
	await time.advance(pushLimits.pauseMs)
	expect(woken()).toEqual([])
	devicesHere.forget('another')
	wrote()
	await time.advance(pushLimits.pauseMs)
	expect(woken()).toEqual(['bob-1'])
})

test('[N2] a quiet conversation wakes nobody, until its time is over', async () => {
	const until = world().time.clock() + 60_000
	const { time, wrote, woken } = world({ quiet: encode(quietList, [{ conversation, until }]) })
	wrote()
	await time.advance(pushLimits.gatherMs)
	expect(woken()).toEqual([])
	await time.advance(60_000)
	wrote()
	await time.advance(pushLimits.pauseMs)
	expect(woken()).toHaveLength(2)
	const ever = world({ quiet: encode(quietList, [{ conversation, until: null }]) })
	ever.wrote()
	await ever.time.advance(10 * pushLimits.pauseMs)
	expect(ever.woken()).toEqual([])
})

test('[N2] who is gone is forgotten; a push service that is away is asked once more', async () => {
	const { time, wrote, woken, answers } = world()
	answers.push('gone', 'away', 'away')
	wrote()
	await time.advance(pushLimits.gatherMs)
	expect(woken()).toEqual(['bob-1', 'bob-2'])
	await time.advance(pushLimits.againMs)
	expect(woken()).toEqual(['bob-2'])
	await time.advance(pushLimits.againMs * 3)
	expect(woken()).toEqual([])
	wrote()
	await time.advance(pushLimits.gatherMs)
	expect(woken()).toEqual(['bob-2'])
})

test('[N2] one device is not drowned, whoever writes in however many conversations', async () => {
	const { time, wrote, woken } = world({ limit: 2 })
	for (let i = 0; i < 4; i++) {
		wrote()
		await time.advance(pushLimits.pauseMs)
	}
	expect(woken()).toHaveLength(4)
})

test('[N2] after the stop nothing goes out any more', async () => {
	const { time, wrote, woken, sending } = world()
	wrote()
	await sending.stop()
	wrote()
	await time.advance(pushLimits.pauseMs)
	expect([woken(), time.pending()]).toEqual([[], 0])
})
