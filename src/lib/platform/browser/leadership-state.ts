/**
 * Which tab leads, as states and a pure step. One worker of all tabs of this origin runs the core: the one that holds the
 * Web Lock. The others follow it, and replace it when it goes or does not answer.
 *
 * | state     | means                                                                            |
 * |-----------|----------------------------------------------------------------------------------|
 * | seeking   | in the queue for the lock, nobody has said that he leads                           |
 * | following | in the queue for the lock, `leader` has                                          |
 * | leading   | we hold the lock                                                                 |
 * | out       | a newer version of the app leads, or our core cannot start: out of the queue until a reload |
 *
 * The lock alone decides: a message from another who thinks that he leads changes nothing for the one that holds it, and
 * a leader that slept through its replacement is fenced by the storage's generation.
 */

export type LeadershipState =
	| { readonly type: 'seeking'; readonly missed: number }
	| { readonly type: 'following'; readonly leader: string; readonly missed: number }
	| { readonly type: 'leading' }
	| { readonly type: 'out'; readonly why: 'outdated' | 'failed' }

export type LeadershipEvent =
	/** The lock is ours. */
	| { readonly type: 'granted' }
	/** It was ours, and another has stolen it, or our core found itself stale. */
	| { readonly type: 'lost' }
	/** The core could not start here: another tab may have more luck. */
	| { readonly type: 'failed' }
	/** A leader's word: an answer to a ping, or that it has just begun. */
	| { readonly type: 'heard'; readonly leader: string; readonly version: number }
	/** Somebody asks who leads. */
	| { readonly type: 'asked' }
	/** Half of the patience has passed, in a tab that is looked at. */
	| { readonly type: 'tick' }

export type LeadershipEffect =
	/** Wait for the lock, or with `steal` take it now. */
	| { readonly type: 'request-lock'; readonly steal: boolean }
	| { readonly type: 'leave-queue' }
	| { readonly type: 'release-lock' }
	| { readonly type: 'start-core' }
	| { readonly type: 'stop-core' }
	| { readonly type: 'connect'; readonly leader: string }
	| { readonly type: 'disconnect' }
	/** Ask who leads. */
	| { readonly type: 'ping' }
	/** Say that we lead. */
	| { readonly type: 'announce' }

export interface LeadershipStep {
	readonly state: LeadershipState
	readonly effects: readonly LeadershipEffect[]
}

/** Ticks without an answer until the leader is replaced. A tick is 1 s: one alone may have waited through a machine's sleep. */
const patienceTicks = 2
export const tickMs = 1000

export const firstStep: LeadershipStep = {
	state: { type: 'seeking', missed: 0 },
	effects: [{ type: 'request-lock', steal: false }, { type: 'ping' }],
}

function stay(state: LeadershipState, ...effects: readonly LeadershipEffect[]): LeadershipStep {
	return { state, effects }
}

function hear(state: LeadershipState, leader: string, versions: { theirs: number; ours: number }): LeadershipStep {
	if (state.type === 'leading' || state.type === 'out') return stay(state)
	if (versions.theirs > versions.ours) {
		return stay({ type: 'out', why: 'outdated' }, { type: 'leave-queue' }, { type: 'disconnect' })
	}
	// An older version leads and we cannot speak with it; it will hear us announce and stand back.
	if (versions.theirs < versions.ours) return stay(state, { type: 'request-lock', steal: true })
	const following: LeadershipState = { type: 'following', leader, missed: 0 }
	if (state.type === 'following' && state.leader === leader) return stay(following)
	return stay(following, { type: 'connect', leader })
}

function tick(state: LeadershipState): LeadershipStep {
	if (state.type === 'leading' || state.type === 'out') return stay(state)
	const missed = state.missed + 1
	if (missed > patienceTicks) return stay({ ...state, missed: 0 }, { type: 'request-lock', steal: true })
	return stay({ ...state, missed }, { type: 'ping' })
}

export function step(state: LeadershipState, event: LeadershipEvent, version: number): LeadershipStep {
	switch (event.type) {
		case 'granted':
			if (state.type === 'leading') return stay(state)
			if (state.type === 'out') return stay(state, { type: 'release-lock' })
			return stay({ type: 'leading' }, { type: 'disconnect' }, { type: 'start-core' }, { type: 'announce' })
		case 'lost':
			if (state.type !== 'leading') return stay(state)
			return stay({ type: 'seeking', missed: 0 }, { type: 'stop-core' }, { type: 'release-lock' }, ...firstStep.effects)
		case 'failed':
			if (state.type !== 'leading') return stay(state)
			return stay({ type: 'out', why: 'failed' }, { type: 'stop-core' }, { type: 'release-lock' })
		case 'heard':
			return hear(state, event.leader, { theirs: event.version, ours: version })
		case 'asked':
			return state.type === 'leading' ? stay(state, { type: 'announce' }) : stay(state)
		case 'tick':
			return tick(state)
	}
}
