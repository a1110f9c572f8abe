import { describe, expect, test } from 'vitest'
import { createOpaqueWorkerClient, opaqueChannel, type SpawnedWorker } from '#platform/browser/opaque-worker-client.ts'
import { serveRpc, type RpcTarget } from '#platform/browser/rpc.ts'
import { endToWire, type MessageEnd } from '#platform/browser/wire.ts'
import { fakeTime, settle } from '#tests/support/fake-timers.ts'

const idleMs = 30_000

/** Worker and its own side as two ports of one MessageChannel. */
function setup(target: RpcTarget) {
	const spawned: { worker: SpawnedWorker; terminated: boolean }[] = []
	const time = fakeTime()
	const client = createOpaqueWorkerClient({
		timers: time.timers,
		idleMs,
		spawn: () => {
			const { port1, port2 } = new MessageChannel()
			port1.start()
			port2.start()
			serveRpc(endToWire(port2 as MessageEnd, opaqueChannel), target)
			const entry = { worker: port1 as unknown as SpawnedWorker, terminated: false }
			entry.worker.terminate = () => {
				entry.terminated = true
				port1.close()
			}
			spawned.push(entry)
			return entry.worker
		},
	})
	return { client, spawned, time }
}

const answering: RpcTarget = {
	call: async (method, input) => ({ state: method, request: input }),
	watch: () => () => undefined,
}

describe('the worker of OPAQUE', () => {
	test('starts with the first call, serves the next ones, and ends when idle', async () => {
		const { client, spawned, time } = setup(answering)
		expect(spawned).toHaveLength(0)
		expect(await client.startLogin('secret')).toEqual({ state: 'startLogin', request: 'secret' })
		await time.advance(idleMs - 1)
		await client.startRegistration('secret')
		await time.advance(idleMs - 1)
		expect(spawned.map(({ terminated }) => terminated)).toEqual([false])
		await time.advance(1)
		expect(spawned.map(({ terminated }) => terminated)).toEqual([true])
		await client.startLogin('again')
		expect(spawned).toHaveLength(2)
		await time.advance(idleMs)
	})

	test('rejects what is under way when it falls over, and starts anew with the next call', async () => {
		let stuck = true
		const { client, spawned, time } = setup({
			...answering,
			call: (method, input) => (stuck ? new Promise(() => undefined) : answering.call(method, input)),
		})
		const outcome = expect(client.startLogin('x')).rejects.toMatchObject({ type: 'interrupted' })
		await settle()
		spawned[0]?.worker.onerror?.({ message: 'blocked by policy' } as ErrorEvent)
		await outcome
		stuck = false
		expect(await client.startLogin('y')).toEqual({ state: 'startLogin', request: 'y' })
		await time.advance(idleMs)
		expect(spawned.map(({ terminated }) => terminated)).toEqual([true, true])
	})
})
