import { expect, test } from 'vitest'
import { createRates } from '#server/domain/events/rates.ts'
import { createTurns, type Pace } from '#server/domain/events/turns.ts'
import { fakeTime } from '#tests/support/fake-timers.ts'

function turnsOf(weightMax: number, pace: Pace | null = null) {
	const deferred: (() => void)[] = []
	const ran: string[][] = []
	let finish: () => void = () => {}
	const turns = createTurns<string>({
		defer: (run) => deferred.push(run),
		pace,
		weigh: (entry) => entry.length,
		weightMax,
		run: (entries) => {
			ran.push([...entries])
			return new Promise((resolve) => (finish = resolve))
		},
	})
	return {
		turns,
		ran,
		tick: () => deferred.shift()?.(),
		finish: async () => (finish(), await new Promise(setImmediate)),
	}
}

test('what comes before the turn begins goes together', async () => {
	const { turns, ran, tick, finish } = turnsOf(100)
	turns.add('a')
	turns.add('b')
	expect(ran).toEqual([])
	tick()
	expect(ran).toEqual([['a', 'b']])
	await finish()
	await turns.drained()
})

test('what comes while a turn runs waits for the next one', async () => {
	const { turns, ran, tick, finish } = turnsOf(100)
	turns.add('a')
	tick()
	turns.add('b')
	turns.add('c')
	await finish()
	expect(ran).toEqual([['a']])
	tick()
	expect(ran).toEqual([['a'], ['b', 'c']])
	let isDrained = false
	const drained = turns.drained().then(() => (isDrained = true))
	await new Promise(setImmediate)
	expect(isDrained).toBe(false)
	await finish()
	await drained
})

test('a turn takes so much and no more, and at least one', async () => {
	const { turns, ran, tick, finish } = turnsOf(5)
	for (const entry of ['aaa', 'bbb', 'c', 'ddddddddd', 'e']) turns.add(entry)
	for (let i = 0; i < 3; i++) {
		tick()
		await finish()
	}
	expect(ran).toEqual([['aaa', 'bbb'], ['c', 'ddddddddd'], ['e']])
	await turns.drained()
})

/** One turn at once, and the next 20 ms after it. */
function paced(weightMax = 100) {
	const { timers, clock, advance, pending } = fakeTime()
	const rates = createRates({ perSecond: 50, burst: 1 }, clock)
	const pace = { timers, wait: () => rates.wait('', 1), take: () => rates.take('', 1) }
	return { ...turnsOf(weightMax, pace), advance, pending }
}

test('after a pause a turn begins at once; the next keeps its distance and takes all that came', async () => {
	const { turns, ran, tick, finish, advance, pending } = paced()
	turns.add('a')
	tick()
	await finish()
	turns.add('b')
	await advance(19)
	tick()
	turns.add('c')
	expect(ran).toEqual([['a']])
	await advance(1)
	tick()
	await finish()
	expect(ran).toEqual([['a'], ['b', 'c']])
	await advance(20)
	turns.add('d')
	expect(pending()).toBe(0)
	tick()
	expect(ran).toEqual([['a'], ['b', 'c'], ['d']])
})

test('what comes while a paced turn runs keeps the distance too', async () => {
	const { turns, ran, tick, finish, advance } = paced()
	turns.add('a')
	tick()
	turns.add('b')
	await finish()
	tick()
	expect(ran).toEqual([['a']])
	await advance(20)
	tick()
	expect(ran).toEqual([['a'], ['b']])
})

test('a full turn waits for nothing, and begins once', async () => {
	const { turns, ran, tick, finish, pending } = paced(3)
	turns.add('a')
	tick()
	await finish()
	for (const entry of ['b', 'c', 'd', 'e']) turns.add(entry)
	expect(pending()).toBe(0)
	tick()
	tick()
	expect(ran).toEqual([['a'], ['b', 'c', 'd']])
})

test('whoever waits for the end makes the turn begin', async () => {
	const { turns, ran, tick, finish, pending } = paced()
	turns.add('a')
	tick()
	await finish()
	turns.add('b')
	const drained = turns.drained()
	expect(pending()).toBe(0)
	tick()
	turns.add('c')
	await finish()
	tick()
	await finish()
	expect(ran).toEqual([['a'], ['b'], ['c']])
	await drained
})

test('rates: a burst, then so much a second, per key', () => {
	let now = 0
	const rates = createRates({ perSecond: 2, burst: 3 }, () => now)
	expect(rates.wait('a', 3)).toBeNull()
	rates.take('a', 3)
	expect(rates.wait('a', 1)).toBe(500)
	expect(rates.wait('b', 1)).toBeNull()
	now = 500
	expect(rates.wait('a', 1)).toBeNull()
	now = 1_000_000
	expect(rates.wait('a', 3)).toBeNull()
	// More than fits is there when all is there.
	expect(rates.wait('a', 99)).toBeNull()
	rates.take('a', 99)
	expect(rates.wait('a', 0)).toBe(48_000)
})
