/** Which pages come from where: what of them is true, others say (receiver, scenario peer-fill). */
import { expect, test } from 'vitest'
import type { PageHead } from '#core/catch-up.ts'
import { fillPages, fillPatienceMs, type Filled, type PageSource } from '#core/page-fill.ts'
import { fakeTime } from '../../support/fake-timers.ts'

const heads: readonly PageHead[] = [4, 3, 2, 1, 0].map((page) => ({
	...{ page, part: 0, version: 1, posts: 10 },
	digest: String(page),
}))

const turns = async () => {
	for (let i = 0; i < 50; i++) await Promise.resolve()
}

/** `lacks`: pages that a device has not got, by its name. */
function scene(
	devices: Readonly<Record<string, readonly number[]>>,
	{ mayCome = true, reached = true, server = true } = {},
) {
	const time = fakeTime(0)
	const byServer: number[] = []
	const by = new Map<string, number[]>(Object.keys(devices).map((name) => [name, []]))
	const seen: (Filled | null)[] = []
	const here = { now: [] as PageSource[], changed: () => {}, left: 0 }
	const sourceOf = (device: string): PageSource => ({ device, ask: async () => [], bar: () => {} })
	const done = fillPages(heads, {
		timers: time.timers,
		sources: async (changed) => {
			here.changed = changed
			return reached ? { now: () => here.now, mayCome: () => mayCome, leave: () => void here.left++ } : null
		},
		byServer: async ({ page }) => server && byServer.push(page) > 0,
		byDevice: async ({ page }, { device }) => {
			if (devices[device]?.includes(page) === true) return false
			by.get(device)?.push(page)
			return true
		},
		filled: (now) => void seen.push(now),
	})
	const meet = (...names: readonly string[]) => {
		here.now = names.map(sourceOf)
		here.changed()
	}
	return { done, time, byServer, by, seen, here, meet }
}

test('[PEER15] the newest page comes from the server at once, older ones from devices, newest first; all are told of', async () => {
	const { done, byServer, by, seen, here, meet } = scene({ laptop: [], tablet: [] })
	await turns()
	expect(byServer).toEqual([4])
	meet('laptop', 'tablet')
	expect(await done).toBe(true)
	expect(byServer).toEqual([4])
	expect([...by.values()].flat().toSorted()).toEqual([0, 1, 2, 3])
	expect(by.get('laptop')?.[0]).toBe(3)
	const last = seen.at(-2)
	expect([last?.done, last?.total, [...(last?.from.values() ?? [])]]).toEqual([50, 50, [20, 20]])
	expect([seen.at(-1), here.left]).toEqual([null, 1])
})

test('[PEER15] what no device has comes from the server', async () => {
	const { done, byServer, by, meet } = scene({ laptop: [2, 0], tablet: [2] })
	await turns()
	meet('laptop', 'tablet')
	expect(await done).toBe(true)
	expect(byServer).toEqual([4, 2])
	expect([...by.values()].flat().toSorted()).toEqual([0, 1, 3])
})

test('[PEER15] nobody comes: after a while all comes from the server', async () => {
	const { done, byServer, time } = scene({})
	await turns()
	expect(byServer).toEqual([4])
	await time.advance(fillPatienceMs)
	expect(await done).toBe(true)
	expect(byServer).toEqual([4, 3, 2, 1, 0])
})

test.each([
	['there is no other device', { mayCome: false }],
	['devices are not reached', { reached: false }],
])('[PEER15] where %s nobody is waited for', async (_, how) => {
	const { done, byServer } = scene({}, how)
	expect(await done).toBe(true)
	expect(byServer).toEqual([4, 3, 2, 1, 0])
})

test('[PEER15] a connection that goes ends it', async () => {
	const { done, here } = scene({}, { server: false })
	expect(await done).toBe(false)
	await turns()
	expect(here.left).toBe(1)
})
