import { describe, expect, test } from 'vitest'
import { apiToTarget, createRpcClient, RpcError, serveRpc, targetToApi } from '#platform/browser/rpc.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { StorageError } from '#store/storage.ts'
import { fakePort } from '#tests/support/fake-browser.ts'
import { settle } from '#tests/support/fake-timers.ts'

interface Counter {
	add(input: { by: number }): Promise<Result<number, { type: 'too-much' }>>
	breaks(input: { how: 'bug' | 'stale' }): Promise<never>
	bytes(input: Uint8Array): Promise<Uint8Array>
	watch(view: 'count', of: string | null, listener: (value: number) => void): () => void
	close(): Promise<void>
}

function createCounter() {
	let count = 0
	const listeners = new Set<(value: number) => void>()
	const api: Counter = {
		add: async ({ by }) => {
			if (by > 100) return fail({ type: 'too-much' })
			count += by
			for (const listener of listeners) listener(count)
			return ok(count)
		},
		breaks: async ({ how }) => {
			throw how === 'stale' ? new StorageError('stale-leader') : new TypeError('a bug')
		},
		bytes: async (input) => input.map((byte) => byte + 1),
		watch: (_view, _of, listener) => {
			listeners.add(listener)
			listener(count)
			return () => void listeners.delete(listener)
		},
		close: async () => undefined,
	}
	return { api, listeners }
}

function setup() {
	const { a, b } = fakePort()
	const { api, listeners } = createCounter()
	const stop = serveRpc(b, apiToTarget(api))
	const client = createRpcClient(a)
	return { api: targetToApi<Counter>(client, async () => undefined), client, listeners, stop, wire: a }
}

describe('calls', () => {
	test('answer with results, failures as values, and bytes as bytes', async () => {
		const { api } = setup()
		expect(await api.add({ by: 2 })).toEqual({ ok: true, value: 2 })
		expect(await api.add({ by: 101 })).toEqual({ ok: false, error: { type: 'too-much' } })
		expect(await api.bytes(new Uint8Array([1, 2]))).toEqual(new Uint8Array([2, 3]))
	})

	test('made together are answered each by its own', async () => {
		const { api } = setup()
		const answers = await Promise.all([1, 2, 3].map((by) => api.add({ by })))
		expect(answers.map((answer) => answer.ok && answer.value)).toEqual([1, 3, 6])
	})

	test('reject with the type of what was thrown, or as a bug', async () => {
		const { api } = setup()
		await expect(api.breaks({ how: 'stale' })).rejects.toMatchObject({ name: 'RpcError', type: 'stale-leader' })
		await expect(api.breaks({ how: 'bug' })).rejects.toMatchObject({ type: 'bug', message: 'TypeError: a bug' })
	})

	test('reach own methods only: nothing inherited, not watch or close', async () => {
		const { client } = setup()
		for (const method of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'watch', 'close', 'none']) {
			await expect(client.call(method, null)).rejects.toBeInstanceOf(RpcError)
		}
	})

	test('a proxy can be returned from an async function', async () => {
		const { api } = setup()
		const same = await (async () => api)()
		expect(same).toBe(api)
	})
})

describe('watches', () => {
	test('tell the value now and each later one, and end at both sides', async () => {
		const { api, listeners } = setup()
		const seen: number[] = []
		const stop = api.watch('count', null, (value) => seen.push(value))
		await settle()
		for (const by of [1, 1]) {
			await api.add({ by })
			await settle()
			await settle()
		}
		expect(seen).toEqual([0, 1, 2])
		stop()
		await settle()
		expect(listeners.size).toBe(0)
	})

	test('a slow reader gets the newest value, not the queue', async () => {
		const { api } = setup()
		const seen: number[] = []
		api.watch('count', null, (value) => seen.push(value))
		await settle()
		await settle()
		await Promise.all(Array.from({ length: 50 }, () => api.add({ by: 1 })))
		for (let i = 0; i < 4; i++) await settle()
		expect(seen.length).toBeLessThan(5)
		expect(seen.at(-1)).toBe(50)
	})

	test('end when the server stops', async () => {
		const { api, listeners, stop } = setup()
		api.watch('count', null, () => undefined)
		await settle()
		expect(listeners.size).toBe(1)
		stop()
		expect(listeners.size).toBe(0)
	})
})

describe('a server that goes away', () => {
	test('calls it had begun are interrupted, others are given back', async () => {
		const { a, b } = fakePort()
		const stop = serveRpc(b, { call: () => new Promise(() => undefined), watch: () => () => undefined })
		const client = createRpcClient(a)
		const begun = client.call('post', 'begun')
		await settle()
		await settle()
		stop()
		const unbegun = client.call('post', 'unbegun')
		await settle()
		const left = client.abandon()
		await expect(begun).rejects.toMatchObject({ type: 'interrupted' })
		expect(left.map((call) => call.input)).toEqual(['unbegun'])
		left[0]?.resolve('elsewhere')
		expect(await unbegun).toBe('elsewhere')
	})
})
