import { beforeEach, expect, test } from 'vitest'
import { Awareness } from '#server/sync/awareness.ts'
import { socketLimits } from '#server/sync/limits.ts'

let awareness: Awareness
const alice = { device: 'alice' }
const bob = { device: 'bob' }
const said = (clientId: number, clock: number, state = '{}') => ({ clientId, clock, state })

beforeEach(() => {
	awareness = new Awareness()
})

test('only news are passed on: later clocks, and a removal at the same clock', () => {
	expect(awareness.hear(alice, [said(1, 5)]).accepted).toEqual([said(1, 5)])
	expect(awareness.hear(alice, [said(1, 5)]).accepted).toEqual([])
	expect(awareness.hear(alice, [said(1, 4)]).accepted).toEqual([])
	expect(awareness.hear(alice, [said(1, 6)]).accepted).toEqual([said(1, 6)])
	expect(awareness.hear(alice, [said(1, 6, 'null')]).accepted).toEqual([said(1, 6, 'null')])
	expect(awareness.states()).toEqual([])
	expect(awareness.hear(alice, [said(1, 6, 'null')]).accepted).toEqual([])
})

test('the first to speak a clientID owns it', () => {
	awareness.hear(alice, [said(1, 5)])
	expect(awareness.hear(bob, [said(1, 5)])).toEqual({ accepted: [], foreign: false })
	expect(awareness.hear(bob, [said(1, 5, 'null')])).toEqual({ accepted: [], foreign: false })
	expect(awareness.hear(bob, [said(1, 6)])).toEqual({ accepted: [], foreign: true })
	expect(awareness.states()).toEqual([said(1, 5)])
})

test('nobody comes into being by being gone', () => {
	expect(awareness.hear(alice, [said(1, 5, 'null')])).toEqual({ accepted: [], foreign: false })
	expect(awareness.hear(bob, [said(1, 1)]).accepted).toEqual([said(1, 1)])
})

test('who has gone comes back by his own device only', () => {
	awareness.hear(alice, [said(1, 5)])
	expect(awareness.leave(alice)).toEqual([said(1, 5, 'null')])
	expect(awareness.leave(alice)).toEqual([])
	expect(awareness.hear(bob, [said(1, 5)])).toEqual({ accepted: [], foreign: false })
	const again = { device: 'alice' }
	expect(awareness.hear(again, [said(1, 4)]).accepted).toEqual([])
	expect(awareness.hear(again, [said(1, 5)]).accepted).toEqual([said(1, 5)])
})

test('memory is bounded', () => {
	for (let i = 0; i < 2 * socketLimits.awarenessGone; i++) {
		const passing = { device: `${i}` }
		expect(awareness.hear(passing, [said(i, 1)]).accepted.length).toBe(1)
		awareness.leave(passing)
	}
	// The oldest are forgotten, the newest are not.
	expect(awareness.hear(bob, [said(0, 1)]).accepted.length).toBe(1)
	expect(awareness.hear(bob, [said(2 * socketLimits.awarenessGone - 1, 1)]).accepted).toEqual([])
	const greedy = Array.from({ length: 50 }, (_, i) => said(10_000 + i, 1))
	expect(awareness.hear(alice, greedy).accepted.length).toBe(socketLimits.awarenessIds)
})
