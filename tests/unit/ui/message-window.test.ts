import { textMessage } from '#tests/support/fake-kith-api.ts'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
	carried,
	extendDown,
	extendUp,
	firstLook,
	newestWindow,
	pruned,
	stepAfter,
	windowAround,
	windowFirst,
	windowMax,
	windowSlack,
	windowStep,
	type MessageWindow,
} from '#ui/state/message-window.ts'

const keys = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`)
const most = windowMax + windowSlack

describe('the window of messages', () => {
	test('stands at the newest first, or around one', () => {
		expect(newestWindow(100)).toEqual({ from: 100 - windowFirst, to: 100 })
		expect(newestWindow(3)).toEqual({ from: 0, to: 3 })
		expect(windowAround(200, 100)).toEqual({ from: 100 - windowFirst / 2, to: 100 + windowFirst / 2 })
		expect(windowAround(200, 2).from).toBe(0)
		expect(windowAround(200, 199).to).toBe(200)
	})

	test('begins with as many of the newest as fill the screen for certain, where that is known', () => {
		const line = textMessage('m', 'bob', 0)
		const long = textMessage('m', 'bob', 0, { content: { type: 'text', text: 'x'.repeat(1_000) } })
		const short = Array.from({ length: 60 }, () => line)
		expect(firstLook(short, 400)).toBe(10)
		expect(firstLook([...short, long, long], 400)).toBe(2)
		expect(firstLook(short, Infinity)).toBe(windowFirst)
		expect(firstLook([line, line], 400)).toBe(2)
		expect(firstLook([], 400)).toBe(0)
		expect(newestWindow(100, 10)).toEqual({ from: 90, to: 100 })
	})

	test('grows by steps, and loses what is far from where the reader looks', () => {
		let window = newestWindow(1_000)
		const up = () => (window = pruned(extendUp(window, windowStep), 'up'))
		while (window.to === 1_000) up()
		expect(window.to - window.from).toBe(windowMax)
		while (window.to < 1_000) window = pruned(extendDown(window, windowStep, 1_000), 'down')
		expect(window.to - window.from).toBeLessThanOrEqual(most)
		expect(extendUp({ from: 1, to: 9 }, windowStep)).toEqual({ from: 0, to: 9 })
	})

	test('grows less after a late frame, and more again while frames are in time', () => {
		expect(stepAfter(4, 60)).toBe(2)
		expect(stepAfter(1, 60)).toBe(1)
		expect(stepAfter(1, 25)).toBe(1)
		expect(stepAfter(1, 16.7)).toBe(2)
		expect(stepAfter(windowStep, 16.7)).toBe(windowStep)
	})

	test('stays over the same messages when others are at hand', () => {
		const window = { from: 10, to: 40 }
		expect(carried(window, keys(100, 160), keys(50, 170), false)).toEqual({ from: 60, to: 90 })
	})

	test('goes on to the newest where it followed it', () => {
		expect(carried({ from: 10, to: 40 }, keys(0, 40), keys(0, 42), true)).toEqual({ from: 10, to: 42 })
	})

	test('stands at the end where nothing of it is left', () => {
		expect(carried({ from: 0, to: 20 }, keys(0, 40), keys(500, 560), false)).toEqual(newestWindow(60))
	})

	test('is bounded and inside what is at hand, whatever is done', () => {
		const step = fc.constantFrom('up', 'down', 'arrive', 'swap') as fc.Arbitrary<'up' | 'down' | 'arrive' | 'swap'>
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 400 }), fc.array(step, { maxLength: 80 }), (start, steps) => {
				let all = keys(0, start)
				let window: MessageWindow = newestWindow(all.length)
				for (const one of steps) {
					if (one === 'up') window = pruned(extendUp(window, windowStep), 'up')
					else if (one === 'down') window = pruned(extendDown(window, windowStep, all.length), 'down')
					else {
						const follows = window.to === all.length
						const next = one === 'arrive' ? keys(0, all.length + 1) : all.slice(Math.min(5, all.length - 1))
						window = carried(window, all, next, follows)
						all = next
					}
					expect(window.from).toBeGreaterThanOrEqual(0)
					expect(window.to).toBeLessThanOrEqual(all.length)
					expect(window.to - window.from).toBeGreaterThan(0)
					expect(window.to - window.from).toBeLessThanOrEqual(most + windowStep)
				}
			}),
		)
	})
})
