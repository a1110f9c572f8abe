import { describe, expect, it } from 'vitest'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { stateCache } from '#server/domain/state-cache.ts'
import { bytesOf } from '#tests/support/log-actors.ts'

const id = bytesOf('id', 16)

/** Loads that end when the test says so. */
function controlled() {
	const pending: ((state: string | null) => void)[] = []
	const cache = stateCache<string>(2, () => new Promise((resolve) => pending.push(resolve)))
	return { cache, pending, get: (one: Bytes = id) => cache.get(one), drop: () => cache.drop(bytesToBase64url(id)) }
}

describe('a state cache', () => {
	it('loads once, also for two who ask at once', async () => {
		const { pending, get } = controlled()
		const both = Promise.all([get(), get()])
		expect(pending).toHaveLength(1)
		pending[0]!('state')
		expect(await both).toEqual(['state', 'state'])
		expect(await get()).toBe('state')
		expect(pending).toHaveLength(1)
	})

	it('has at hand what was loaded, until it is dropped or others were asked for since', async () => {
		const { cache, pending, get, drop } = controlled()
		const other = (fill: string) => bytesOf(fill, 16)
		expect(cache.atHand(id)).toBeNull()
		const first = get()
		expect(cache.atHand(id)).toBeNull()
		pending[0]!('state')
		await first
		for (const [i, fill] of ['two', 'three'].entries()) {
			// Looked at, so that it is not the least recently used.
			expect(cache.atHand(id)).toBe('state')
			const loading = get(other(fill))
			pending[i + 1]!(fill)
			await loading
		}
		expect([cache.atHand(id), cache.atHand(other('two'))]).toEqual(['state', null])
		drop()
		expect(cache.atHand(id)).toBeNull()
	})

	it('loads again after a drop', async () => {
		const { pending, get, drop } = controlled()
		const first = get()
		pending[0]!('old')
		await first
		drop()
		const second = get()
		pending[1]!('new')
		expect(await second).toBe('new')
	})

	it('keeps nothing of a load that a drop overtook', async () => {
		const { pending, get, drop } = controlled()
		const early = get()
		drop()
		const late = get()
		pending[1]!('new')
		expect(await late).toBe('new')
		pending[0]!('old')
		expect(await early).toBe('old')
		expect(await get()).toBe('new')
	})

	it('asks again for what was not there', async () => {
		const { pending, get } = controlled()
		const first = get()
		pending[0]!(null)
		expect(await first).toBeNull()
		const second = get()
		pending[1]!('there now')
		expect(await second).toBe('there now')
	})

	it('asks again after a load that failed', async () => {
		let fails = true
		const cache = stateCache<string>(2, () =>
			fails ? Promise.reject(new Error('on purpose')) : Promise.resolve('state'),
		)
		await expect(cache.get(id)).rejects.toThrow('on purpose')
		fails = false
		expect(await cache.get(id)).toBe('state')
	})

	it('forgets the one that was not used for longest', async () => {
		const loads: string[] = []
		const cache = stateCache<string>(2, async (one) => {
			loads.push(bytesToBase64url(one))
			return 'state'
		})
		const [a, b, c] = [bytesOf('a', 16), bytesOf('b', 16), bytesOf('c', 16)]
		for (const one of [a, b, a, c, a, b]) await cache.get(one)
		expect(loads).toEqual([a, b, c, b].map(bytesToBase64url))
	})
})
