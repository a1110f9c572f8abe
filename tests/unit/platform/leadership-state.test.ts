import { describe, expect, test } from 'vitest'
import { firstStep, step, type LeadershipEvent, type LeadershipState } from '#platform/browser/leadership-state.ts'

const version = 2
function play(...events: readonly LeadershipEvent[]) {
	let state: LeadershipState = firstStep.state
	let effects: readonly string[] = firstStep.effects.map((effect) => effect.type)
	for (const event of events) {
		const next = step(state, event, version)
		state = next.state
		effects = next.effects.map((effect) => (effect.type === 'request-lock' && effect.steal ? 'steal' : effect.type))
	}
	return { state, effects }
}
const heard = (leader: string, theirs = version): LeadershipEvent => ({ type: 'heard', leader, version: theirs })
const granted: LeadershipEvent = { type: 'granted' }
const lost: LeadershipEvent = { type: 'lost' }
const tick: LeadershipEvent = { type: 'tick' }

describe('leadership', () => {
	test('begins in the queue, asking who leads', () => {
		expect(play()).toEqual({ state: { type: 'seeking', missed: 0 }, effects: ['request-lock', 'ping'] })
	})

	test('starts the core when the lock is granted, says so, and answers who asks', () => {
		expect(play(granted)).toEqual({ state: { type: 'leading' }, effects: ['disconnect', 'start-core', 'announce'] })
		expect(play(granted, { type: 'asked' }).effects).toEqual(['announce'])
		expect(play(heard('a'), { type: 'asked' }).effects).toEqual([])
	})

	test('follows who leads, and whoever leads next', () => {
		expect(play(heard('a'))).toMatchObject({ state: { leader: 'a' }, effects: ['connect'] })
		expect(play(heard('a'), heard('a')).effects).toEqual([])
		expect(play(heard('a'), heard('b'))).toMatchObject({ state: { leader: 'b' }, effects: ['connect'] })
	})

	test('replaces a leader that leaves two pings unanswered, and not one that answers', () => {
		expect(play(heard('a'), tick, tick).effects).toEqual(['ping'])
		expect(play(heard('a'), tick, tick, tick).effects).toEqual(['steal'])
		expect(play(heard('a'), tick, tick, heard('a'), tick, tick).effects).toEqual(['ping'])
		expect(play(tick, tick, tick).effects).toEqual(['steal'])
	})

	test('stops its core when the lock is lost, and queues again', () => {
		const after = play(granted, lost)
		expect(after).toEqual({
			state: { type: 'seeking', missed: 0 },
			effects: ['stop-core', 'release-lock', 'request-lock', 'ping'],
		})
		expect(play(lost).effects).toEqual([])
	})

	test('goes by the lock alone: the word of another changes nothing while it leads', () => {
		expect(play(granted, heard('b'))).toEqual({ state: { type: 'leading' }, effects: [] })
	})

	test('gives way to a newer version for good, and takes over from an older one', () => {
		expect(play(heard('a', 3))).toEqual({
			state: { type: 'out', why: 'outdated' },
			effects: ['leave-queue', 'disconnect'],
		})
		expect(play(heard('a', 3), tick, tick, tick, heard('a')).effects).toEqual([])
		expect(play(heard('a', 3), granted).effects).toEqual(['release-lock'])
		expect(play(heard('a', 1)).effects).toEqual(['steal'])
	})

	test('leaves it to other tabs when its core cannot start', () => {
		expect(play(granted, { type: 'failed' })).toEqual({
			state: { type: 'out', why: 'failed' },
			effects: ['stop-core', 'release-lock'],
		})
	})
})
