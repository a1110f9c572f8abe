import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wireErrors } from '#protocol/errors.ts'
import { backoff, finalCode, step, type ConnectionEvent, type ConnectionState } from '#sync/connection-state.ts'

const challenge = {
	t: 'challenge',
	serverNonce: 'AAAA',
	serverKey: 'AAAA',
	instanceEpoch: 'AAAA',
	time: 1,
} as const
const hello = { t: 'hello', v: 1, clientNonce: 'AAAA' } as const
const auth = { t: 'auth', accessToken: 'token', signature: 'AAAA' } as const

function run(events: readonly ConnectionEvent[], from: ConnectionState = { type: 'stopped' }) {
	return events.reduce(
		(last, event) => {
			const next = step(last.state, event)
			return { state: next.state, effects: [...last.effects, ...next.effects] }
		},
		{ state: from, effects: [] as ReturnType<typeof step>['effects'][number][] },
	)
}

const handshake: readonly ConnectionEvent[] = [
	{ type: 'start' },
	{ type: 'socket-open', hello },
	{ type: 'challenge', challenge },
	{ type: 'proof', auth },
	{ type: 'welcome' },
]

describe('the way in', () => {
	it('says hello, proves the device, and is online only after the welcome', () => {
		const { state, effects } = run(handshake)
		expect(state).toEqual({ type: 'online' })
		expect(effects.map(({ type }) => type)).toEqual([
			'open-socket',
			'set-timer',
			'send',
			'prove',
			'send',
			'clear-timer',
		])
	})

	it('ignores a welcome that nobody asked for', () => {
		expect(run([{ type: 'start' }, { type: 'welcome' }]).state.type).toBe('opening')
	})

	it('gives a silent server up and comes back later', () => {
		const { state, effects } = run([...handshake.slice(0, 2), { type: 'timer' }])
		expect(state).toEqual({ type: 'waiting', attempt: 1 })
		expect(effects.at(-2)).toEqual({ type: 'close-socket' })
		expect(effects.at(-1)).toEqual({ type: 'set-timer', ms: backoff(1) })
	})
})

describe('when the socket closes', () => {
	it('[WIRE9] stays away after a final verdict, and says which', () => {
		expect(run([...handshake, { type: 'socket-closed', close: wireErrors['session-ended'].close }]).state).toEqual({
			type: 'ended',
			code: 'session-ended',
		})
	})

	it.each([1000, 1006, 1012, wireErrors['slow-reader'].close, wireErrors.unauthenticated.close])(
		'comes back after %i',
		(close) => {
			expect(run([...handshake, { type: 'socket-closed', close }]).state).toEqual({ type: 'waiting', attempt: 1 })
		},
	)

	it('waits longer each time, up to half a minute, and not at all when nudged', () => {
		let state: ConnectionState = { type: 'stopped' }
		const waits: number[] = []
		for (let i = 0; i < 8; i++) {
			state = step(state, { type: i === 0 ? 'start' : 'nudge' }).state
			const closed = step(state, { type: 'socket-closed', close: 1006 })
			state = closed.state
			waits.push(...closed.effects.flatMap((effect) => (effect.type === 'set-timer' ? [effect.ms] : [])))
		}
		expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
		expect(step(state, { type: 'nudge' }).effects[0]).toEqual({ type: 'open-socket' })
	})

	it('knows every final close code of the registry, and no other', () => {
		for (const [code, error] of Object.entries(wireErrors)) {
			const close = 'close' in error ? error.close : undefined
			if (close === undefined) continue
			expect(finalCode(close) !== null, code).toBe(close >= 4400 && close <= 4499)
		}
	})
})

const events: fc.Arbitrary<ConnectionEvent> = fc.oneof(
	fc.constantFrom<ConnectionEvent>(
		{ type: 'start' },
		{ type: 'stop' },
		{ type: 'nudge' },
		{ type: 'timer' },
		{ type: 'socket-open', hello },
		{ type: 'challenge', challenge },
		{ type: 'proof', auth },
		{ type: 'no-proof', code: null },
		{ type: 'no-proof', code: 'session-ended' },
		{ type: 'welcome' },
	),
	fc.constantFrom(1000, 1006, 1012, 4421, 4508).map((close): ConnectionEvent => ({ type: 'socket-closed', close })),
)

describe('whatever happens', () => {
	it('never has two sockets, and never waits without a timer', () => {
		fc.assert(
			fc.property(fc.array(events, { maxLength: 60 }), (list) => {
				let state: ConnectionState = { type: 'stopped' }
				let socket = false
				let timer = false
				for (const event of list) {
					if (event.type === 'socket-closed') {
						if (!socket) continue
						socket = false
					}
					if (event.type === 'timer') {
						if (!timer) continue
						timer = false
					}
					const next = step(state, event)
					for (const effect of next.effects) {
						if (effect.type === 'open-socket') {
							expect(socket).toBe(false)
							socket = true
						}
						if (effect.type === 'close-socket') socket = false
						if (effect.type === 'set-timer') timer = true
						if (effect.type === 'clear-timer') timer = false
					}
					state = next.state
					if (state.type === 'waiting') expect(timer).toBe(true)
					if (state.type === 'stopped' || state.type === 'waiting') expect(socket).toBe(false)
				}
			}),
		)
	})
})
