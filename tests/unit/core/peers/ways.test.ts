/** By which servers devices find a way, whatever the own server names. */
import { expect, test } from 'vitest'
import { createWays, wayLimits } from '#core/peers/ways.ts'
import { fail, ok } from '#protocol/result.ts'
import { fakeTime, settle } from '#tests/support/fake-timers.ts'

const stun = { urls: ['stun:stun.example.org:3478'], username: null, credential: null }
const turn = { urls: ['turn:turn.example.org:3478?transport=udp'], username: 'a', credential: 'b' }

function waysOf(answer: unknown) {
	const time = fakeTime()
	const state = { asked: 0, answer, relayed: false }
	const parts = {
		http: {
			call: async () => {
				state.asked++
				return state.answer
			},
		},
		privacy: { now: () => ({ relayed: state.relayed }) },
		timers: time.timers,
		time: { now: () => 1_000_000 },
	}
	return { time, state, ways: createWays(parts as unknown as Parameters<typeof createWays>[0]) }
}

const named = (servers: readonly unknown[], until = 1_000_000) => ok({ servers, until })

test('[PEER2] before the server has named any, in no way; by an old server, in the open one', async () => {
	const { ways } = waysOf(fail({ type: 'not-found' }))
	expect(ways.now()).toBeNull()
	await ways.refresh()
	expect(ways.now()).toEqual({ servers: [], relayed: false })
})

test('[PEER2] who hides his address is reached by a relay, and where none is named in no way', async () => {
	const { ways, state } = waysOf(named([stun]))
	state.relayed = true
	await ways.refresh()
	expect(ways.now()).toBeNull()
	state.answer = named([stun, turn])
	await ways.refresh()
	expect(ways.now()).toEqual({ servers: [stun, turn], relayed: true })
	// What was known may hold still.
	state.answer = fail({ type: 'offline' })
	await ways.refresh()
	expect(ways.now()?.servers).toEqual([stun, turn])
})

test('a server that names very many, or times out of all measure, is not followed', async () => {
	const { ways, state, time } = waysOf(
		named(
			Array.from({ length: 100 }, () => turn),
			Number.MAX_SAFE_INTEGER,
		),
	)
	await ways.refresh()
	expect(ways.now()?.servers).toHaveLength(wayLimits.servers)
	state.answer = named([turn], 0)
	await time.advance(wayLimits.againMs.most)
	await settle()
	expect(state.asked).toBe(2)
	await time.advance(wayLimits.againMs.least - 1)
	expect(state.asked).toBe(2)
	await time.advance(1)
	expect(state.asked).toBe(3)
	ways.close()
})
