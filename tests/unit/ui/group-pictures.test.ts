/** The picture of a group as an address: what did not come is asked for again, for as long as somebody shows it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { KithApi } from '#core/api.ts'
import { fail, ok } from '#protocol/result.ts'
import { GroupPictures } from '#ui/state/group-pictures.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function scene() {
	let name: (named: string | null) => void = () => {}
	const state = { isHere: false, asked: 0, stopped: false }
	const api = {
		watch: (_: 'picture', __: string, listener: typeof name) => {
			name = listener
			return () => void (state.stopped = true)
		},
		groupPicture: async () => {
			state.asked++
			return state.isHere ? ok(new Uint8Array([1])) : fail({ type: 'offline' as const })
		},
	}
	const shown: (string | null)[] = []
	const stop = new GroupPictures(api as unknown as KithApi).watch('group', (url) => shown.push(url))
	return { state, shown, stop, name: (named: string | null) => name(named) }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('a picture that did not come is asked for again until it is here, and then no more', async () => {
	const { state, shown, name } = scene()
	name('pier')
	await pass(0)
	expect(shown).toEqual([null])
	await pass(4_000)
	expect(state.asked).toBe(2)
	state.isHere = true
	await pass(4_000)
	expect(shown.at(-1)).toMatch(/^blob:/)
	await pass(60_000)
	expect(state.asked).toBe(3)
})

test('nobody asks for what was taken away, or is shown no more', async () => {
	const { state, shown, name, stop } = scene()
	name('pier')
	await pass(0)
	name(null)
	await pass(60_000)
	expect([state.asked, shown.at(-1)]).toEqual([1, null])
	name('boat')
	await pass(0)
	stop()
	await pass(60_000)
	expect([state.asked, state.stopped]).toEqual([2, true])
})
